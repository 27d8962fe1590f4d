//! Notification-service as its callers see it: real service, real database, manual clock.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod crashes;
mod drafts;
mod gate;
mod hostile;
mod log;
mod mailbox;
mod mails;
mod once;
mod own;
mod people;
mod repair;
mod retention;
mod send;
mod settings;
mod smtp;
mod smtp_server;
mod stories;
mod templates;
