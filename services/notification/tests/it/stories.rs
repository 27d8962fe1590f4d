//! Words the tests are written in: the service with a user-service that is a table.

use api::ids::{ClaimId, NotificationId, UserId};
use api::notification::{
    LogDetail, LogEntry, MailboxMail, MailboxMails, NotificationStatus, NotificationViolations,
};
use api::user::{ClaimPurpose, Contact, SecretClaim, UserStatus};
use auth::Role;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Timestamp;
use base::config::Value;
use base::page::Page;
use serde_json::json;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::TestService;

pub(crate) const HOME: &str = "http://shop.test";
pub(crate) const SUPPORT: &[Role] = &[Role::SupportAgent];
pub(crate) const MARKETING: &[Role] = &[Role::MarketingManager];

/// 2026-03-02T09:00:00Z, where the clock of every test starts.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_772_442_000_000_000);

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

pub(crate) fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}

/// User-service as a table.
#[derive(Clone, Default)]
pub(crate) struct Users(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    contacts: HashMap<UserId, Contact>,
    claims: HashMap<ClaimId, Result<SecretClaim, &'static str>>,
    down: bool,
    asked: Vec<String>,
}

impl Users {
    /// Makes a person known.
    pub(crate) fn add(&self, contact: Contact) {
        self.0.lock().unwrap().contacts.insert(contact.user_id, contact);
    }

    /// Makes a claim that leads to a link.
    pub(crate) fn claim(&self, purpose: ClaimPurpose) -> ClaimId {
        let claim = ClaimId::new();
        let url = format!("{HOME}/account/secret?token=t-{claim}");
        self.claim_with(
            claim,
            Ok(SecretClaim { purpose, url: Some(url), code: None, expires_at: START + hours(24) }),
        );
        claim
    }

    pub(crate) fn claim_with(&self, claim: ClaimId, answer: Result<SecretClaim, &'static str>) {
        self.0.lock().unwrap().claims.insert(claim, answer);
    }

    /// Stops or starts answering.
    pub(crate) fn set_down(&self, down: bool) {
        self.0.lock().unwrap().down = down;
    }

    /// The paths that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }

    fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }
}

async fn answer(State(users): State<Users>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut known = users.0.lock().unwrap();
    known.asked.push(path.clone());
    if known.down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(id) = path.strip_prefix("/internal/users/").and_then(|rest| rest.strip_suffix("/contact")) {
        let found = id.parse().ok().and_then(|id: UserId| known.contacts.get(&id));
        return found.map_or_else(|| problem(404, "not-found"), json_of);
    }
    if let Some(id) = path.strip_prefix("/internal/auth/secret-claims/") {
        return match id.parse().ok().and_then(|id: ClaimId| known.claims.get(&id)) {
            Some(Ok(claim)) => json_of(claim),
            Some(Err(code)) => problem(410, code),
            None => problem(404, "not-found"),
        };
    }
    problem(404, "no-route")
}

fn json_of(value: &impl serde::Serialize) -> Response {
    serde_json::to_vec(value).unwrap().into_response()
}

fn problem(status: u16, code: &str) -> Response {
    let body = json!({ "type": "x", "title": "x", "status": status, "detail": "x", "code": code });
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

/// A person as user-service tells of them.
pub(crate) fn contact(user_id: UserId, email: &str) -> Contact {
    Contact {
        user_id,
        email: email.to_owned(),
        email_verified: true,
        phone_number: None,
        first_name: Some("Ada".into()),
        last_name: Some("Lovelace".into()),
        locale: "en".into(),
        timezone: "Europe/London".into(),
        status: UserStatus::Active,
    }
}

/// The service, its clock, and the people it can ask for.
pub(crate) struct Post {
    service: TestService,
    pub(crate) users: Users,
}

impl Deref for Post {
    type Target = TestService;

    fn deref(&self) -> &TestService {
        &self.service
    }
}

impl DerefMut for Post {
    fn deref_mut(&mut self) -> &mut TestService {
        &mut self.service
    }
}

impl Post {
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// With other settings in `[notification]`.
    pub(crate) async fn with(settings: &[(&str, Value)]) -> Self {
        let users = Users::default();
        let mut builder = TestService::of(notification::definition()).peer("user", users.router());
        for (key, value) in settings {
            builder = builder.setting("notification", key, value.clone());
        }
        let service = builder.start().await;
        // Recurring tasks begin to count when they are first seen.
        service.settle().await;
        Self { service, users }
    }

    /// Someone with an account that user-service can be asked for.
    pub(crate) fn customer(&self, email: &str) -> UserId {
        let user = UserId::new();
        self.users.add(contact(user, email));
        user
    }

    /// The mails to an address in the built-in mailbox, oldest first.
    pub(crate) async fn mails(&self, to: &str) -> Vec<MailboxMail> {
        let path = format!("/internal/mailbox?limit=100&to={}", to.replace('+', "%2B"));
        let found: MailboxMails = self.get(&path).as_client(&["simulator:read"]).await.expect(200).json();
        found.items.into_iter().rev().collect()
    }

    /// The only mail to an address.
    pub(crate) async fn mail(&self, to: &str) -> MailboxMail {
        let mut mails = self.mails(to).await;
        assert_eq!(
            mails.len(),
            1,
            "{to}: {:?}",
            mails.iter().map(|mail| &mail.summary.subject).collect::<Vec<_>>()
        );
        mails.remove(0)
    }

    /// The log of a recipient, newest first.
    pub(crate) async fn log(&self, recipient: &str) -> Vec<LogEntry> {
        let path = format!("/api/admin/notifications/log?limit=100&recipient={recipient}");
        let page: Page<LogEntry> = self.get(&path).as_staff(SUPPORT).await.expect(200).json();
        page.items
    }

    /// The only row of a recipient.
    pub(crate) async fn only(&self, recipient: &str) -> LogEntry {
        let mut rows = self.log(recipient).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0)
    }

    pub(crate) async fn detail(&self, id: NotificationId) -> LogDetail {
        self.get(&format!("/api/admin/notifications/log/{id}")).as_staff(SUPPORT).await.expect(200).json()
    }

    pub(crate) async fn violations(&self) -> NotificationViolations {
        let request = self.get("/internal/notifications/invariants").as_client(&["invariants:read"]);
        request.await.expect(200).json()
    }

    /// Every rule holds.
    pub(crate) async fn assert_sound(&self) {
        assert_eq!(self.violations().await.violations, []);
    }

    /// Asserts the end of the only notification of a recipient, and why.
    pub(crate) async fn assert_ended(
        &self,
        recipient: &str,
        status: NotificationStatus,
        reason: Option<&str>,
    ) {
        let row = self.only(recipient).await;
        assert_eq!((row.status, row.reason.as_deref()), (status, reason), "{row:?}");
        self.assert_sound().await;
    }
}
