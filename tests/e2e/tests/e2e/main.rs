//! The whole shop as its users meet it: the release binary as a process, over HTTP.

mod authorisation;
mod bad_input;
mod binary;
mod client;
mod crashes;
mod documents;
mod faults;
mod import;
mod purchase;
mod races;
mod shop;
mod strangers;
mod tour;
