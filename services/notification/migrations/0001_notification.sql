-- Copy of what the user service says about people: how to reach them, and whether one may.
-- version and status_version are the aggregateVersion of the newest event applied to that part.
CREATE TABLE contact (
    user_id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    status_version BIGINT NOT NULL,
    email TEXT NOT NULL,
    email_verified BOOLEAN NOT NULL,
    first_name TEXT,
    last_name TEXT,
    phone_number TEXT,
    locale TEXT NOT NULL,
    timezone TEXT NOT NULL,
    marketing_consent BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    erased BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT contact_erased CHECK (NOT erased OR (email = '' AND first_name IS NULL AND last_name IS NULL))
);

-- What customers want to be told. No row means the defaults.
CREATE TABLE settings (
    user_id UUID PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    email_enabled BOOLEAN NOT NULL,
    sms_enabled BOOLEAN NOT NULL,
    push_enabled BOOLEAN NOT NULL,
    categories JSONB NOT NULL,
    quiet_hours JSONB,
    locale TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Addresses that mail must not be sent to any more, as keyed digest.
CREATE TABLE suppression (
    address_key TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    notification_id UUID,
    created_at TIMESTAMPTZ NOT NULL
);

-- One mail to one recipient. trigger_id is the messageId of the event, or stands for the call
-- that asked for it. Address, name, title and context are personal and forgotten first.
CREATE TABLE notification (
    id UUID PRIMARY KEY,
    trigger_id UUID NOT NULL,
    event_id UUID,
    template TEXT NOT NULL,
    category TEXT NOT NULL,
    user_id UUID,
    address TEXT,
    address_key TEXT,
    masked TEXT NOT NULL,
    name TEXT,
    recipient_key TEXT NOT NULL,
    locale TEXT,
    claim_id UUID,
    order_id UUID,
    link TEXT,
    title TEXT,
    context JSONB,
    fingerprint TEXT NOT NULL,
    message_id TEXT NOT NULL,
    resend_of UUID,
    in_app BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    attempts BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ,
    lease UUID,
    leased_until TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    read_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT notification_once UNIQUE (trigger_id, template, recipient_key),
    CONSTRAINT notification_message_id UNIQUE (message_id),
    CONSTRAINT notification_sending CHECK ((status = 'SENDING') = (lease IS NOT NULL AND leased_until IS NOT NULL)),
    CONSTRAINT notification_sent CHECK (status <> 'SENT' OR sent_at IS NOT NULL),
    CONSTRAINT notification_waits CHECK (status NOT IN ('QUEUED', 'SCHEDULED') OR next_attempt_at IS NOT NULL)
);
CREATE INDEX notification_of_user ON notification (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX notification_of_address ON notification (address_key, category, sent_at);
CREATE INDEX notification_log ON notification (created_at, id);
CREATE INDEX notification_of_event ON notification (event_id, template) WHERE event_id IS NOT NULL;
CREATE INDEX notification_open ON notification (status, next_attempt_at) WHERE status IN ('QUEUED', 'SCHEDULED', 'SENDING');

-- One time the provider was asked; written before it is asked.
CREATE TABLE attempt (
    notification_id UUID NOT NULL REFERENCES notification (id) ON DELETE CASCADE,
    number BIGINT NOT NULL CHECK (number >= 1),
    provider TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome TEXT NOT NULL CHECK (outcome IN ('UNKNOWN', 'ACCEPTED', 'REJECTED', 'RETRY')),
    code TEXT,
    PRIMARY KEY (notification_id, number)
);
CREATE UNIQUE INDEX attempt_accepted ON attempt (notification_id) WHERE outcome = 'ACCEPTED';
