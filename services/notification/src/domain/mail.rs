//! A mail, ready to be handed to a provider, and what the provider said.

use api::ids::NotificationId;
use base::Timestamp;

/// A mailbox in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Party {
    /// Name, without characters that break a header.
    pub(crate) name: Option<String>,
    pub(crate) address: String,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) id: NotificationId,
    /// The same at every attempt, so that whoever gets it twice can tell.
    pub(crate) message_id: String,
    pub(crate) template: String,
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
}

/// How one attempt ended; each with a short code for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The provider has it.
    Accepted,
    /// The provider will never take it.
    Rejected {
        code: String,
        /// Because the address does not exist: nothing must be sent there again.
        bad_address: bool,
    },
    /// It was surely not taken, and may be later.
    Retry { code: String },
    /// Everything was handed over, but no answer came.
    Unknown { code: String },
}

/// `<id@domain>` with the domain of the sender.
pub(crate) fn message_id(id: NotificationId, from_address: &str) -> String {
    let domain = from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    format!("<{id}@{domain}>")
}
