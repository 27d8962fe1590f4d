//! What handlers use: extractors that reject with problem documents, answers, and the
//! middleware stack that every service has in the same order.

mod answer;
mod around;
mod client;
mod idempotency;
mod json;
mod objects;
mod params;
mod scan;
mod stack;

pub use answer::{Created, Failure, NoContent, Result, Versioned};
pub use around::{Around, answer_of, around};
pub use client::{ClientInfo, GUEST_TOKEN_HEADER, GuestToken, IfMatch};
pub use idempotency::MIGRATIONS as IDEMPOTENCY_MIGRATIONS;
pub(crate) use idempotency::{prune as prune_idempotency, release as release_keys};
pub use json::{Json, MergePatch};
pub use params::{Path, Query};
pub(crate) use stack::AnsweredTo;
pub use stack::{Stack, with_stack};
