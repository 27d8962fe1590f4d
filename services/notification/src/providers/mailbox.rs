//! The built-in mailbox: a store of its own in which every Message-ID arrives once.

use super::mime;
use crate::domain::address::normal;
use crate::domain::mail::{Mail, Outcome};
use crate::store;
use crate::store::mailbox::StoredMail;
use api::ids::NotificationId;
use base::page::{ByTime, Part};
use base::{Id, Result, Timestamp};
use db::{Db, Migration};
use uuid::Uuid;

/// The tables of the mailbox.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration::new("mailbox/0001_mailbox", include_str!("../../migrations/mailbox_0001.sql"))];

/// Where mails end when no SMTP server is set.
pub(crate) struct Mailbox {
    db: Db,
}

impl Mailbox {
    /// The mailbox in `db`.
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(super) async fn send(&self, mail: &Mail) -> Outcome {
        let message = match mime::write(mail) {
            Ok(message) => message,
            Err(error) => {
                return Outcome::Rejected { code: format!("{}-invalid", error.0), bad_address: false };
            }
        };
        match self.keep(mail, message.formatted()).await {
            Ok(()) => Outcome::Accepted,
            Err(error) => {
                tracing::warn!(error = error.chain(), "the built-in mailbox did not take a mail");
                Outcome::Retry { code: "mailbox-unavailable".into() }
            }
        }
    }

    async fn keep(&self, mail: &Mail, source: Vec<u8>) -> Result<()> {
        let stored = StoredMail {
            id: Id::<()>::new().uuid(),
            message_id: mail.message_id.clone(),
            notification_id: mail.id,
            template: mail.template.clone(),
            recipient: mail.to.address.clone(),
            sender: match &mail.from.name {
                Some(name) => format!("{name} <{}>", mail.from.address),
                None => mail.from.address.clone(),
            },
            subject: mail.subject.clone(),
            html: mail.html.clone(),
            text: mail.text.clone(),
            source: String::from_utf8_lossy(&source).into_owned(),
            received_at: mail.at,
        };
        let mut tx = self.db.begin().await?;
        store::mailbox::add(&mut tx, &stored).await?;
        Ok(tx.commit().await?)
    }

    /// The mails of a part of the list, newest first.
    pub(crate) async fn list(&self, to: Option<&str>, part: &Part<ByTime>) -> Result<Vec<StoredMail>> {
        let mut conn = self.db.conn().await?;
        Ok(store::mailbox::list(&mut conn, to.map(normal).as_deref(), part).await?)
    }

    /// How many mails there are.
    pub(crate) async fn count(&self, to: Option<&str>) -> Result<u64> {
        let mut conn = self.db.conn().await?;
        Ok(store::mailbox::count(&mut conn, to.map(normal).as_deref()).await?)
    }

    /// One mail.
    pub(crate) async fn find(&self, id: Uuid) -> Result<Option<StoredMail>> {
        Ok(store::mailbox::by_id(&mut self.db.conn().await?, id).await?)
    }

    /// Which of the notifications have arrived.
    pub(crate) async fn arrived(&self, ids: &[NotificationId]) -> Result<Vec<NotificationId>> {
        Ok(store::mailbox::of_notifications(&mut self.db.conn().await?, ids).await?)
    }

    /// Forgets the mails of these notifications.
    pub(crate) async fn forget(&self, ids: &[NotificationId]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::mailbox::forget(&mut tx, ids).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets mails that arrived before `limit`.
    pub(crate) async fn prune(&self, limit: Timestamp) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::mailbox::prune(&mut tx, limit).await?;
        Ok(tx.commit().await?)
    }
}
