//! The user service as its callers see it: real service, real database, manual clock, real tokens.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod harness;

mod addresses;
mod administrators;
mod claims;
mod document;
mod enumeration;
mod history;
mod internal;
mod keys;
mod lockout;
mod login;
mod passwords;
mod profile;
mod races;
mod refresh;
mod register;
mod roles;
mod sessions;
mod status;
mod users;
mod verification;
mod wishes;
