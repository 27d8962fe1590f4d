-- Messages on their way out, written in the transaction of the change they tell of.
CREATE TABLE outbox (
    id UUID PRIMARY KEY,
    message_id UUID NOT NULL UNIQUE,
    message_type TEXT NOT NULL,
    message_version TEXT NOT NULL,
    source_service TEXT NOT NULL,
    exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    reply_to TEXT,
    partition_key TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    causation_id TEXT,
    traceparent TEXT,
    payload JSONB NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ NOT NULL,
    last_error TEXT,
    published_at TIMESTAMPTZ
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX outbox_failing ON outbox (partition_key, id) WHERE published_at IS NULL AND attempts > 0;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Messages whose effect is committed; a second delivery finds its row here.
CREATE TABLE inbox (
    consumer TEXT NOT NULL,
    message_id UUID NOT NULL,
    message_type TEXT NOT NULL,
    processed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
CREATE INDEX inbox_processed ON inbox (processed_at);

-- The queues of the in-process broker. A row with dead_at is a dead letter.
CREATE TABLE queue_message (
    id UUID PRIMARY KEY,
    queue TEXT NOT NULL,
    message_id UUID NOT NULL,
    exchange TEXT NOT NULL,
    routing_key TEXT NOT NULL,
    partition_key TEXT NOT NULL,
    causation_id TEXT,
    traceparent TEXT,
    reply_to TEXT,
    body BYTEA NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    crashes BIGINT NOT NULL DEFAULT 0 CHECK (crashes >= 0),
    next_attempt_at TIMESTAMPTZ NOT NULL,
    last_error TEXT,
    dead_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT queue_message_once UNIQUE (queue, message_id)
);
CREATE INDEX queue_message_due ON queue_message (queue, next_attempt_at, id) WHERE dead_at IS NULL;
CREATE INDEX queue_message_dead ON queue_message (queue, id) WHERE dead_at IS NOT NULL;

-- Durable work for later. version counts how often it was scheduled, claim tells who runs it.
CREATE TABLE task (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload JSONB NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    run_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    claim UUID,
    leased_until TIMESTAMPTZ,
    last_error TEXT,
    parked_at TIMESTAMPTZ,
    correlation_id TEXT NOT NULL,
    causation_id TEXT,
    traceparent TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT task_once UNIQUE (kind, key)
);
CREATE INDEX task_due ON task (run_at) WHERE parked_at IS NULL AND leased_until IS NULL;
CREATE INDEX task_leased ON task (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX task_parked ON task (parked_at) WHERE parked_at IS NOT NULL;

-- Which process does what only one may do: relay the outbox, work on a queue.
CREATE TABLE event_lease (
    name TEXT PRIMARY KEY,
    owner UUID NOT NULL,
    held_until TIMESTAMPTZ NOT NULL
);
