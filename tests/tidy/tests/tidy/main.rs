//! The rules of ARCHITECTURE.md as tests. A rule that is not here is a wish.

mod crates;
mod files;
mod functions;
mod rooms;
mod settings;
mod tree;
