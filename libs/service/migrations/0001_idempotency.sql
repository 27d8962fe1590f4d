-- Requests with an Idempotency-Key: reserved before the work, with the answer after it.
CREATE TABLE idempotency (
    id BYTEA PRIMARY KEY,
    request_hash BYTEA NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    status BIGINT,
    headers JSONB,
    body BYTEA,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CHECK (status IS NULL OR status BETWEEN 100 AND 599)
);

CREATE INDEX idempotency_expires_at ON idempotency (expires_at);
