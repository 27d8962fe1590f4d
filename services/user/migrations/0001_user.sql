CREATE TABLE account (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    email_verified BOOLEAN NOT NULL,
    pending_email TEXT,
    password_hash TEXT,
    status TEXT NOT NULL
        CHECK (status IN ('PENDING_VERIFICATION', 'ACTIVE', 'LOCKED', 'SUSPENDED', 'DEACTIVATED', 'DELETED')),
    locked_until TIMESTAMPTZ,
    deactivation TEXT CHECK (deactivation IN ('USER_REQUESTED', 'ADMIN', 'FRAUD', 'INACTIVITY', 'LEGAL')),
    source TEXT NOT NULL
        CHECK (source IN ('DIRECT', 'ADMIN', 'COMMAND', 'GOOGLE', 'APPLE', 'FACEBOOK', 'GITHUB')),
    permission_version BIGINT NOT NULL CHECK (permission_version >= 1),
    profile_id UUID NOT NULL,
    username TEXT,
    username_key TEXT,
    first_name TEXT,
    last_name TEXT,
    display_name TEXT,
    phone_number TEXT,
    date_of_birth TEXT,
    bio TEXT,
    picture_url TEXT,
    locale TEXT NOT NULL,
    timezone TEXT NOT NULL,
    preferences JSONB NOT NULL,
    marketing_granted BOOLEAN NOT NULL,
    marketing_at TIMESTAMPTZ,
    marketing_source TEXT,
    search_text TEXT NOT NULL,
    last_login_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT account_lock_has_an_end CHECK ((status = 'LOCKED') = (locked_until IS NOT NULL)),
    CONSTRAINT account_closed_for_a_reason CHECK ((status = 'DEACTIVATED') = (deactivation IS NOT NULL)),
    CONSTRAINT account_username_has_key CHECK ((username IS NULL) = (username_key IS NULL))
);
CREATE UNIQUE INDEX account_email ON account (email_key);
CREATE UNIQUE INDEX account_username ON account (username_key);
CREATE INDEX account_created ON account (created_at, id);

-- Failed logins per typed address (HMAC), whether an account has it or not.
CREATE TABLE login_throttle (
    address_hash BYTEA PRIMARY KEY,
    failures BIGINT NOT NULL CHECK (failures >= 1),
    last_failure_at TIMESTAMPTZ NOT NULL,
    locked_until TIMESTAMPTZ
);
CREATE INDEX login_throttle_age ON login_throttle (last_failure_at);

-- Which typed addresses failed from which network: many of them are a list of stolen passwords being tried.
CREATE TABLE login_source (
    network TEXT NOT NULL,
    address_hash BYTEA NOT NULL,
    failed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (network, address_hash)
);
CREATE INDEX login_source_age ON login_source (failed_at);

CREATE TABLE login_block (
    network TEXT PRIMARY KEY,
    blocked_until TIMESTAMPTZ NOT NULL
);

-- A family of refresh tokens; only the newest token's hash is stored.
CREATE TABLE session (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id),
    nonce BYTEA NOT NULL,
    generation BIGINT NOT NULL CHECK (generation >= 1),
    token_hash BYTEA NOT NULL,
    rotated_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    device_name TEXT,
    user_agent TEXT,
    ip_address TEXT,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_end ON session (expires_at);

CREATE TABLE known_device (
    user_id UUID NOT NULL REFERENCES account (id),
    device_hash BYTEA NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, device_hash)
);
CREATE INDEX known_device_age ON known_device (last_seen_at);

-- One-time links: id, expiry and used-mark only; the secret is derived (contracts §3.3).
CREATE TABLE secret_claim (
    id UUID PRIMARY KEY,
    purpose TEXT NOT NULL
        CHECK (purpose IN ('email-verification', 'password-reset', 'set-password', 'reactivation', 'first-admin')),
    user_id UUID REFERENCES account (id),
    email TEXT,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT secret_claim_has_an_owner CHECK ((purpose = 'first-admin') = (user_id IS NULL))
);
CREATE INDEX secret_claim_user ON secret_claim (user_id);
CREATE INDEX secret_claim_end ON secret_claim (expires_at);

CREATE TABLE address (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id),
    address_type TEXT NOT NULL CHECK (address_type IN ('SHIPPING', 'BILLING', 'HOME', 'WORK')),
    is_default_shipping BOOLEAN NOT NULL,
    is_default_billing BOOLEAN NOT NULL,
    address JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX address_user ON address (user_id, id);
CREATE UNIQUE INDEX address_default_shipping ON address (user_id) WHERE is_default_shipping;
CREATE UNIQUE INDEX address_default_billing ON address (user_id) WHERE is_default_billing;

CREATE TABLE role (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    name TEXT NOT NULL,
    system BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX role_name ON role (name);

CREATE TABLE role_permission (
    role_id UUID NOT NULL REFERENCES role (id),
    permission TEXT NOT NULL,
    PRIMARY KEY (role_id, permission)
);

CREATE TABLE user_role (
    user_id UUID NOT NULL REFERENCES account (id),
    role_id UUID NOT NULL REFERENCES role (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_role_role ON user_role (role_id);

CREATE TABLE history (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    summary TEXT NOT NULL,
    ref_id TEXT,
    actor JSONB NOT NULL
);
CREATE INDEX history_user ON history (user_id, at, id);

-- What the order service tells of a customer's orders; the sums are taken when asked for.
CREATE TABLE customer_order (
    order_id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id),
    total_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    placed_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ
);
CREATE INDEX customer_order_user ON customer_order (user_id);

CREATE TABLE payment_failure (
    payment_id UUID NOT NULL,
    attempt BIGINT NOT NULL,
    user_id UUID NOT NULL REFERENCES account (id),
    failed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (payment_id, attempt)
);
CREATE INDEX payment_failure_user ON payment_failure (user_id, failed_at);

CREATE TABLE risk_flag (
    user_id UUID NOT NULL REFERENCES account (id),
    flag TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, flag)
);

-- Signing keys, sealed with a key of the installation.
CREATE TABLE signing_key (
    kid TEXT PRIMARY KEY,
    sealed BYTEA NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    activated_at TIMESTAMPTZ,
    retired_at TIMESTAMPTZ
);
