-- The catalogue: categories, products with their variants, prices and pictures, and what was
-- heard of their stock.

-- One row that whoever changes the tree of categories touches first, so that changes of the tree
-- come one after another; its revision tells other processes that the tree changed.
CREATE TABLE category_tree (
    id BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    CONSTRAINT category_tree_one CHECK (id = 1)
);
INSERT INTO category_tree (id, revision) VALUES (1, 1);

CREATE TABLE category (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The name folded: unique under a parent.
    name_key TEXT NOT NULL,
    -- The parent's id as text, or 'top': NULLs would not be unique.
    parent_key TEXT NOT NULL,
    description TEXT,
    parent_id UUID REFERENCES category (id),
    metadata JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT category_slug UNIQUE (slug),
    CONSTRAINT category_name UNIQUE (parent_key, name_key),
    CONSTRAINT category_version CHECK (version >= 1),
    CONSTRAINT category_not_own_parent CHECK (parent_id <> id)
);

CREATE INDEX category_parent ON category (parent_id);

CREATE TABLE product (
    id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    brand TEXT,
    status TEXT NOT NULL,
    tags JSONB NOT NULL,
    options JSONB NOT NULL,
    attributes JSONB NOT NULL,
    is_hazardous_material BOOLEAN NOT NULL,
    country_of_origin TEXT,
    metadata JSONB NOT NULL,
    rating_hundredths BIGINT NOT NULL,
    rating_count BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    -- When its answer last changed for any reason, also stock or the name of a category: other
    -- processes read again what was touched since they last looked.
    touched_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT product_slug UNIQUE (slug),
    CONSTRAINT product_version CHECK (version >= 1),
    CONSTRAINT product_status CHECK (status IN ('DRAFT', 'ACTIVE', 'INACTIVE', 'DISCONTINUED', 'ARCHIVED')),
    CONSTRAINT product_rating CHECK (rating_count >= 0 AND rating_hundredths >= 0 AND rating_hundredths <= 500)
);

CREATE INDEX product_touched ON product (touched_at);

CREATE TABLE product_category (
    product_id UUID NOT NULL REFERENCES product (id),
    category_id UUID NOT NULL REFERENCES category (id),
    position BIGINT NOT NULL,
    PRIMARY KEY (product_id, category_id)
);

CREATE INDEX product_category_category ON product_category (category_id);

CREATE TABLE variant (
    id UUID PRIMARY KEY,
    product_id UUID NOT NULL REFERENCES product (id),
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes JSONB NOT NULL,
    weight_grams BIGINT,
    barcode TEXT,
    position BIGINT NOT NULL,
    metadata JSONB NOT NULL,
    CONSTRAINT variant_sku UNIQUE (sku),
    CONSTRAINT variant_weight CHECK (weight_grams >= 0)
);

CREATE INDEX variant_product ON variant (product_id);

CREATE TABLE price (
    variant_id UUID NOT NULL REFERENCES variant (id),
    currency TEXT NOT NULL,
    -- Order within the currency: by start, then as set.
    position BIGINT NOT NULL,
    base_minor BIGINT NOT NULL,
    sale_minor BIGINT,
    effective_from TIMESTAMPTZ NOT NULL,
    effective_until TIMESTAMPTZ,
    tax_class TEXT NOT NULL,
    -- Whether it is the one others were last told of.
    shown BOOLEAN NOT NULL,
    PRIMARY KEY (variant_id, currency, position),
    CONSTRAINT price_amounts CHECK (base_minor >= 0 AND (sale_minor IS NULL OR (sale_minor >= 0 AND sale_minor < base_minor))),
    CONSTRAINT price_time CHECK (effective_until IS NULL OR effective_until > effective_from)
);

CREATE UNIQUE INDEX price_shown ON price (variant_id, currency) WHERE shown;

CREATE TABLE image (
    id UUID PRIMARY KEY,
    product_id UUID NOT NULL REFERENCES product (id),
    -- Either the address elsewhere, or the format of our own files.
    url TEXT,
    format TEXT,
    alt TEXT,
    position BIGINT NOT NULL,
    CONSTRAINT image_source CHECK ((url IS NULL) <> (format IS NULL)),
    CONSTRAINT image_format CHECK (format IS NULL OR format IN ('jpg', 'png', 'svg'))
);

CREATE INDEX image_product ON image (product_id);

-- What the inventory's messages said; it holds no stock.
CREATE TABLE stock_item (
    id UUID PRIMARY KEY,
    variant_id UUID NOT NULL,
    version BIGINT NOT NULL,
    available BIGINT NOT NULL,
    on_hand BIGINT NOT NULL,
    threshold BIGINT
);

CREATE INDEX stock_item_variant ON stock_item (variant_id);

CREATE TABLE stock_mark (
    variant_id UUID PRIMARY KEY,
    sold_out BOOLEAN NOT NULL,
    said_at TIMESTAMPTZ NOT NULL,
    item_id UUID,
    quantity BIGINT NOT NULL
);
