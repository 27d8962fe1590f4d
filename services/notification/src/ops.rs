//! What notification-service can do, one file per operation.

mod accept;
mod announce;
mod compose;
mod dispatch;
mod erase_person;
mod in_app;
mod invariants;
mod log;
mod mailbox;
mod note_person;
mod people;
mod recover;
mod repair;
mod resend;
mod retention;
mod send_email;
mod settings;
mod templates;

pub(crate) use accept::accept;
pub(crate) use dispatch::{Dispatch, dispatch};
pub(crate) use erase_person::erase_person;
pub(crate) use in_app::{list_own, mark_read};
pub(crate) use invariants::invariants;
pub(crate) use log::{get_log, list_log};
pub(crate) use mailbox::{all_mails, get_mail, list_mails};
pub(crate) use note_person::{note_created, note_status, note_updated, note_verified};
pub(crate) use recover::recover;
pub(crate) use repair::repair;
pub(crate) use resend::resend;
pub(crate) use retention::forget_old;
pub(crate) use send_email::send_email;
pub(crate) use settings::{get_settings, save_settings, staff_get_settings, staff_save_settings};
pub(crate) use templates::{get_template, list_templates, preview_template};
