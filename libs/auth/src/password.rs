//! Password hashing: argon2id behind a door that lets in only as many as the machine can bear.
//!
//! What a good password is (length, breach lists) is user-service's policy; here are the limits
//! that protect the machine.

mod capacity;
mod gate;
mod memory;
mod phc;
mod settings;
#[cfg(test)]
mod tests;
mod text;

pub use gate::{GateLoad, HashGate};
pub use settings::{HashSettings, Pepper};
pub use text::{MAX_BYTES, MAX_CODE_POINTS};
