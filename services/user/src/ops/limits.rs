//! Limits per client address and per typed mail address.

use super::{Origin, Result};
use crate::AppState;
use crate::config::Action;
use crate::domain::email;
use crate::error::UserError;
use std::net::{IpAddr, Ipv6Addr};

/// Takes a token of the client address for `action`.
///
/// # Errors
/// [`UserError::TooMany`].
pub(crate) async fn check(app: &AppState, origin: &Origin, action: Action) -> Result<()> {
    let Some(place) = origin.ip.map(network) else { return Ok(()) };
    if place.is_loopback() && !app.config.limit_loopback {
        return Ok(());
    }
    take(app, &format!("user:{}:{place}", action.name()), action).await
}

/// Takes a token of the mail address for `action`, whether an account has it or not.
///
/// # Errors
/// [`UserError::TooMany`].
pub(crate) async fn check_address(app: &AppState, address: &str, action: Action) -> Result<()> {
    let hash =
        address_hash(app, address).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    take(app, &format!("user:{}:address:{hash}", action.name()), action).await
}

async fn take(app: &AppState, key: &str, action: Action) -> Result<()> {
    let decision = app.limiter.check(key, app.config.limit(action)).await;
    if decision.allowed { Ok(()) } else { Err(UserError::TooMany(decision.retry_after)) }
}

/// The key under which failures at a mail address are counted; it does not tell the address.
pub(crate) fn address_hash(app: &AppState, address: &str) -> [u8; 32] {
    app.keys.mac("user/typed-address", email::key(address).as_bytes())
}

/// Whoever has an IPv6 address has 2^64 of them.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_ipv6_network_is_one_place() {
        let network = |text: &str| super::network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::1"), "::1");
    }
}
