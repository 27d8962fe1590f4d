//! The rules of notifications: pure, without store, clock or network.

pub(crate) mod address;
pub(crate) mod catalogue;
pub(crate) mod contact;
pub(crate) mod draft;
pub(crate) mod filters;
pub(crate) mod gate;
pub(crate) mod mail;
pub(crate) mod notification;
pub(crate) mod quiet;
pub(crate) mod settings;
pub(crate) mod template;
pub(crate) mod words;
