//! Notification-service: mails from events and calls, what customers want to be told, the log,
//! the templates, and the built-in mailbox.
//!
//! Read in the order of the list below; `README.md` says what it owns and what it promises.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod providers;
mod store;

use api::user::UserClient;
use auth::{Access, Permission};
use base::{Clock, Error, Keys, Result};
use config::NotificationConfig;
use db::{Db, Migration};
use domain::template::Templates;
use providers::Provider;
use providers::mailbox::{self, Mailbox};
use providers::smtp::Smtp;
use serde::Deserialize;
use service::{Cache, Context, Definition, Metrics, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] =
    &[Migration::new("notification/0001_notification", include_str!("../migrations/0001_notification.sql"))];

/// Who may read the built-in mailbox, unless the settings open it.
const MAILBOX: Access = Access::staff(Permission::NotificationLog);

/// What the platform needs to know of notification-service.
pub fn definition() -> Definition {
    Definition {
        name: "notification",
        registry_name: "notification-service",
        port: 8107,
        migrations: MIGRATIONS,
        document: || http::routes(MAILBOX).document(),
        build: |cx| Box::pin(build(cx)),
    }
}

pub(crate) struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: NotificationConfig,
    templates: Templates,
    provider: Provider,
    user: UserClient,
    cache: Cache,
    metrics: Metrics,
    /// Base of every link, without a slash at the end.
    public_url: String,
    shop_name: String,
}

pub(crate) type App = Arc<AppState>;

/// The part of `[platform]` that the service reads.
#[derive(Deserialize)]
struct Platform {
    shop_name: String,
}

async fn build(cx: Context) -> Result<Service> {
    let config = cx.config.section::<NotificationConfig>("notification")?.validate()?;
    let platform: Platform = cx.config.section("platform")?;
    let db = cx.database(MIGRATIONS).await?;
    let provider = if config.smtp_url.expose().is_empty() {
        Provider::Mailbox(Mailbox::new(cx.side_database("mailbox", mailbox::MIGRATIONS).await?))
    } else {
        Provider::Smtp(Box::new(Smtp::new(&config)?))
    };
    let mailbox = if config.mailbox_public { Access::public() } else { MAILBOX };
    let app = Arc::new(AppState {
        db: db.clone(),
        clock: cx.clock.clone(),
        keys: cx.keys.clone(),
        config,
        templates: Templates::compile().map_err(Error::internal)?,
        provider,
        user: UserClient::new(&cx.peers),
        cache: cx.cache.clone(),
        metrics: cx.metrics.clone(),
        public_url: cx.public_url.trim_end_matches('/').to_owned(),
        shop_name: platform.shop_name,
    });
    let service = Service::new(http::routes(mailbox).with_state(app.clone()))
        .database::<api::notification::NotificationService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
