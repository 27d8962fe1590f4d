//! The built-in mailbox: where mails end when no SMTP server is set.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Filter of `GET /api/mailbox` and `GET /internal/mailbox`; limit and cursor as in every list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ReadMailbox {
    /// How many mails, 1–100; 20 when left out.
    pub limit: Option<u32>,
    /// `nextCursor` or `prevCursor` of an earlier answer.
    pub cursor: Option<String>,
    /// Whether the answer should carry the total number of rows.
    pub count: Option<bool>,
    /// Only mails to this address.
    pub to: Option<String>,
}

/// A mail in a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxSummary {
    /// Its place in the mailbox: `GET /api/mailbox/{id}`.
    pub id: Uuid,
    /// Message-ID; no two mails share one.
    pub message_id: String,
    /// Address it was sent to.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Name of the template.
    pub template_id: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// A mail with its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxMail {
    /// What the list shows.
    #[serde(flatten)]
    pub summary: MailboxSummary,
    /// Sender as the header writes it.
    pub from: String,
    /// HTML part.
    pub html: String,
    /// Text part.
    pub text: String,
}

/// Mails with their parts, newest first (`GET /internal/mailbox`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailboxMails {
    /// The mails, at most 100.
    pub items: Vec<MailboxMail>,
}
