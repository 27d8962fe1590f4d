-- One attempt to pay for an order (contracts §6.3).
CREATE TABLE payment (
    id UUID PRIMARY KEY,
    order_id UUID NOT NULL,
    order_number TEXT NOT NULL,
    user_id UUID,
    customer_email TEXT,
    attempt BIGINT NOT NULL,
    status TEXT NOT NULL,
    flow TEXT NOT NULL,
    gateway TEXT NOT NULL,
    capture TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    shipping_minor BIGINT NOT NULL,
    captured_minor BIGINT NOT NULL,
    refund_reserved_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    gateway_intent TEXT,
    gateway_session TEXT,
    method_id TEXT,
    method JSONB,
    next_action JSONB,
    failure JSONB,
    return_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    cancel_reason TEXT,
    -- Money that arrives for a cancelled order goes back by itself.
    order_cancelled BOOLEAN NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT payment_amount CHECK (amount_minor > 0),
    CONSTRAINT payment_captured CHECK (captured_minor BETWEEN 0 AND amount_minor),
    -- The sum of all refunds, done and promised, never exceeds what was captured.
    CONSTRAINT payment_refunds CHECK (refunded_minor BETWEEN 0 AND refund_reserved_minor AND refund_reserved_minor <= captured_minor),
    CONSTRAINT payment_status CHECK (status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED', 'SUCCEEDED',
        'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED')),
    -- A state with money has money, and no other.
    CONSTRAINT payment_paid CHECK ((status IN ('SUCCEEDED', 'PARTIALLY_REFUNDED', 'REFUNDED')) = (captured_minor > 0)),
    CONSTRAINT payment_flow CHECK (flow IN ('CHECKOUT_REDIRECT', 'SAVED_METHOD', 'CLIENT_SDK')),
    CONSTRAINT payment_capture CHECK (capture IN ('AUTOMATIC', 'MANUAL')),
    CONSTRAINT payment_order_id_attempt_key UNIQUE (order_id, attempt)
);
-- At most one payment of an order is under way.
CREATE UNIQUE INDEX payment_open ON payment (order_id)
    WHERE status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED');
CREATE INDEX payment_created ON payment (created_at, id);
CREATE INDEX payment_user ON payment (user_id, created_at, id);
CREATE INDEX payment_intent ON payment (gateway_intent);
-- What the reconciliation asks about.
CREATE INDEX payment_under_way ON payment (id)
    WHERE status IN ('PENDING', 'REQUIRES_ACTION', 'PROCESSING', 'AUTHORIZED');

-- Money that goes back (contracts §6.5).
CREATE TABLE refund (
    id UUID PRIMARY KEY,
    payment_id UUID NOT NULL REFERENCES payment (id),
    order_id UUID NOT NULL,
    user_id UUID,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    notes TEXT,
    -- Whether the request named an amount; a repetition is recognised by what it asked for.
    named_amount BOOLEAN NOT NULL,
    -- The Idempotency-Key it came with, or the key that several paths share; one refund per key.
    request_key TEXT,
    initiated_by JSONB NOT NULL,
    tries BIGINT NOT NULL,
    gateway_refund TEXT,
    refused_gateway_refund TEXT,
    failure_code TEXT,
    processed_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT refund_amount CHECK (amount_minor > 0),
    CONSTRAINT refund_status CHECK (status IN ('PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'MANUAL')),
    CONSTRAINT refund_payment_id_request_key_key UNIQUE (payment_id, request_key)
);
CREATE INDEX refund_created ON refund (created_at, id);
CREATE INDEX refund_payment ON refund (payment_id, created_at);
CREATE INDEX refund_user ON refund (user_id, created_at, id);
CREATE INDEX refund_order ON refund (order_id);
CREATE INDEX refund_unsettled ON refund (id) WHERE status IN ('PENDING', 'PROCESSING');

-- The durable intent before every call of a gateway: stored, then called, then answered.
CREATE TABLE operation (
    id UUID PRIMARY KEY,
    payment_id UUID NOT NULL REFERENCES payment (id),
    refund_id UUID REFERENCES refund (id),
    kind TEXT NOT NULL,
    -- The how manieth of its kind for the payment, or for the refund.
    number BIGINT NOT NULL,
    -- paymentId:operation:attempt, what the gateway recognises a repetition by.
    provider_key TEXT NOT NULL,
    method_id TEXT,
    return_url TEXT,
    amount_minor BIGINT,
    state TEXT NOT NULL,
    outcome TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    CONSTRAINT operation_kind CHECK (kind IN ('create', 'confirm', 'capture', 'cancel', 'refund')),
    CONSTRAINT operation_state CHECK (state IN ('OPEN', 'DONE', 'REFUSED')),
    CONSTRAINT operation_refund CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
    CONSTRAINT operation_provider_key_key UNIQUE (provider_key)
);
-- A payment is changed at the gateway by one call at a time; refunds by one call each.
CREATE UNIQUE INDEX operation_open ON operation (payment_id) WHERE state = 'OPEN' AND refund_id IS NULL;
CREATE UNIQUE INDEX operation_open_refund ON operation (refund_id) WHERE state = 'OPEN';
CREATE INDEX operation_payment ON operation (payment_id, created_at);
CREATE INDEX operation_finished ON operation (finished_at) WHERE finished_at IS NOT NULL;

-- What gateways told us; only a reason to ask, never believed.
CREATE TABLE webhook_event (
    id UUID PRIMARY KEY,
    gateway TEXT NOT NULL,
    provider_event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT webhook_event_gateway_provider_event_id_key UNIQUE (gateway, provider_event_id)
);
CREATE INDEX webhook_event_received ON webhook_event (received_at);
