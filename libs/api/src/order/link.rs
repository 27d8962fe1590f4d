//! The signed link with which a guest reads, cancels and pays an order (D-38).
//!
//! The token is derived from the order's id under a key of the installation, so it travels in
//! no message: whoever writes a mail makes it from the id.

use crate::ids::OrderId;
use base::Keys;
use uuid::Uuid;

const PURPOSE: &str = "order-link";

/// The token of an order's link, for `GET /api/orders/{id}?token=…`.
pub fn token(keys: &Keys, order: OrderId) -> String {
    keys.seal(PURPOSE, order.uuid().as_bytes())
}

/// The order a token was made for; `None` for anything else.
pub fn open(keys: &Keys, token: &str) -> Option<OrderId> {
    let bytes = keys.open(PURPOSE, token)?;
    Uuid::from_slice(&bytes).ok().map(OrderId::from_uuid)
}

/// The page of the shop where a guest sees the order.
pub fn page(public_url: &str, keys: &Keys, order: OrderId) -> String {
    format!("{public_url}/orders/{order}?token={}", token(keys, order))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_its_own_order_only() {
        let keys = Keys::new([1; 32]);
        let order = OrderId::new();
        assert_eq!(open(&keys, &token(&keys, order)), Some(order));
        assert_eq!(open(&Keys::new([2; 32]), &token(&keys, order)), None);
        assert_eq!(open(&keys, &keys.seal("cart", order.uuid().as_bytes())), None);
        assert_eq!(open(&keys, ""), None);
    }
}
