//! Limits per client address and per typed mail address.

use super::{Origin, Result};
use crate::AppState;
use crate::config::Action;
use crate::domain::email;
use crate::error::{UserError, wait};
use crate::store;
use base::keys::hex;
use db::Tx;
use std::net::{IpAddr, Ipv6Addr};

/// Takes a token of the client address for `action`.
///
/// # Errors
/// [`UserError::TooMany`].
pub(crate) async fn check(app: &AppState, origin: &Origin, action: Action) -> Result<()> {
    match place(app, origin) {
        Some(place) => take(app, &format!("user:{}:{place}", action.name()), action).await,
        None => Ok(()),
    }
}

/// The network that limits count for; `None` if they do not.
fn place(app: &AppState, origin: &Origin) -> Option<IpAddr> {
    origin.ip.map(network).filter(|place| !place.is_loopback() || app.config.limit_loopback)
}

/// Refuses a network from which logins failed at many addresses.
///
/// # Errors
/// [`UserError::TooMany`].
pub(crate) async fn check_network(app: &AppState, origin: &Origin) -> Result<()> {
    let Some(place) = place(app, origin) else { return Ok(()) };
    let until = store::source::blocked_until(&mut app.db.conn().await?, &place.to_string()).await?;
    let now = app.clock.now();
    match until.filter(|until| *until > now) {
        Some(until) => Err(UserError::TooMany(wait(now, until))),
        None => Ok(()),
    }
}

/// Notes that a login at the address failed from there, and blocks the network when it was one
/// address too many: somebody tries a list of stolen passwords (security.md §3).
pub(crate) async fn note_failure(
    app: &AppState,
    tx: &mut Tx,
    origin: &Origin,
    address_hash: [u8; 32],
) -> Result<()> {
    let Some(place) = place(app, origin).map(|place| place.to_string()) else { return Ok(()) };
    let now = tx.now();
    store::source::note(tx, &place, address_hash, now).await?;
    let addresses = store::source::addresses(tx, &place, now - app.config.network_window.0).await?;
    if addresses >= app.config.network_addresses {
        tracing::warn!(network = place, addresses, "logins fail at many addresses; the network is blocked");
        store::source::block(tx, &place, now + app.config.network_block.0).await?;
    }
    Ok(())
}

/// Takes a token of the mail address for `action`, whether an account has it or not.
///
/// # Errors
/// [`UserError::TooMany`].
pub(crate) async fn check_address(app: &AppState, address: &str, action: Action) -> Result<()> {
    let hash = hex(&address_hash(app, address));
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
