-- The orders in which staff list everybody's; a customer's own are few and sorted as they are read.
CREATE INDEX customer_order_by_placed ON customer_order (COALESCE(placed_at, created_at), id);
CREATE INDEX customer_order_by_total ON customer_order (currency, total_minor, id);
