//! The rules of accounts, passwords, sessions, links and roles: pure, time comes in as a value.

pub(crate) mod account;
pub(crate) mod claim;
pub(crate) mod email;
pub(crate) mod lockout;
pub(crate) mod password;
pub(crate) mod profile;
pub(crate) mod refresh_token;
pub(crate) mod rights;
pub(crate) mod sealing;
pub(crate) mod session;
