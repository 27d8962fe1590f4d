-- Double entry. An unbalanced transaction cannot be committed: its entries form a ring in which
-- each one continues the running sum of the one before, and the first, which starts at nothing,
-- comes after the last. So if one entry is there, all entry_count of them are, and the last one
-- ends at nothing. Only foreign keys and checks are needed, the same on both engines.
CREATE TABLE ledger_account (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    CONSTRAINT ledger_account_kind CHECK (kind IN ('ASSET', 'LIABILITY', 'INCOME', 'EXPENSE'))
);
INSERT INTO ledger_account (name, kind) VALUES
    ('receivable', 'ASSET'), ('cash', 'ASSET'), ('revenue', 'INCOME'), ('tax', 'LIABILITY'),
    ('shipping', 'INCOME'), ('discount', 'EXPENSE'), ('refunds', 'EXPENSE'), ('fees', 'EXPENSE');

CREATE TABLE ledger_transaction (
    id UUID PRIMARY KEY,
    -- Nothing is booked twice.
    business_key TEXT NOT NULL,
    payment_id UUID NOT NULL REFERENCES payment (id),
    refund_id UUID REFERENCES refund (id),
    currency TEXT NOT NULL,
    entry_count BIGINT NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT ledger_transaction_entry_count CHECK (entry_count >= 2),
    CONSTRAINT ledger_transaction_business_key_key UNIQUE (business_key),
    CONSTRAINT ledger_transaction_shape UNIQUE (id, currency, entry_count)
);
CREATE INDEX ledger_transaction_payment ON ledger_transaction (payment_id, posted_at);

CREATE TABLE ledger_entry (
    transaction_id UUID NOT NULL,
    position BIGINT NOT NULL,
    entry_count BIGINT NOT NULL,
    currency TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES ledger_account (name),
    -- Debits are positive, credits negative.
    amount_minor BIGINT NOT NULL,
    before_minor BIGINT NOT NULL,
    after_minor BIGINT NOT NULL,
    previous_position BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, position),
    CONSTRAINT ledger_entry_ring_end UNIQUE (transaction_id, position, after_minor),
    CONSTRAINT ledger_entry_amount CHECK (amount_minor <> 0),
    CONSTRAINT ledger_entry_position CHECK (position BETWEEN 1 AND entry_count),
    CONSTRAINT ledger_entry_start CHECK (position > 1 OR before_minor = 0),
    CONSTRAINT ledger_entry_sum CHECK (after_minor = before_minor + amount_minor),
    CONSTRAINT ledger_entry_previous CHECK (previous_position = CASE WHEN position = 1 THEN entry_count ELSE position - 1 END),
    CONSTRAINT ledger_entry_transaction FOREIGN KEY (transaction_id, currency, entry_count)
        REFERENCES ledger_transaction (id, currency, entry_count),
    CONSTRAINT ledger_entry_ring FOREIGN KEY (transaction_id, previous_position, before_minor)
        REFERENCES ledger_entry (transaction_id, position, after_minor)
);
CREATE INDEX ledger_entry_account ON ledger_entry (account);
