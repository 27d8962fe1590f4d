//! The built-in mailbox as people and tests read it.

use crate::AppState;
use crate::error::{NotificationError, Result};
use crate::store::mailbox::StoredMail;
use api::audit::Deed;
use api::notification::{MailboxMail, MailboxMails, MailboxSummary, NotificationAuditRecorded, ReadMailbox};
use auth::Caller;
use base::page::{ByTime, Page, PageQuery};
use uuid::Uuid;

/// The newest first; that staff read them is noted.
pub(crate) async fn list_mails(
    app: &AppState,
    caller: &Caller,
    query: ReadMailbox,
) -> Result<Page<MailboxSummary>> {
    let mailbox = app.provider.mailbox()?;
    let list = format!("mailbox:{:?}", query.to);
    let page = PageQuery { limit: query.limit, cursor: query.cursor, count: query.count };
    let part = page.part(&app.keys, &list)?;
    let rows = mailbox.list(query.to.as_deref(), &part).await?;
    let mut found = part.page(&app.keys, rows, |mail| ByTime::new(mail.received_at, mail.id));
    if query.count == Some(true) {
        found.total = Some(mailbox.count(query.to.as_deref()).await?);
    }
    if caller.is_staff() {
        let mut tx = app.db.begin().await?;
        NotificationAuditRecorded::note(&mut tx, caller, Deed::new("mailbox.list", "notification")).await?;
        tx.commit().await?;
    }
    Ok(found.map(|mail| summary(&mail)))
}

/// The newest with their parts, for tests.
pub(crate) async fn all_mails(app: &AppState, query: ReadMailbox) -> Result<MailboxMails> {
    let mailbox = app.provider.mailbox()?;
    let page = PageQuery { limit: query.limit, cursor: None, count: None };
    let mut rows = mailbox.list(query.to.as_deref(), &page.part(&app.keys, "mails")?).await?;
    rows.truncate(page.limit()? as usize);
    Ok(MailboxMails { items: rows.iter().map(parts).collect() })
}

/// One mail with its source; that staff read it is noted.
///
/// # Errors
/// [`NotificationError::NotFound`].
pub(crate) async fn get_mail(app: &AppState, caller: &Caller, id: Uuid) -> Result<(MailboxMail, String)> {
    let found = app.provider.mailbox()?.find(id).await?;
    let mail = found.ok_or(NotificationError::NotFound("mail"))?;
    if caller.is_staff() {
        let mut tx = app.db.begin().await?;
        let deed = Deed::new("mailbox.read", "notification").to(mail.notification_id);
        NotificationAuditRecorded::note(&mut tx, caller, deed).await?;
        tx.commit().await?;
    }
    Ok((parts(&mail), mail.source))
}

fn summary(mail: &StoredMail) -> MailboxSummary {
    MailboxSummary {
        id: mail.id,
        message_id: mail.message_id.clone(),
        to: mail.recipient.clone(),
        subject: mail.subject.clone(),
        template_id: mail.template.clone(),
        received_at: mail.received_at,
    }
}

fn parts(mail: &StoredMail) -> MailboxMail {
    MailboxMail {
        summary: summary(mail),
        from: mail.sender.clone(),
        html: mail.html.clone(),
        text: mail.text.clone(),
    }
}
