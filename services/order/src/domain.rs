//! What an order is and what it may do: pure rules, no database, no peers, no clock.

pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod price;
pub(crate) mod saga;
pub(crate) mod shipping;
pub(crate) mod sort;
pub(crate) mod status;
pub(crate) mod tariff;

#[cfg(test)]
pub(crate) mod fixtures;
