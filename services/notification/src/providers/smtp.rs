//! Delivery to an SMTP server (RFC 5321), one connection per mail at a time.
//!
//! The commands are sent one by one, not by lettre's transport: the answer to a refusal depends
//! on the command that was refused, and a connection whose answer did not come in time must never
//! be used again (lettre's pool would take it back, and the late answer would be read as the one
//! to the next mail).

mod answer;
mod server;

use super::mime;
use crate::config::NotificationConfig;
use crate::domain::mail::{Mail, Outcome};
use answer::{Stage, judge};
use base::{Error, Result};
use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use server::Server;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(20);

/// An SMTP server.
pub(crate) struct Smtp {
    server: Server,
    timeout: Duration,
    places: Semaphore,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// A connection and whether it has carried a mail before.
struct Link {
    connection: AsyncSmtpConnection,
    used: bool,
}

impl Smtp {
    /// The server of the settings.
    ///
    /// # Errors
    /// 422 `settings` for an URL or a certificate file that cannot be used.
    pub(crate) fn new(config: &NotificationConfig) -> Result<Self> {
        Ok(Self {
            server: Server::of(config)?,
            timeout: config.smtp_timeout.0,
            places: Semaphore::new(config.smtp_connections),
            idle: Mutex::default(),
        })
    }

    pub(super) async fn send(&self, mail: &Mail) -> Outcome {
        let message = match mime::write(mail) {
            Ok(message) => message,
            Err(error) => {
                return Outcome::Rejected { code: format!("{}-invalid", error.0), bad_address: false };
            }
        };
        let bytes = message.formatted();
        let mut stage = Stage::Connect;
        // lettre's own time-out ends with the connection: a server silent later would hang for ever.
        let work = self.deliver(&mut stage, message.envelope(), &bytes);
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(())) => Outcome::Accepted,
            Ok(Err(failure)) => judge(stage, &failure),
            Err(_) if stage == Stage::Content => Outcome::Unknown { code: "smtp-timeout".into() },
            Err(_) => Outcome::Retry { code: "smtp-timeout".into() },
        }
    }

    async fn deliver(&self, stage: &mut Stage, envelope: &Envelope, bytes: &[u8]) -> Result<(), Failure> {
        let _place = self.places.acquire().await.map_err(|_| Failure::Closed)?;
        let mut link = match self.parked() {
            Some(connection) => Link { connection, used: true },
            None => Link { connection: self.server.connect(stage).await?, used: false },
        };
        *stage = Stage::Sender;
        if let Err(failure) = begin(&mut link.connection, envelope, bytes).await {
            if !link.used || failure.answered() {
                return Err(failure);
            }
            // The server had closed the old connection meanwhile; nothing was handed over.
            *stage = Stage::Connect;
            link.connection = self.server.connect(stage).await?;
            *stage = Stage::Sender;
            begin(&mut link.connection, envelope, bytes).await?;
        }
        *stage = Stage::Recipient;
        for recipient in envelope.to() {
            link.connection.command(Rcpt::new(recipient.clone(), vec![])).await?;
        }
        *stage = Stage::Data;
        link.connection.command(Data).await?;
        *stage = Stage::Content;
        link.connection.message(bytes).await?;
        self.park(link.connection);
        Ok(())
    }

    /// An idle connection that is young enough.
    fn parked(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(_, since)| since.elapsed() < IDLE);
        idle.pop().map(|(connection, _)| connection)
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((connection, Instant::now()));
    }
}

/// What ended an attempt.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Smtp(#[from] smtp::Error),
    #[error("the server does not take addresses beyond ASCII")]
    NoUtf8,
    #[error("the provider is closed")]
    Closed,
}

impl Failure {
    /// Whether the server said no, rather than nothing.
    fn answered(&self) -> bool {
        match self {
            Self::Smtp(error) => error.status().is_some(),
            Self::NoUtf8 | Self::Closed => true,
        }
    }
}

/// Names the sender.
async fn begin(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    bytes: &[u8],
) -> Result<(), Failure> {
    let info = connection.server_info();
    let mut options = Vec::new();
    let addresses = envelope.to().iter().chain(envelope.from());
    if !addresses.map(AsRef::<str>::as_ref).all(str::is_ascii) {
        if !info.supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::NoUtf8);
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    if !bytes.is_ascii() && info.supports_feature(Extension::EightBitMime) {
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    connection.command(MailFrom::new(envelope.from().cloned(), options)).await?;
    Ok(())
}

/// 422 `settings`.
fn unusable(detail: impl std::fmt::Display) -> Error {
    Error::new(base::Kind::Invalid, "settings", format!("[notification] smtp_url: {detail}"))
}
