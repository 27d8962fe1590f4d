-- Stock: a unit is what is sold, an item is its stock in one warehouse, movements are the ledger.

CREATE TABLE warehouse (
    id UUID PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    address JSONB,
    sellable BOOLEAN NOT NULL,
    priority BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT warehouse_code UNIQUE (code)
);

-- The id is that of the variant, or of a product without variants. The row is also the lock of
-- everything stocked of it: whoever changes a level first touches its unit.
CREATE TABLE unit (
    id UUID PRIMARY KEY,
    product_id UUID NOT NULL,
    variant_id UUID,
    sku TEXT NOT NULL,
    product_name TEXT,
    discontinued BOOLEAN NOT NULL,
    -- Whether shoppers were last told that there is some.
    in_stock BOOLEAN NOT NULL,
    -- Highest version of the product whose events were applied.
    product_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE UNIQUE INDEX unit_sku ON unit (sku) WHERE NOT discontinued;
CREATE INDEX unit_product ON unit (product_id);

CREATE TABLE item (
    id UUID PRIMARY KEY,
    unit_id UUID NOT NULL REFERENCES unit (id),
    warehouse_id UUID NOT NULL REFERENCES warehouse (id),
    location TEXT,
    status TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    reorder_threshold BIGINT,
    target_stock_level BIGINT,
    cost_minor BIGINT,
    cost_currency TEXT,
    -- Whether the low-stock warning was given and the item not refilled since.
    low BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT item_unit_warehouse UNIQUE (unit_id, warehouse_id),
    CONSTRAINT item_levels CHECK (0 <= reserved AND reserved <= on_hand AND on_hand <= 1000000000),
    CONSTRAINT item_status CHECK (status IN ('ACTIVE', 'INACTIVE', 'DISCONTINUED')),
    CONSTRAINT item_cost CHECK ((cost_minor IS NULL) = (cost_currency IS NULL))
);

CREATE INDEX item_warehouse ON item (warehouse_id);

-- Append-only: what changed, why, and the level it led to.
CREATE TABLE stock_movement (
    id UUID PRIMARY KEY,
    item_id UUID NOT NULL REFERENCES item (id),
    change_type TEXT NOT NULL,
    on_hand_change BIGINT NOT NULL,
    reserved_change BIGINT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    reference TEXT,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT stock_movement_levels CHECK (0 <= reserved AND reserved <= on_hand),
    CONSTRAINT stock_movement_change CHECK (on_hand_change <> 0 OR reserved_change <> 0)
);

CREATE INDEX stock_movement_item ON stock_movement (item_id, id);
CREATE INDEX stock_movement_time ON stock_movement (created_at);

CREATE TABLE reservation (
    id UUID PRIMARY KEY,
    order_id UUID NOT NULL,
    status TEXT NOT NULL,
    expires_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT reservation_order UNIQUE (order_id),
    CONSTRAINT reservation_status
        CHECK (status IN ('PENDING', 'CONFIRMED', 'EXPIRED', 'CANCELLED', 'FULFILLED')),
    CONSTRAINT reservation_expiry CHECK ((status = 'PENDING') = (expires_at IS NOT NULL))
);

CREATE INDEX reservation_due ON reservation (expires_at, order_id) WHERE status = 'PENDING';

CREATE TABLE reservation_line (
    id UUID PRIMARY KEY,
    reservation_id UUID NOT NULL REFERENCES reservation (id),
    order_item_id UUID NOT NULL,
    item_id UUID NOT NULL REFERENCES item (id),
    quantity BIGINT NOT NULL,
    shipped BIGINT NOT NULL,
    CONSTRAINT reservation_line_item UNIQUE (reservation_id, order_item_id, item_id),
    CONSTRAINT reservation_line_quantity CHECK (quantity > 0 AND 0 <= shipped AND shipped <= quantity)
);

CREATE INDEX reservation_line_by_item ON reservation_line (item_id);

-- Shipments that were applied, so that none counts twice. One is forgotten when its order has
-- nothing left that could ship.
CREATE TABLE applied_source (
    source TEXT PRIMARY KEY,
    order_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX applied_source_created_at ON applied_source (created_at);
