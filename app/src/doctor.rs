//! `emporion doctor`: looks at everything a shop needs, and says what to do. It changes nothing.

use crate::operator_client::{Holder, take};
use crate::output::{Outcome, Result, line};
use crate::settings::{Settings, read_secret};
use crate::stores;
use base::Error;
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// How long a server on the network may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// `emporion doctor`
pub(crate) async fn doctor(settings: &Settings) -> Result {
    let mut bad = 0;
    let mut tell = |what: &str, result: base::Result<String>| match result {
        Ok(text) => line(format!("ok    {what}: {text}")),
        Err(error) => {
            bad += 1;
            line(format!("BAD   {what}: {}", error.chain()));
        }
    };
    let platform = &settings.platform;
    tell("settings", Ok(format!("links begin with {}", settings.public_url())));
    tell("data folder", folder(&platform.data_dir));
    tell("secret", secret(&platform.data_dir.join("secret.key")));
    let running = running(&platform.data_dir);
    tell(
        "shop",
        Ok(running
            .as_ref()
            .map_or("not running".into(), |address| format!("running, private address {address}"))),
    );
    for (what, address, flag) in [
        ("public address", &platform.listen, "--listen"),
        ("private address", &platform.ops_listen, "--ops-listen"),
    ] {
        tell(what, listener(address, flag, running.is_some()).await);
    }
    let server = database_server(&platform.database_url).await;
    let is_reachable = server.is_ok();
    if let Some(server) = server.transpose() {
        tell("database server", server);
    }
    for definition in stores::with_stores().filter(|_| is_reachable) {
        let what = format!("database of {}", definition.name);
        tell(&what, stores::pending(settings, &definition).await.map(|pending| migrations(pending.len())));
    }
    tell("mail", mail(settings).await);
    Ok(if bad > 0 { Outcome::Failed } else { Outcome::Done })
}

fn folder(folder: &Path) -> base::Result<String> {
    if !folder.exists() {
        return Ok(format!("{} will be made at the first start", folder.display()));
    }
    let probe = folder.join(".doctor");
    let written = std::fs::write(&probe, b"ok").and_then(|()| std::fs::remove_file(&probe));
    written.map(|()| folder.display().to_string()).map_err(|error| {
        let folder = folder.display();
        Error::unavailable(format!("cannot write to {folder}: {error}; check its owner and the free space"))
    })
}

fn secret(path: &Path) -> base::Result<String> {
    if !path.exists() {
        return Ok("will be made at the first start".into());
    }
    read_secret(path)?;
    if is_open_to_others(path) {
        let path = path.display();
        return Err(Error::unavailable(format!("others can read {path}; run `chmod 600 {path}`")));
    }
    Ok(format!("{}; keep a copy with every backup", path.display()))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// The private address of the shop that runs on the folder.
fn running(folder: &Path) -> Option<String> {
    match folder.exists().then(|| take(folder, "")) {
        Some(Ok(Holder::Shop(address))) => Some(address),
        _ => None,
    }
}

async fn listener(address: &str, flag: &str, is_running: bool) -> base::Result<String> {
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && is_running => {
            Ok(format!("{address} is in use, by the running shop as a rule"))
        }
        Err(error) => Err(Error::unavailable(format!(
            "cannot listen on {address}: {error}; choose another with {flag}"
        ))),
    }
}

/// Asks the PostgreSQL server of the settings once, for all services; none is needed with SQLite.
async fn database_server(url: &str) -> base::Result<Option<String>> {
    if url.is_empty() {
        return Ok(None);
    }
    let server = masked(url);
    let answer = tokio::time::timeout(PATIENCE, stores::reach(url)).await;
    match answer.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs()))) {
        Ok(()) => Ok(Some(format!("{server} answers"))),
        Err(reason) => {
            let advice = advice(&reason);
            Err(Error::unavailable(format!(
                "cannot use {server}: {reason}; {advice} (EMPORION_DATABASE_URL, or database_url in [platform])"
            )))
        }
    }
}

/// What to do about what a PostgreSQL server, or the network, said.
fn advice(reason: &str) -> &'static str {
    let says = |words: &str| reason.contains(words);
    if says("database") && says("does not exist") {
        "create the database with `createdb`, or name another one"
    } else if says("password") || says("role") || says("pg_hba") {
        "check user and password"
    } else {
        "check that the server is running and that host and port are right"
    }
}

/// The URL of a database without its password.
fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (who, place) = rest.rsplit_once('@').map_or((None, rest), |(who, place)| (Some(who), place));
    let place = place.split(['?', '#']).next().unwrap_or_default();
    match who.map(|who| who.split_once(':').map_or((who, ""), |(user, _)| (user, ":***"))) {
        Some((user, password)) => format!("{scheme}://{user}{password}@{place}"),
        None => format!("{scheme}://{place}"),
    }
}

fn migrations(pending: usize) -> String {
    match pending {
        0 => "up to date".into(),
        1 => "1 migration pending; the next start applies it".into(),
        n => format!("{n} migrations pending; the next start applies them"),
    }
}

/// The one key of the section that this command looks at.
#[derive(Deserialize)]
struct Mail {
    smtp_url: String,
}

async fn mail(settings: &Settings) -> base::Result<String> {
    let url = settings.config.section::<Mail>("notification")?.smtp_url;
    if url.is_empty() {
        return Ok("no SMTP server is set; mails stay in the built-in mailbox".to_owned());
    }
    let address = mail_server(&url);
    let connected = tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(&address)).await;
    match connected {
        Ok(Ok(_)) => Ok(format!("{address} answers")),
        _ => Err(Error::unavailable(format!("{address} does not answer; check smtp_url in [notification]"))),
    }
}

/// Host and port of `smtp://user:password@host:port?tls=…`.
fn mail_server(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let port = if url.starts_with("smtps") { 465 } else { 587 };
    if has_port { host.to_owned() } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::{database_server, mail_server, masked};

    #[test]
    fn the_url_of_a_database_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://shop:s3cret@db.example:5432/shop", "postgres://shop:***@db.example:5432/shop"),
            ("postgres://shop:p@ss?w@db.example/shop?sslmode=require", "postgres://shop:***@db.example/shop"),
            ("postgresql://shop@db.example/shop", "postgresql://shop@db.example/shop"),
            ("postgres://db.example/shop?password=s3cret", "postgres://db.example/shop"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[tokio::test]
    async fn a_database_server_that_is_not_there_is_named_with_what_to_do() {
        let error = database_server("postgres://shop:s3cret@127.0.0.1:1/shop").await.unwrap_err();
        for words in
            ["postgres://shop:***@127.0.0.1:1/shop", "refused", "is running", "EMPORION_DATABASE_URL"]
        {
            assert!(error.detail().contains(words), "{words}: {}", error.detail());
        }
        assert!(!error.chain().contains("s3cret"), "{}", error.chain());
        assert_eq!(database_server("").await.unwrap(), None, "SQLite needs none");
    }

    #[test]
    fn the_mail_server_is_found_in_every_form_of_its_address() {
        for (url, address) in [
            ("smtp://mail.example", "mail.example:587"),
            ("smtps://mail.example", "mail.example:465"),
            ("smtp://user:p%40ss@mail.example:25?tls=none", "mail.example:25"),
            ("smtp://[::1]:2525/", "[::1]:2525"),
            ("smtp://[::1]", "[::1]:587"),
        ] {
            assert_eq!(mail_server(url), address, "{url}");
        }
    }
}
