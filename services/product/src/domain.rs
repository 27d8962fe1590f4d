//! The rules of the catalogue: pure, without input or output.

pub(crate) mod catalog;
pub(crate) mod category;
pub(crate) mod change;
pub(crate) mod csv;
pub(crate) mod picture;
pub(crate) mod price;
pub(crate) mod product;
pub(crate) mod search;
pub(crate) mod shopify;
pub(crate) mod slug;
pub(crate) mod status;
pub(crate) mod stock;
pub(crate) mod view;
pub(crate) mod write;

#[cfg(test)]
pub(crate) mod samples;
