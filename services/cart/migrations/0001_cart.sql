-- Carts. A shopper has at most one that is not over; a new one begins when it is.

CREATE TABLE cart (
    id UUID PRIMARY KEY,
    user_id UUID,
    guest_id UUID,
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    -- The order that holds it or that it became, and what that order was given.
    order_id UUID,
    snapshot JSONB,
    locked_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    -- When the owner last did something.
    active_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT cart_owner CHECK ((user_id IS NULL) <> (guest_id IS NULL)),
    CONSTRAINT cart_status
        CHECK (status IN ('ACTIVE', 'LOCKED', 'CONVERTED', 'ABANDONED', 'EXPIRED', 'MERGED')),
    CONSTRAINT cart_lock CHECK ((status = 'LOCKED') = (locked_at IS NOT NULL)),
    CONSTRAINT cart_order CHECK (status NOT IN ('LOCKED', 'CONVERTED') OR order_id IS NOT NULL)
);

CREATE UNIQUE INDEX cart_of_user ON cart (user_id) WHERE status IN ('ACTIVE', 'ABANDONED', 'LOCKED');
CREATE UNIQUE INDEX cart_of_guest ON cart (guest_id) WHERE status IN ('ACTIVE', 'ABANDONED', 'LOCKED');
CREATE UNIQUE INDEX cart_of_order ON cart (order_id);
CREATE INDEX cart_active_at ON cart (status, active_at);
CREATE INDEX cart_over ON cart (status, updated_at) WHERE status IN ('CONVERTED', 'EXPIRED', 'MERGED');
CREATE INDEX cart_locked_at ON cart (locked_at) WHERE locked_at IS NOT NULL;

CREATE TABLE cart_line (
    id UUID PRIMARY KEY,
    cart_id UUID NOT NULL REFERENCES cart (id) ON DELETE CASCADE,
    product_id UUID NOT NULL,
    variant_id UUID,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    -- Minor units of the cart's currency.
    unit_price_minor BIGINT NOT NULL,
    -- The price the shopper last agreed to, if it is another one now.
    previous_price_minor BIGINT,
    available BOOLEAN NOT NULL,
    priced_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT cart_line_variant UNIQUE (cart_id, product_id, variant_id),
    CONSTRAINT cart_line_quantity CHECK (1 <= quantity AND quantity <= 99),
    CONSTRAINT cart_line_price CHECK (unit_price_minor >= 0)
);

CREATE INDEX cart_line_product ON cart_line (product_id, variant_id);
