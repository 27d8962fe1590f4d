//! What leaves with a shipment, and where an order stands after it left or arrived.

use super::order::{Line, Order, Shipment};
use api::ids::OrderLineId;
use api::order::{OrderStatus, ShipmentItem, ShipmentStatus};
use base::{Check, Result};

/// The lines and pieces that leave: those asked for, or everything that has not left yet.
///
/// # Errors
/// 422 `validation` for lines that are not there, or more pieces than are left.
pub(crate) fn plan(lines: &[Line], wanted: Option<&[ShipmentItem]>) -> Result<Vec<(OrderLineId, i64)>> {
    let mut check = Check::new();
    let mut plan: Vec<(OrderLineId, i64)> = Vec::new();
    match wanted {
        None => plan
            .extend(lines.iter().map(|line| (line.id, line.quantity - line.shipped)).filter(|(_, n)| *n > 0)),
        Some(items) => {
            for (index, item) in items.iter().enumerate() {
                let at = format!("/metadata/items/{index}");
                let twice = plan.iter().any(|(id, _)| *id == item.order_item_id);
                match lines.iter().find(|line| line.id == item.order_item_id) {
                    Some(line) if !twice => {
                        check.number(
                            &format!("{at}/quantity"),
                            item.quantity,
                            1..=line.quantity - line.shipped,
                        );
                        plan.push((line.id, item.quantity));
                    }
                    _ => check.fail(
                        format!("{at}/orderItemId"),
                        "unknown",
                        "not a line of the order, or named twice",
                    ),
                }
            }
        }
    }
    check.that(!plan.is_empty(), "/metadata/items", "required", "there is nothing left to send");
    check.finish().map(|()| plan)
}

impl Order {
    /// Where the order stands once this plan has left.
    pub(crate) fn status_after(&self, plan: &[(OrderLineId, i64)]) -> OrderStatus {
        let leaves =
            |line: &Line| plan.iter().find(|(id, _)| *id == line.id).map_or(0, |(_, pieces)| *pieces);
        let all = self.lines.iter().all(|line| line.shipped + leaves(line) == line.quantity);
        if all { OrderStatus::Shipped } else { OrderStatus::PartiallyShipped }
    }

    /// Lets the shipment leave.
    pub(crate) fn add_shipment(&mut self, shipment: Shipment) {
        for line in &mut self.lines {
            let pieces =
                shipment.items.iter().find(|(id, _)| *id == line.id).map_or(0, |(_, pieces)| *pieces);
            line.shipped += pieces;
        }
        self.shipments.push(shipment);
    }

    /// Whether nothing is left to send and everything sent has arrived.
    pub(crate) fn has_arrived(&self) -> bool {
        let sent = self.lines.iter().all(|line| line.shipped == line.quantity);
        sent && self.shipments.iter().all(|shipment| shipment.status == ShipmentStatus::Delivered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{line, order};

    fn item(line: &Line, quantity: i64) -> ShipmentItem {
        ShipmentItem { order_item_id: line.id, quantity }
    }

    #[test]
    fn without_a_list_everything_left_goes() {
        let lines = [Line { shipped: 2, ..line(2, 100) }, Line { shipped: 1, ..line(3, 100) }];
        assert_eq!(plan(&lines, None).unwrap(), [(lines[1].id, 2)]);
    }

    #[test]
    fn more_than_is_left_foreign_lines_and_repetitions_are_refused() {
        let lines = [Line { shipped: 1, ..line(3, 100) }];
        let foreign = line(1, 1);
        for bad in [
            vec![item(&lines[0], 3)],
            vec![item(&lines[0], 0)],
            vec![item(&foreign, 1)],
            vec![item(&lines[0], 1); 2],
            vec![],
        ] {
            assert_eq!(plan(&lines, Some(&bad)).unwrap_err().code(), "validation");
        }
        assert!(plan(&[Line { shipped: 1, ..line(1, 1) }], None).is_err());
    }

    #[test]
    fn an_order_is_shipped_when_its_last_piece_leaves() {
        let order = order(vec![line(2, 100), line(1, 50)]);
        let ids: Vec<_> = order.lines.iter().map(|line| line.id).collect();
        assert_eq!(order.status_after(&[(ids[0], 2)]), OrderStatus::PartiallyShipped);
        assert_eq!(order.status_after(&[(ids[0], 1), (ids[1], 1)]), OrderStatus::PartiallyShipped);
        assert_eq!(order.status_after(&[(ids[0], 2), (ids[1], 1)]), OrderStatus::Shipped);
    }
}
