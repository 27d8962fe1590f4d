//! The rules of the door, pure: which path goes where, which paths and headers are refused.

mod headers;
mod path;
mod table;

pub(crate) use headers::{header_is_refused, header_is_stripped};
pub(crate) use path::check_path;
pub(crate) use table::{Class, route_of};
