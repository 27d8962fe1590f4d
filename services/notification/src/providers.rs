//! Where mails go: an SMTP server, or the built-in mailbox when none is set.

pub(crate) mod mailbox;
mod mime;
pub(crate) mod smtp;

use crate::domain::mail::{Mail, Outcome};
use base::Result;
use mailbox::Mailbox;
use smtp::Smtp;

/// The provider of this installation.
pub(crate) enum Provider {
    Smtp(Box<Smtp>),
    Mailbox(Mailbox),
}

impl Provider {
    /// Its name in the log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "smtp",
            Self::Mailbox(_) => "mailbox",
        }
    }

    /// Hands a mail over.
    pub(crate) async fn send(&self, mail: &Mail) -> Outcome {
        match self {
            Self::Smtp(smtp) => smtp.send(mail).await,
            Self::Mailbox(mailbox) => mailbox.send(mail).await,
        }
    }

    /// The built-in mailbox, if that is where mails go.
    ///
    /// # Errors
    /// 404 if they go elsewhere.
    pub(crate) fn mailbox(&self) -> Result<&Mailbox> {
        match self {
            Self::Mailbox(mailbox) => Ok(mailbox),
            Self::Smtp(_) => Err(base::Error::not_found("mailbox: mails go to an SMTP server")),
        }
    }
}
