-- The built-in mailbox: what an SMTP server would have got. A Message-ID arrives once.
CREATE TABLE mail (
    id UUID PRIMARY KEY,
    message_id TEXT NOT NULL,
    notification_id UUID NOT NULL,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_key TEXT NOT NULL,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    plain TEXT NOT NULL,
    source TEXT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT mail_once UNIQUE (message_id)
);
CREATE INDEX mail_newest ON mail (received_at, id);
CREATE INDEX mail_to ON mail (recipient_key, received_at, id);
CREATE INDEX mail_of_notification ON mail (notification_id);
