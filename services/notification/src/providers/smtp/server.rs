//! Which server, how encrypted, who signs in; and connecting to it.

use super::answer::Stage;
use super::{Failure, unusable};
use crate::config::NotificationConfig;
use base::Result;
use http::Uri;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use std::net::IpAddr;
use std::time::Duration;

/// The longest connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// From the first byte (`smtps://`).
    Always,
    /// `STARTTLS`, or no mail (`?tls=required`).
    Required,
    /// `STARTTLS` where the server offers it (`?tls=opportunistic`).
    Opportunistic,
    /// Never (`?tls=none`).
    Never,
}

/// A server as the settings name it.
pub(super) struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    hello: ClientId,
}

/// The parts of an URL such as `smtp://user:password@host:587?tls=required`.
struct Address {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<(String, String)>,
}

impl Server {
    /// The server of the settings.
    pub(super) fn of(config: &NotificationConfig) -> Result<Self> {
        let address = read(config.smtp_url.expose())?;
        let mut tls = TlsParameters::builder(address.host.clone());
        if !config.smtp_ca_file.is_empty() {
            let pem = std::fs::read(&config.smtp_ca_file)
                .map_err(|error| unusable(format!("cannot read smtp_ca_file: {error}")))?;
            let certificate = Certificate::from_pem(&pem);
            tls = tls.add_root_certificate(
                certificate.map_err(|_| unusable("smtp_ca_file holds no certificate"))?,
            );
        }
        let tls = tls.build().map_err(|error| unusable(format!("encryption cannot be set up: {error}")))?;
        let domain = config.from_address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        Ok(Self {
            host: address.host,
            port: address.port,
            encryption: address.encryption,
            tls,
            credentials: address.credentials.map(|(user, password)| Credentials::new(user, password)),
            hello: ClientId::Domain(domain.to_owned()),
        })
    }

    /// A connection that is ready for a mail.
    pub(super) async fn connect(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Failure> {
        *stage = Stage::Connect;
        let wrapped = (self.encryption == Encryption::Always).then(|| self.tls.clone());
        let place = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT_TIMEOUT), &self.hello, wrapped, None);
        let mut connection = connecting.await?;
        let upgrade = match self.encryption {
            Encryption::Required => true,
            Encryption::Opportunistic => connection.can_starttls(),
            Encryption::Always | Encryption::Never => false,
        };
        if upgrade {
            connection.starttls(self.tls.clone(), &self.hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

fn read(url: &str) -> Result<Address> {
    let uri: Uri =
        url.parse().map_err(|_| unusable("write it as smtp://user:password@host:port?tls=required"))?;
    let secure = match uri.scheme_str() {
        Some("smtp") => false,
        Some("smtps") => true,
        _ => return Err(unusable("it must begin with smtp:// or smtps://")),
    };
    if !matches!(uri.path(), "" | "/") {
        return Err(unusable("it must not have a path; write / in a password as %2F"));
    }
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    if host.is_empty() {
        return Err(unusable("it names no host"));
    }
    let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    let credentials = authority.rsplit_once('@').map(|(user, _)| decoded(user)).transpose()?;
    let local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let encryption = encryption(secure, uri.query(), credentials.is_some() && !local)?;
    if encryption == Encryption::Never && credentials.is_some() && !local {
        return Err(unusable("a password is never sent unencrypted to another machine; leave out tls=none"));
    }
    let usual = if secure { 465 } else { 587 };
    Ok(Address { host, port: uri.port_u16().unwrap_or(usual), encryption, credentials })
}

fn encryption(secure: bool, query: Option<&str>, with_password: bool) -> Result<Encryption> {
    let wanted = match query {
        None => None,
        Some(query) => Some(query.strip_prefix("tls=").ok_or_else(|| unusable("the only option is tls="))?),
    };
    match wanted {
        _ if secure => Ok(Encryption::Always),
        Some("required") => Ok(Encryption::Required),
        // Whoever can cut the wire can also cut the offer to encrypt, and would get the password.
        None if with_password => Ok(Encryption::Required),
        Some("opportunistic") | None => Ok(Encryption::Opportunistic),
        Some("none") => Ok(Encryption::Never),
        Some(_) => Err(unusable("tls= is one of opportunistic, required, none")),
    }
}

fn decoded(user: &str) -> Result<(String, String)> {
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let text = |part: &str| percent_decode_str(part).decode_utf8().map(std::borrow::Cow::into_owned);
    match (text(user), text(password)) {
        (Ok(user), Ok(password)) => Ok((user, password)),
        _ => Err(unusable("user and password must be UTF-8, with special characters as %XX")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(url: &str) -> (String, u16, Encryption, Option<(String, String)>) {
        let address = read(url).unwrap_or_else(|error| panic!("{url}: {}", error.detail()));
        (address.host, address.port, address.encryption, address.credentials)
    }

    #[test]
    fn urls_say_where_and_how() {
        assert_eq!(
            good("smtp://mail.example.org"),
            ("mail.example.org".into(), 587, Encryption::Opportunistic, None)
        );
        assert_eq!(good("smtps://mail.example.org").1, 465);
        assert_eq!(good("smtps://mail.example.org").2, Encryption::Always);
        assert_eq!(good("smtp://[::1]:2525?tls=none"), ("::1".into(), 2525, Encryption::Never, None));
        let (_, port, encryption, credentials) = good("smtp://shop:p%40ss%2F%3A@mail.example.org");
        assert_eq!((port, encryption), (587, Encryption::Required));
        assert_eq!(credentials.unwrap(), ("shop".to_owned(), "p@ss/:".to_owned()));
        assert_eq!(good("smtp://a:b@127.0.0.1:25?tls=none").2, Encryption::Never);
        assert_eq!(good("smtp://a:b@mail.example.org?tls=opportunistic").2, Encryption::Opportunistic);
    }

    #[test]
    fn urls_that_make_no_sense_are_refused_with_a_reason() {
        for bad in [
            "",
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://mail.example.org/inbox",
            "smtp://mail.example.org?tls=maybe",
            "smtp://mail.example.org?starttls=1",
            "smtp://a:b@mail.example.org?tls=none",
            "smtp://a:%ff@mail.example.org",
        ] {
            assert_eq!(read(bad).err().unwrap().code(), "settings", "{bad}");
        }
    }
}
