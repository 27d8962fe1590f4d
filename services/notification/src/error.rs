//! What can go wrong, and what the client reads about it.

use base::{Error, Kind};
use db::DbError;

/// The result of an operation.
pub(crate) type Result<T, E = NotificationError> = std::result::Result<T, E>;

/// A refusal of notification-service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotificationError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("there is no template of this name; GET /api/admin/templates lists them")]
    TemplateNotFound,
    #[error("the context lacks variables the template needs")]
    MissingVariables(Vec<String>),
    #[error("the template cannot be filled with this context: {0}")]
    Context(String),
    #[error("mail to this address came back; it gets none until its owner confirms it again")]
    RecipientSuppressed,
    #[error("this key was used for another mail")]
    KeyReused,
    #[error("it has not ended yet; wait until it is sent or has failed")]
    NotEnded,
    #[error("its content was forgotten and cannot be sent again")]
    ContentForgotten,
    #[error("mail of this category is sent by the platform only")]
    PlatformOnly,
    #[error("the settings changed in the meantime; read them again and repeat")]
    Stale,
    #[error(transparent)]
    Other(Error),
}

impl NotificationError {
    fn kind_and_code(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "not-found"),
            Self::TemplateNotFound => (Kind::NotFound, "template-not-found"),
            Self::MissingVariables(_) | Self::Context(_) => (Kind::Invalid, "template-context"),
            Self::RecipientSuppressed => (Kind::Invalid, "recipient-suppressed"),
            Self::KeyReused => (Kind::Invalid, "idempotency-key-reuse"),
            Self::NotEnded => (Kind::Conflict, "invalid-state"),
            Self::ContentForgotten => (Kind::Conflict, "content-forgotten"),
            Self::PlatformOnly => (Kind::Forbidden, "forbidden"),
            Self::Stale => (Kind::Stale, "version-conflict"),
            Self::Other(_) => (Kind::Internal, "internal"),
        }
    }
}

impl From<Error> for NotificationError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<DbError> for NotificationError {
    fn from(error: DbError) -> Self {
        Self::Other(error.into())
    }
}

impl From<NotificationError> for Error {
    fn from(error: NotificationError) -> Self {
        let (kind, code) = error.kind_and_code();
        let detail = error.to_string();
        match error {
            NotificationError::Other(error) => error,
            NotificationError::MissingVariables(names) => {
                names.iter().fold(Error::new(kind, code, detail).with("missing", &names), |error, name| {
                    error.with_field(format!("/context/{name}"), "required", "the template needs it")
                })
            }
            _ => Error::new(kind, code, detail),
        }
    }
}
