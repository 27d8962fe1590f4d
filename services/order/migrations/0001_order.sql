-- Orders and everything that belongs to them. `order` is a reserved word, hence the name.
CREATE TABLE customer_order (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    sequence BIGINT NOT NULL CHECK (sequence >= 1),
    order_number TEXT NOT NULL,
    -- 'user:<id>' or 'guest:<digest of the cart token>'; a key of one shopper means nothing for another.
    shopper TEXT NOT NULL,
    idempotency_key TEXT,
    request_digest TEXT,
    user_id UUID,
    customer_email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    customer_name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'REJECTED', 'PENDING_PAYMENT', 'PAYMENT_PROCESSING',
        'PAYMENT_FAILED', 'CONFIRMED', 'PROCESSING', 'ON_HOLD', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED',
        'COMPLETED', 'RETURNED', 'CANCELLED')),
    payment_status TEXT NOT NULL CHECK (payment_status IN ('UNPAID', 'PENDING', 'AUTHORIZED', 'PAID',
        'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'VOIDED')),
    currency TEXT NOT NULL,
    subtotal_minor BIGINT NOT NULL CHECK (subtotal_minor >= 0),
    discount_minor BIGINT NOT NULL CHECK (discount_minor >= 0),
    tax_minor BIGINT NOT NULL CHECK (tax_minor >= 0),
    shipping_minor BIGINT NOT NULL CHECK (shipping_minor >= 0),
    total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
    refunded_minor BIGINT NOT NULL CHECK (refunded_minor >= 0),
    tax_included BOOLEAN NOT NULL,
    explanation JSONB NOT NULL,
    coupons JSONB NOT NULL,
    shipping_method TEXT NOT NULL,
    shipping_address JSONB NOT NULL,
    shipping_address_id UUID,
    billing_address JSONB NOT NULL,
    customer_notes TEXT,
    cart_id UUID,
    cart_version BIGINT,
    reservation_id UUID,
    payment_deadline TIMESTAMPTZ,
    paid_by UUID,
    cancellation TEXT,
    cancellation_notes TEXT,
    flags JSONB NOT NULL,
    -- The UTC day of created_at, for statistics.
    order_day TEXT NOT NULL,
    placed_at TIMESTAMPTZ,
    delivered_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT discount_within_subtotal CHECK (discount_minor <= subtotal_minor),
    CONSTRAINT refund_within_total CHECK (refunded_minor <= total_minor),
    CONSTRAINT total_adds_up CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor
        + CASE WHEN tax_included THEN 0 ELSE tax_minor END),
    CONSTRAINT priced_before_paid CHECK (status IN ('PENDING', 'REJECTED')
        OR (cart_id IS NOT NULL AND payment_deadline IS NOT NULL)),
    CONSTRAINT cancelled_for_a_reason CHECK (status <> 'CANCELLED' OR cancellation IS NOT NULL)
);

CREATE UNIQUE INDEX customer_order_number ON customer_order (order_number);
CREATE UNIQUE INDEX customer_order_key ON customer_order (shopper, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX customer_order_of_user ON customer_order (user_id, created_at, id);
CREATE INDEX customer_order_by_time ON customer_order (created_at, id);
CREATE INDEX customer_order_by_status ON customer_order (status, updated_at);
CREATE INDEX customer_order_of_guest ON customer_order (email_key) WHERE user_id IS NULL;
CREATE INDEX customer_order_address ON customer_order (shipping_address_id) WHERE shipping_address_id IS NOT NULL;

CREATE TABLE order_line (
    id UUID PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES customer_order (id),
    position BIGINT NOT NULL,
    product_id UUID NOT NULL,
    variant_id UUID,
    sku TEXT NOT NULL,
    product_name TEXT NOT NULL,
    attributes JSONB NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity >= 1),
    list_minor BIGINT NOT NULL CHECK (list_minor >= 0),
    unit_minor BIGINT NOT NULL CHECK (unit_minor >= 0),
    discount_minor BIGINT NOT NULL CHECK (discount_minor >= 0),
    tax_minor BIGINT NOT NULL CHECK (tax_minor >= 0),
    total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
    tax_class TEXT NOT NULL,
    weight_grams BIGINT NOT NULL CHECK (weight_grams >= 0),
    shipped BIGINT NOT NULL CHECK (shipped >= 0),
    CONSTRAINT shipped_within_quantity CHECK (shipped <= quantity),
    CONSTRAINT line_discount_within_price CHECK (discount_minor <= unit_minor * quantity)
);

CREATE UNIQUE INDEX order_line_position ON order_line (order_id, position);

CREATE TABLE order_history (
    order_id UUID NOT NULL REFERENCES customer_order (id),
    sequence BIGINT NOT NULL,
    previous_status TEXT,
    new_status TEXT NOT NULL,
    reason TEXT,
    initiated_by JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, sequence)
);

-- The payment service's attempts as it last told of them.
CREATE TABLE order_payment (
    payment_id UUID PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES customer_order (id),
    payment_version BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    status TEXT NOT NULL,
    next_action JSONB,
    details JSONB,
    failure TEXT,
    give_back BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX order_payment_of_order ON order_payment (order_id);

-- Refunds booked on an order; the key keeps one from being booked twice.
CREATE TABLE order_refund (
    refund_id UUID PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES customer_order (id),
    payment_id UUID NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX order_refund_of_payment ON order_refund (payment_id);

CREATE TABLE shipment (
    id UUID PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES customer_order (id),
    status TEXT NOT NULL,
    carrier TEXT NOT NULL,
    tracking_number TEXT NOT NULL,
    tracking_url TEXT,
    estimated_delivery TEXT,
    recipient TEXT,
    shipped_at TIMESTAMPTZ NOT NULL,
    delivered_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX shipment_of_order ON shipment (order_id);

CREATE TABLE shipment_line (
    shipment_id UUID NOT NULL REFERENCES shipment (id),
    order_line_id UUID NOT NULL REFERENCES order_line (id),
    quantity BIGINT NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (shipment_id, order_line_id)
);

-- The checkout of each order (contracts §7).
CREATE TABLE sagas (
    order_id UUID PRIMARY KEY REFERENCES customer_order (id),
    step TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('RUNNING', 'WAITING', 'DONE')),
    attempts BIGINT NOT NULL CHECK (attempts >= 0),
    next_run_at TIMESTAMPTZ NOT NULL,
    data JSONB NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX sagas_due ON sagas (state, next_run_at);

-- What the user service tells of customers and their addresses.
CREATE TABLE customer (
    user_id UUID PRIMARY KEY,
    user_version BIGINT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE customer_address (
    address_id UUID PRIMARY KEY,
    user_id UUID NOT NULL,
    user_version BIGINT NOT NULL,
    address JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX customer_address_of_user ON customer_address (user_id);

-- Tax and shipping. `tariff` has one row, whose version guards all four tables.
CREATE TABLE tariff (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE tax_zone (
    code TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    prices_include_tax BOOLEAN NOT NULL,
    areas JSONB NOT NULL
);

CREATE TABLE tax_rate (
    zone TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    rate_ppm BIGINT NOT NULL CHECK (rate_ppm >= 0 AND rate_ppm <= 1000000),
    PRIMARY KEY (zone, tax_class, name)
);

CREATE TABLE shipping_rate (
    zone TEXT NOT NULL,
    method TEXT NOT NULL,
    currency TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    flat_minor BIGINT NOT NULL CHECK (flat_minor >= 0),
    per_kg_minor BIGINT CHECK (per_kg_minor >= 0),
    free_from_minor BIGINT CHECK (free_from_minor >= 0),
    tax_class TEXT NOT NULL,
    min_days BIGINT NOT NULL CHECK (min_days >= 0),
    max_days BIGINT NOT NULL,
    PRIMARY KEY (zone, method, currency),
    CONSTRAINT days_in_order CHECK (max_days >= min_days)
);
