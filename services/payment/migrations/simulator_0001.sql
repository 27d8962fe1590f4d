-- The books of the payment simulator. They belong to it alone: the service reads them only by
-- asking the simulator, as it would ask a provider on the other side of the world.
CREATE TABLE intent (
    id TEXT PRIMARY KEY,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    capture_method TEXT NOT NULL,
    status TEXT NOT NULL,
    client_secret TEXT NOT NULL,
    method TEXT,
    refusal JSONB,
    return_url TEXT,
    description TEXT NOT NULL,
    order_id UUID,
    payment_id UUID,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT intent_amount CHECK (amount_minor > 0),
    CONSTRAINT intent_status CHECK (status IN ('requires_payment_method', 'requires_action', 'processing',
        'requires_capture', 'succeeded', 'canceled'))
);
CREATE INDEX intent_payment ON intent (payment_id);

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    intent_id TEXT NOT NULL REFERENCES intent (id),
    status TEXT NOT NULL,
    success_url TEXT NOT NULL,
    cancel_url TEXT NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT session_status CHECK (status IN ('open', 'complete', 'expired')),
    CONSTRAINT session_intent_id_key UNIQUE (intent_id)
);

CREATE TABLE charge (
    id TEXT PRIMARY KEY,
    intent_id TEXT NOT NULL REFERENCES intent (id),
    method TEXT NOT NULL,
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    captured_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    fee_minor BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT charge_status CHECK (status IN ('succeeded', 'failed')),
    CONSTRAINT charge_captured CHECK (captured_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT charge_refunded CHECK (refunded_minor BETWEEN 0 AND captured_minor)
);
-- An intent takes money once.
CREATE UNIQUE INDEX charge_succeeded ON charge (intent_id) WHERE status = 'succeeded';
CREATE INDEX charge_created ON charge (created_at, id);

CREATE TABLE refund (
    id TEXT PRIMARY KEY,
    charge_id TEXT NOT NULL REFERENCES charge (id),
    status TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    failure_code TEXT,
    refund_id UUID,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT refund_amount CHECK (amount_minor > 0),
    CONSTRAINT refund_status CHECK (status IN ('pending', 'succeeded', 'failed'))
);
CREATE INDEX refund_charge ON refund (charge_id);
CREATE INDEX refund_ours ON refund (refund_id);

-- Idempotency keys and the answers they got.
CREATE TABLE request (
    key TEXT PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    answer JSONB,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX request_created ON request (created_at);

-- What is to happen later: webhooks to deliver, delayed decisions, pages that end.
CREATE TABLE work (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    event_id TEXT,
    event_type TEXT,
    due_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT work_kind CHECK (kind IN ('deliver', 'settle', 'settle-refund', 'expire'))
);
CREATE INDEX work_due ON work (due_at);
