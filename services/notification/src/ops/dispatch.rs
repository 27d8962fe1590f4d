//! Sends one notification: gate, secret, mail, provider, outcome (contracts §4.9, §6.7).
//!
//! The attempt is stored before the provider is called. A worker that dies afterwards leaves a
//! notification in SENDING whose lease runs out; then nobody knows whether the mail arrived. It
//! is sent again with the same Message-ID (the built-in mailbox takes no Message-ID twice), except
//! advertising, which is given up.

use super::people::{self, Person};
use super::{accept, announce, compose};
use crate::AppState;
use crate::domain::gate::{self, Facts, Standing, Verdict};
use crate::domain::mail::{Mail, Outcome};
use crate::domain::notification::{Due, LEASE, Notification, wait_after};
use crate::store;
use crate::store::notification::Place;
use api::ids::{ClaimId, NotificationId};
use api::notification::NotificationStatus as Status;
use api::user::SecretClaim;
use base::{Id, Kind, Result, Timestamp};
use db::Tx;
use events::{Task, tasks};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// The time over which the throttle counts.
const HOUR: Duration = Duration::from_hours(1);

/// Sends a notification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dispatch {
    pub(crate) notification_id: NotificationId,
}

impl Task for Dispatch {
    const KIND: &'static str = "dispatch";
    /// Of runs that could not even note what happened, for example because the store was away.
    const MAX_ATTEMPTS: u32 = 20;
    const LEASE: Duration = LEASE;

    fn key(&self) -> String {
        self.notification_id.to_string()
    }
}

/// Why no mail was handed to the provider this time.
enum Stop {
    /// It will never be sent.
    Fail(&'static str),
    /// It is tried again later.
    Postpone(&'static str),
}

/// Does what is due.
pub(crate) async fn dispatch(app: &AppState, id: NotificationId) -> Result<()> {
    let found = store::notification::by_id(&mut app.db.conn().await?, id).await?;
    let Some(seen) = found else { return Ok(()) };
    let now = app.clock.now();
    match seen.due(now) {
        Due::Never => Ok(()),
        Due::Later(at) => again(app, id, at).await,
        Due::Unknown if !seen.is_repeated_when_unknown() => fail(app, &seen, "outcome-unknown").await,
        Due::Now | Due::Unknown => attempt(app, seen, now).await,
    }
}

async fn attempt(app: &AppState, mut seen: Notification, now: Timestamp) -> Result<()> {
    if seen.expires_at.is_some_and(|end| end <= now) {
        return fail(app, &seen, "expired").await;
    }
    let person = match people::find(app, seen.user_id).await {
        Ok(person) => person,
        Err(error) => return postpone(app, &seen, &error).await,
    };
    if seen.address.is_none() {
        let address = person.contact.as_ref().map(|contact| contact.email.clone());
        accept::address_to(app, &mut seen, address.filter(|address| !address.is_empty()));
    }
    match gate::decide(&facts(app, &seen, &person, now).await?) {
        Verdict::Suppress(rule) => return suppress(app, &seen, rule).await,
        Verdict::Wait(until) => return wait(app, &seen, until).await,
        Verdict::Send => {}
    }
    let secret = match claim(app, seen.claim_id).await {
        Ok(secret) => secret,
        Err(Stop::Fail(reason)) => return fail(app, &seen, reason).await,
        Err(Stop::Postpone(code)) => return postpone_with(app, &seen, code).await,
    };
    let mail = match compose::compose(app, &seen, &person, secret.as_ref(), now) {
        Ok(mail) => mail,
        Err(reason) => return fail(app, &seen, reason).await,
    };
    hand_over(app, &seen, &mail, now).await
}

async fn facts(app: &AppState, seen: &Notification, person: &Person, now: Timestamp) -> Result<Facts> {
    let mut conn = app.db.conn().await?;
    let (suppressed, sent_last_hour) = match &seen.address_key {
        Some(key) => {
            let suppressed = store::suppression::contains(&mut conn, key).await?;
            (suppressed, store::notification::sent_since(&mut conn, key, seen.category, now - HOUR).await?)
        }
        None => (false, 0),
    };
    let reachable = seen.address.is_some() || person.standing != Standing::Good;
    Ok(Facts {
        standing: if reachable { person.standing } else { Standing::Unknown },
        suppressed,
        category: seen.category,
        settings: person.settings.clone(),
        consent: person.contact.as_ref().is_some_and(|contact| contact.marketing_consent),
        sent_last_hour,
        most_per_hour: app.config.most_per_hour,
        now,
    })
}

/// The secret link, fetched anew at every attempt and stored nowhere.
async fn claim(app: &AppState, claim: Option<ClaimId>) -> Result<Option<SecretClaim>, Stop> {
    let Some(claim) = claim else { return Ok(None) };
    match app.user.secret_claim(claim).await {
        Ok(secret) => Ok(Some(secret)),
        Err(error) => Err(match (error.kind(), error.code()) {
            (Kind::Gone, "claim-used") => Stop::Fail("claim-used"),
            (Kind::Gone, _) => Stop::Fail("claim-expired"),
            (Kind::NotFound, _) => Stop::Fail("claim-unknown"),
            _ => Stop::Postpone("user-service-unavailable"),
        }),
    }
}

/// Stores the attempt, calls the provider, stores the outcome.
async fn hand_over(app: &AppState, seen: &Notification, mail: &Mail, now: Timestamp) -> Result<()> {
    let (lease, number) = (Id::<()>::new().uuid(), seen.attempts + 1);
    let mut tx = app.db.begin().await?;
    if !store::notification::start(&mut tx, seen, lease, now + LEASE).await? {
        return Ok(());
    }
    store::attempt::begin(&mut tx, seen.id, number, app.provider.name()).await?;
    tx.commit().await?;
    let outcome = app.provider.send(mail).await;
    record(app, seen, lease, number, outcome).await
}

async fn record(
    app: &AppState,
    seen: &Notification,
    lease: Uuid,
    number: i64,
    outcome: Outcome,
) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let later = wait_after(number, &app.config.retries).map(|wait| now + wait);
    let (word, code, status) = match &outcome {
        Outcome::Accepted => ("ACCEPTED", None, Status::Sent),
        Outcome::Rejected { code, .. } => ("REJECTED", Some(code.as_str()), Status::Failed),
        Outcome::Unknown { code } if !seen.is_repeated_when_unknown() => {
            ("UNKNOWN", Some(code.as_str()), Status::Failed)
        }
        Outcome::Unknown { code } => ("UNKNOWN", Some(code.as_str()), again_or_failed(later)),
        Outcome::Retry { code } => ("RETRY", Some(code.as_str()), again_or_failed(later)),
    };
    let next = later.filter(|_| status == Status::Queued);
    if !store::notification::finish(&mut tx, seen.id, lease, status, code, next).await? {
        // The lease had run out and another worker goes on; of this attempt only the code is noted.
        store::attempt::end(&mut tx, seen.id, number, "UNKNOWN", Some("lease-lost")).await?;
        return Ok(tx.commit().await?);
    }
    store::attempt::end(&mut tx, seen.id, number, word, code).await?;
    if let (Outcome::Rejected { code, bad_address: true }, Some(key)) = (&outcome, &seen.address_key) {
        store::suppression::add(&mut tx, key, code, seen.id).await?;
    }
    let result = settle(&mut tx, seen, status, &outcome, next).await?;
    tx.commit().await?;
    announce::count(app, seen, result);
    Ok(())
}

fn again_or_failed(later: Option<Timestamp>) -> Status {
    if later.is_some() { Status::Queued } else { Status::Failed }
}

/// Tells others, or schedules the next attempt; the word for the metrics.
async fn settle(
    tx: &mut Tx,
    seen: &Notification,
    status: Status,
    outcome: &Outcome,
    next: Option<Timestamp>,
) -> Result<&'static str> {
    match (status, outcome, next) {
        (Status::Sent, _, _) => {
            announce::sent(tx, seen).await?;
            Ok("sent")
        }
        (_, _, Some(at)) => {
            tasks::schedule(tx, &Dispatch { notification_id: seen.id }, at).await?;
            Ok("repeated")
        }
        (_, Outcome::Rejected { code, .. }, None) => {
            announce::failed(tx, seen, "rejected", Some(code), false).await?;
            Ok("failed")
        }
        (_, Outcome::Retry { code } | Outcome::Unknown { code }, None) => {
            announce::failed(tx, seen, "retries-exhausted", Some(code), true).await?;
            Ok("failed")
        }
        (_, Outcome::Accepted, None) => Ok("sent"),
    }
}

async fn again(app: &AppState, id: NotificationId, at: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    tasks::schedule(&mut tx, &Dispatch { notification_id: id }, at).await?;
    Ok(tx.commit().await?)
}

async fn suppress(app: &AppState, seen: &Notification, rule: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let place = Place { status: Status::Suppressed, reason: Some(rule), next: None, attempts: seen.attempts };
    if store::notification::put(&mut tx, seen, place).await? {
        tx.commit().await?;
        announce::count(app, seen, "suppressed");
    }
    Ok(())
}

async fn wait(app: &AppState, seen: &Notification, until: Timestamp) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let place = Place {
        status: Status::Scheduled,
        reason: Some("quiet-hours"),
        next: Some(until),
        attempts: seen.attempts,
    };
    if store::notification::put(&mut tx, seen, place).await? {
        tasks::schedule(&mut tx, &Dispatch { notification_id: seen.id }, until).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn fail(app: &AppState, seen: &Notification, reason: &'static str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let place = Place { status: Status::Failed, reason: Some(reason), next: None, attempts: seen.attempts };
    if store::notification::put(&mut tx, seen, place).await? {
        announce::failed(&mut tx, seen, reason, None, false).await?;
        tx.commit().await?;
        announce::count(app, seen, "failed");
    }
    Ok(())
}

async fn postpone(app: &AppState, seen: &Notification, error: &base::Error) -> Result<()> {
    tracing::info!(id = %seen.id, error = error.chain(), "user-service did not tell who a mail is for");
    postpone_with(app, seen, "user-service-unavailable").await
}

/// Counts an attempt that did not get as far as the provider.
async fn postpone_with(app: &AppState, seen: &Notification, code: &'static str) -> Result<()> {
    let number = seen.attempts + 1;
    let mut tx = app.db.begin().await?;
    let now = tx.now();
    let later = wait_after(number, &app.config.retries).map(|wait| now + wait);
    let place = Place { status: again_or_failed(later), reason: Some(code), next: later, attempts: number };
    if !store::notification::put(&mut tx, seen, place).await? {
        return Ok(());
    }
    store::attempt::begin(&mut tx, seen.id, number, "user-service").await?;
    store::attempt::end(&mut tx, seen.id, number, "RETRY", Some(code)).await?;
    match later {
        Some(at) => tasks::schedule(&mut tx, &Dispatch { notification_id: seen.id }, at).await?,
        None => announce::failed(&mut tx, seen, "retries-exhausted", Some(code), true).await?,
    }
    tx.commit().await?;
    announce::count(app, seen, if later.is_some() { "repeated" } else { "failed" });
    Ok(())
}
