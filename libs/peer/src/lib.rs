//! Another service, callable.
//!
//! A [`Peer`] answers HTTP requests whether it lives in this process or elsewhere; callers cannot
//! tell. In one process the transport is the peer's own router, JSON included, so that every
//! deployment exercises the same bytes. It is *not* a client for the outside world: providers
//! have their own.

#![warn(missing_docs)]

mod call;
mod directory;
mod local;
mod remote;

pub use call::Call;
pub use directory::{CallObserver, Carried, Peer, Peers, Transport};
pub use local::local;
pub use remote::remote;
