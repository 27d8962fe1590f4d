//! The user service: accounts, sign-in, sessions, addresses, roles and signing keys.
//!
//! Read in the order of the list below; `README.md` says what it owns and what it promises.

mod config;
mod domain;
mod error;
mod events;
mod http;
mod ops;
mod store;

use auth::token::Signer;
use auth::{HashGate, Verifier};
use base::{Clock, Keys};
use config::UserConfig;
use db::{Db, Migration};
use domain::password::Policy;
use service::{Context, Definition, Limiter, Metrics, Service};
use std::sync::Arc;

const MIGRATIONS: &[Migration] = &[
    Migration::new("user/0001_user", include_str!("../migrations/0001_user.sql")),
    Migration::new(
        "user/0002_notification_copies",
        include_str!("../migrations/0002_notification_copies.sql"),
    ),
];

/// What the rest of the platform needs to know of the service.
pub fn definition() -> Definition {
    Definition {
        name: "user",
        registry_name: "user-service",
        port: 8101,
        migrations: MIGRATIONS,
        document: || http::routes().document(),
        build: |context| Box::pin(build(context)),
    }
}

/// What operations need.
struct AppState {
    db: Db,
    clock: Clock,
    keys: Keys,
    config: UserConfig,
    passwords: Policy,
    gate: HashGate,
    signer: Signer,
    signer_checked: ops::keys::Checked,
    verifier: Verifier,
    limiter: Limiter,
    metrics: Metrics,
    public_url: String,
}

type App = Arc<AppState>;

/// The part of `[platform]` that the service reads.
#[derive(serde::Deserialize)]
struct Platform {
    shop_name: String,
}

async fn build(cx: Context) -> base::Result<Service> {
    let config: UserConfig = cx.config.section("user")?;
    config.validate()?;
    let platform: Platform = cx.config.section("platform")?;
    let db = cx.database(MIGRATIONS).await?;
    ops::roles::seed(&db, &cx.verifier).await?;
    let key = ops::keys::rotate_store(&db, &cx.keys).await?;
    let app = Arc::new(AppState {
        signer: Signer::new(&cx.public_url, cx.clock.clone(), key).with_life(config.access_token_life.0),
        signer_checked: ops::keys::Checked::at(cx.clock.now()),
        gate: HashGate::new(&config.hashing())?,
        passwords: config.password_policy(platform.shop_name),
        config,
        db: db.clone(),
        clock: cx.clock,
        keys: cx.keys,
        verifier: cx.verifier,
        limiter: cx.limiter,
        metrics: cx.metrics,
        public_url: cx.public_url,
    });
    let service = Service::new(http::routes().with_state(app.clone())).database::<api::user::UserService>(db);
    Ok(service.consumers(events::consumers(&app)).tasks(events::tasks(&app)))
}
