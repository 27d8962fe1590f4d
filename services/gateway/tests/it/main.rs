//! The gateway in front of stub services, as a hostile and as an ordinary client sees it.

mod docs;
mod door;
mod proxy;
mod status;
mod stub;
