//! The settings of this process, and what the whole process needs of them.

use crate::args::{Command, Common};
use crate::services;
use base::config::Config;
use base::keys::Keys;
use base::telemetry::{self, LogFormat, LogStream, Logging};
use base::{Clock, Error, Kind, Result};
use serde::Deserialize;
use service::{HostOptions, Store};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The built-in defaults, every key with its explanation.
pub(crate) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Section `[platform]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    pub(crate) listen: String,
    pub(crate) ops_listen: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) public_url: String,
    pub(crate) database_url: String,
    database_connections: u32,
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    #[expect(dead_code, reason = "services read it; named here so that unknown keys are refused")]
    currency: base::Currency,
    #[expect(dead_code, reason = "services read it; named here so that unknown keys are refused")]
    shop_name: String,
}

/// All settings.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    pub(crate) platform: Platform,
    /// Whether the data folder is somebody's choice and not the default.
    pub(crate) data_dir_chosen: bool,
}

impl Settings {
    /// Defaults < file < environment < flags.
    pub(crate) fn load(common: &Common) -> Result<Self> {
        let environment: BTreeMap<String, String> = std::env::vars().collect();
        let mut config = Config::load(DEFAULTS, common.config.as_deref(), &environment)?;
        let untouched: Platform = Config::load(DEFAULTS, None, &BTreeMap::new())?.section("platform")?;
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let flags = [
            ("listen", common.listen.clone()),
            ("ops_listen", common.ops_listen.clone()),
            ("data_dir", common.data_dir.as_ref().map(text)),
        ];
        for (key, value) in flags {
            if let Some(value) = value {
                config = config.with("platform", key, value)?;
            }
        }
        let platform: Platform = config.section("platform")?;
        let data_dir_chosen = common.data_dir.is_some() || platform.data_dir != untouched.data_dir;
        let settings = Self { config, platform, data_dir_chosen };
        settings.validate()?;
        Ok(settings)
    }

    /// The same settings with another value in `[platform]`.
    pub(crate) fn with(&self, key: &str, value: &str) -> Result<Self> {
        self.set("platform", key, value)
    }

    /// The same settings with another value.
    pub(crate) fn set(&self, section: &str, key: &str, value: impl Into<toml::Value>) -> Result<Self> {
        let config = self.config.with(section, key, value)?;
        Ok(Self { platform: config.section("platform")?, config, ..*self })
    }

    fn validate(&self) -> Result<()> {
        let bad = |detail: String| Err(Error::new(Kind::Invalid, "settings", detail));
        for (key, value) in [("listen", &self.platform.listen), ("ops_listen", &self.platform.ops_listen)] {
            if value.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).is_none() {
                return bad(format!("[platform] {key}: {value:?} is not HOST:PORT, e.g. 127.0.0.1:8080"));
            }
        }
        let url = &self.platform.public_url;
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            return bad(format!(
                "[platform] public_url: {url:?} must start with https:// (or http:// for a test)"
            ));
        }
        let is_postgres = |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
        let database = &self.platform.database_url;
        if !database.is_empty() && !is_postgres(database) {
            return bad("[platform] database_url: only postgres://user@host/database is supported; leave it empty for SQLite".into());
        }
        if self.platform.database_connections < 2 {
            return bad("[platform] database_connections must be at least 2".into());
        }
        for service in services::all() {
            let Some(url) = self.config.database_url(service.name) else { continue };
            if !is_postgres(url) {
                return bad(format!(
                    "[{}] database_url: only postgres://role@host/database is supported",
                    service.name
                ));
            }
            if database.is_empty() {
                return bad(format!(
                    "[{}] database_url needs [platform] database_url (EMPORION_DATABASE_URL) for the other services",
                    service.name
                ));
            }
        }
        Ok(())
    }

    /// A shop writes log lines to standard output, other commands to standard error; all but
    /// `serve` are quiet unless asked.
    pub(crate) fn start_logging(&self, command: Option<&Command>) {
        let (stream, quiet) = match command.unwrap_or(&Command::default()) {
            Command::Serve(_) => (LogStream::Stdout, false),
            Command::Demo => (LogStream::Stdout, true),
            _ => (LogStream::Stderr, true),
        };
        let filter = if quiet && self.platform.log == "info" { "warn" } else { &self.platform.log };
        let services: Vec<&str> = services::all().iter().map(|service| service.name).collect();
        telemetry::init(Logging { format: self.platform.log_format, filter, stream, services: &services });
    }

    /// Base of every link, without a slash at the end.
    pub(crate) fn public_url(&self) -> String {
        let url = self.platform.public_url.trim_end_matches('/');
        if url.is_empty() { format!("http://{}", self.platform.listen) } else { url.to_owned() }
    }

    /// Where the services keep their data.
    pub(crate) fn store(&self) -> Store {
        if self.platform.database_url.is_empty() {
            return Store::Sqlite(self.platform.data_dir.clone());
        }
        Store::Postgres { url: self.platform.database_url.clone(), prefix: String::new() }
    }

    /// Where one service keeps its data, with the role it logs in with.
    pub(crate) fn store_of(&self, service: &str) -> Store {
        match (self.store(), self.config.database_url(service)) {
            (Store::Postgres { prefix, .. }, Some(url)) => Store::Postgres { url: url.to_owned(), prefix },
            (store, _) => store,
        }
    }

    /// How the services of this process are hosted; makes the data folder and the installation's
    /// secret when they are missing.
    pub(crate) fn host_options(&self, background: bool) -> Result<HostOptions> {
        let folder = &self.platform.data_dir;
        make(folder)?;
        Ok(HostOptions {
            config: self.config.clone(),
            clock: Clock::system(),
            keys: Keys::new(secret(folder)?),
            store: self.store(),
            data_dir: folder.clone(),
            public_url: self.public_url(),
            verifier: None,
            background,
        })
    }
}

/// Makes the data folder, unless it is there.
pub(crate) fn make(folder: &Path) -> Result<()> {
    let unusable = |error| {
        Error::unavailable(format!(
            "cannot make the data folder {}: {error}; choose another --data-dir",
            folder.display()
        ))
    };
    fs::create_dir_all(folder).map_err(unusable)
}

/// The installation's secret: 32 bytes in `secret.key`, readable by its owner only.
fn secret(folder: &Path) -> Result<[u8; 32]> {
    let path = folder.join("secret.key");
    let unusable =
        |error: std::io::Error| Error::unavailable(format!("cannot use {}: {error}", path.display()));
    if !path.exists() {
        let fresh = folder.join(format!("secret.key.{}", std::process::id()));
        let mut file = owner_only(&fresh).map_err(unusable)?;
        file.write_all(&Keys::generate_secret()).and_then(|()| file.sync_all()).map_err(unusable)?;
        // A hard link fails if another process was first; then its secret is the one.
        let linked = fs::hard_link(&fresh, &path);
        fs::remove_file(&fresh).map_err(unusable)?;
        if let Err(error) = linked
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(unusable(error));
        }
    }
    read_secret(&path)
}

/// The secret in the file `path`.
pub(crate) fn read_secret(path: &Path) -> Result<[u8; 32]> {
    let unusable =
        |error: std::io::Error| Error::unavailable(format!("cannot use {}: {error}", path.display()));
    let bytes = fs::read(path).map_err(unusable)?;
    bytes.try_into().map_err(|_| {
        Error::unavailable(format!(
            "{} is damaged: it must hold exactly 32 bytes; restore it from a backup",
            path.display()
        ))
    })
}

fn owner_only(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: &[(&str, &str)]) -> Result<Settings> {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let config = Config::load(DEFAULTS, None, &environment)?;
        let settings = Settings { platform: config.section("platform")?, config, data_dir_chosen: false };
        settings.validate()?;
        Ok(settings)
    }

    fn url(settings: &Settings, service: &str) -> String {
        match settings.store_of(service) {
            Store::Postgres { url, .. } => url,
            store @ Store::Sqlite(_) => panic!("{store:?}"),
        }
    }

    #[test]
    fn a_service_logs_in_with_its_own_role_and_the_others_with_the_common_one() {
        let common = ("EMPORION_DATABASE_URL", "postgres://shop:a@db/shop");
        let own = ("EMPORION_ORDER__DATABASE_URL", "postgres://orders:b@db/shop");
        let both = settings(&[common, own]).unwrap();
        assert_eq!(url(&both, "order"), own.1);
        assert_eq!(url(&both, "cart"), common.1);
        let printed = both.config.to_masked_toml();
        assert!(printed.contains("postgres://orders:********@db/shop"), "{printed}");
        assert!(matches!(settings(&[]).unwrap().store_of("order"), Store::Sqlite(_)));
    }

    #[test]
    fn an_own_role_needs_the_common_database_and_postgres() {
        let own = ("EMPORION_ORDER__DATABASE_URL", "postgres://orders:b@db/shop");
        let error = settings(&[own]).err().unwrap();
        assert!(error.detail().starts_with("[order] database_url needs"), "{}", error.detail());
        let common = ("EMPORION_DATABASE_URL", "postgres://shop:a@db/shop");
        let error = settings(&[common, ("EMPORION_ORDER__DATABASE_URL", "mysql://db")]).err().unwrap();
        assert!(error.detail().contains("only postgres://"), "{}", error.detail());
    }
}
