//! Routes of notification-service and who may call them.

mod admin;
mod mailbox;
mod own;
mod page;
mod send;

use crate::App;
use auth::{Access, Permission};
use service::{Routes, routes};

/// The routes; `mailbox` says who may read the built-in mailbox.
pub(crate) fn routes(mailbox: Access) -> Routes<App> {
    const SEND: Access = Access::staff(Permission::NotificationSend).or_service("notification:send");
    const LOG: Access = Access::staff(Permission::NotificationLog);
    const TEMPLATES: Access = Access::staff(Permission::NotificationTemplate);
    Routes::new("notification")
        .add(SEND, routes!(send::send_email))
        .add(SEND, routes!(send::send_email_inside))
        .add(Access::customer(), routes!(own::get_settings, own::save_settings))
        .add(Access::customer(), routes!(own::list_own))
        .add(Access::customer(), routes!(own::mark_read))
        .add(LOG, routes!(admin::list_log))
        .add(LOG, routes!(admin::get_log))
        .add(LOG, routes!(admin::resend))
        .add(LOG, routes!(admin::staff_get_settings, admin::staff_save_settings))
        .add(TEMPLATES, routes!(admin::list_templates))
        .add(TEMPLATES, routes!(admin::get_template))
        .add(TEMPLATES, routes!(admin::preview_template))
        .add(mailbox, routes!(mailbox::list_mails))
        .add(mailbox, routes!(mailbox::get_mail))
        .add(mailbox, routes!(mailbox::get_mail_source))
        .add(Access::service("simulator:read"), routes!(mailbox::all_mails))
        .add(Access::service("invariants:read"), routes!(admin::invariants))
        .add(Access::service("invariants:repair"), routes!(admin::repair_invariants))
}
