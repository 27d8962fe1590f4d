-- What the notification service tells: the switches customers have set. What is not here is as it
-- was at the beginning. settings_version and changed_at are those of the newest message applied.
CREATE TABLE preference (
    user_id UUID NOT NULL REFERENCES account (id),
    channel TEXT NOT NULL CHECK (channel IN ('EMAIL', 'SMS', 'PUSH', 'ALL')),
    category TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    settings_version BIGINT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, channel, category)
);

-- Append-only: what customers said about being written to, and where they said it.
CREATE TABLE consent (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id),
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    granted BOOLEAN NOT NULL,
    source TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX consent_user ON consent (user_id, at, id);

-- An address at which mail does not arrive or is not wanted. A new address of the account is none.
CREATE TABLE undeliverable (
    user_id UUID PRIMARY KEY REFERENCES account (id),
    email_key TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('BOUNCED', 'SPAM_COMPLAINT')),
    at TIMESTAMPTZ NOT NULL
);
