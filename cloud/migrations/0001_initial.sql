-- Version 1. Amounts are integer minor units; times are UTC; what is said to be JSON is kept as its text.
-- {moment} and {counted} are the two kinds of column that SQLite and PostgreSQL spell each in its own way.

-- How far these files have come: one row.

CREATE TABLE hub_schema (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);

-- What ingest writes: every fact once, the streams' stands, and what could not be taken in.

CREATE TABLE fact (
    edge_id VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    uid VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (edge_id, epoch, seq),
    UNIQUE (uid)
);

CREATE TABLE fact_alias (
    edge_id VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    uid VARCHAR NOT NULL,
    body VARCHAR NOT NULL,
    PRIMARY KEY (edge_id, epoch, seq)
);
CREATE INDEX ix_fact_alias_uid ON fact_alias (uid);

CREATE TABLE stream (
    edge_id VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    shard INTEGER NOT NULL,
    high BIGINT NOT NULL,
    chain VARCHAR NOT NULL,
    is_frozen BOOLEAN NOT NULL,
    is_chain_equal BOOLEAN,
    opened_at {moment} NOT NULL,
    moved_at {moment} NOT NULL,
    PRIMARY KEY (edge_id, epoch)
);
CREATE INDEX ix_stream_shard ON stream (shard);

CREATE TABLE edge (
    edge_id VARCHAR NOT NULL,
    shard INTEGER NOT NULL,
    location_id VARCHAR NOT NULL,
    location_name VARCHAR NOT NULL,
    software VARCHAR NOT NULL,
    public_key VARCHAR NOT NULL,
    capabilities VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    boot VARCHAR NOT NULL,
    past_boots VARCHAR NOT NULL,
    doubled_at {moment},
    box_high BIGINT NOT NULL,
    is_connected BOOLEAN NOT NULL,
    connected_at {moment},
    last_seen {moment} NOT NULL,
    clock_skew_s FLOAT,
    health VARCHAR NOT NULL,
    health_at {moment},
    PRIMARY KEY (edge_id)
);
CREATE INDEX ix_edge_shard ON edge (shard);

CREATE TABLE quarantined (
    digest VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    uid VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    payload VARCHAR NOT NULL,
    size_bytes INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_at {moment} NOT NULL,
    last_at {moment} NOT NULL,
    PRIMARY KEY (digest)
);
CREATE INDEX ix_quarantined_edge_id ON quarantined (edge_id);

CREATE TABLE alarm (
    edge_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    count INTEGER NOT NULL,
    first_at {moment} NOT NULL,
    last_at {moment} NOT NULL,
    PRIMARY KEY (edge_id, key)
);

CREATE TABLE shard_lease (
    shard INTEGER NOT NULL,
    worker VARCHAR NOT NULL,
    until_s FLOAT NOT NULL,
    PRIMARY KEY (shard)
);

CREATE TABLE hub_worker (
    worker VARCHAR NOT NULL,
    seen_until_s FLOAT NOT NULL,
    PRIMARY KEY (worker)
);

CREATE TABLE projection_cursor (
    edge_id VARCHAR NOT NULL,
    epoch VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (edge_id, epoch)
);

-- Sales and returns. `position` is the order of arrival at the hub.

CREATE TABLE sale (
    position {counted} NOT NULL,
    sale_id VARCHAR NOT NULL,
    uid VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    location_id VARCHAR NOT NULL,
    workstation_id VARCHAR NOT NULL,
    shift_id VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    receipt_number BIGINT NOT NULL,
    business_date VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    currency VARCHAR NOT NULL,
    total_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    rounding_minor BIGINT NOT NULL,
    PRIMARY KEY (position),
    UNIQUE (sale_id)
);
CREATE INDEX ix_sale_business_date ON sale (business_date);
CREATE INDEX ix_sale_edge_id ON sale (edge_id);
CREATE INDEX ix_sale_location_id ON sale (location_id);
CREATE INDEX ix_sale_occurred_at ON sale (occurred_at);
CREATE INDEX ix_sale_shift_id ON sale (shift_id);

CREATE TABLE sale_line (
    sale_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    sku VARCHAR NOT NULL,
    gtin VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    tax_group VARCHAR NOT NULL,
    rate_bp INTEGER NOT NULL,
    tax_minor BIGINT NOT NULL,
    entry_method VARCHAR NOT NULL,
    price_version BIGINT NOT NULL,
    lot VARCHAR NOT NULL,
    PRIMARY KEY (sale_id, line)
);
CREATE INDEX ix_sale_line_sku ON sale_line (sku);

CREATE TABLE sale_tax (
    sale_id VARCHAR NOT NULL,
    tax_group VARCHAR NOT NULL,
    rate_bp INTEGER NOT NULL,
    gross_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    PRIMARY KEY (sale_id, tax_group, rate_bp)
);

CREATE TABLE sale_tender (
    sale_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    tendered_minor BIGINT NOT NULL,
    change_minor BIGINT NOT NULL,
    payment_id VARCHAR NOT NULL,
    masked_pan VARCHAR NOT NULL,
    scheme VARCHAR NOT NULL,
    auth_code VARCHAR NOT NULL,
    PRIMARY KEY (sale_id, number)
);

CREATE TABLE goods_return (
    position {counted} NOT NULL,
    return_id VARCHAR NOT NULL,
    original_sale_id VARCHAR NOT NULL,
    original_edge_id VARCHAR NOT NULL,
    uid VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    location_id VARCHAR NOT NULL,
    workstation_id VARCHAR NOT NULL,
    shift_id VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    receipt_number BIGINT NOT NULL,
    business_date VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    currency VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    total_minor BIGINT NOT NULL,
    rounding_minor BIGINT NOT NULL,
    PRIMARY KEY (position),
    UNIQUE (return_id)
);
CREATE INDEX ix_goods_return_edge_id ON goods_return (edge_id);
CREATE INDEX ix_goods_return_original_sale_id ON goods_return (original_sale_id);
CREATE INDEX ix_goods_return_shift_id ON goods_return (shift_id);

CREATE TABLE return_line (
    return_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    original_line INTEGER NOT NULL,
    sku VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    amount_minor BIGINT NOT NULL,
    tax_group VARCHAR NOT NULL,
    rate_bp INTEGER NOT NULL,
    tax_minor BIGINT NOT NULL,
    is_restocked BOOLEAN NOT NULL,
    PRIMARY KEY (return_id, line)
);

CREATE TABLE return_tender (
    return_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    payment_id VARCHAR NOT NULL,
    PRIMARY KEY (return_id, number)
);

CREATE TABLE voided_basket (
    basket_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    currency VARCHAR NOT NULL,
    line_count INTEGER NOT NULL,
    total_minor BIGINT NOT NULL,
    PRIMARY KEY (basket_id)
);
CREATE INDEX ix_voided_basket_edge_id ON voided_basket (edge_id);

-- Stock is a ledger of signed entries, never levels.

CREATE TABLE stock_entry (
    uid VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    lot VARCHAR NOT NULL,
    quantity BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (uid, number)
);
CREATE INDEX ix_stock_entry_sku ON stock_entry (sku);
CREATE INDEX stock_entry_level ON stock_entry (location_id, sku, quantity);

-- Shifts, cash, payments, drawers; `shift_closing.reported` is the box's own Z report.

CREATE TABLE shift_opening (
    shift_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    workstation_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    cashier VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    business_date VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    float_minor BIGINT NOT NULL,
    PRIMARY KEY (shift_id)
);
CREATE INDEX ix_shift_opening_edge_id ON shift_opening (edge_id);
CREATE INDEX ix_shift_opening_occurred_at ON shift_opening (occurred_at);

CREATE TABLE shift_closing (
    shift_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    workstation_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    cashier VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    business_date VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    reported VARCHAR NOT NULL,
    PRIMARY KEY (shift_id)
);
CREATE INDEX ix_shift_closing_edge_id ON shift_closing (edge_id);
CREATE INDEX ix_shift_closing_occurred_at ON shift_closing (occurred_at);

CREATE TABLE shift_comparison (
    shift_id VARCHAR NOT NULL,
    derived VARCHAR NOT NULL,
    differences VARCHAR NOT NULL,
    difference_count INTEGER NOT NULL,
    PRIMARY KEY (shift_id)
);

CREATE TABLE cash_move (
    movement_id VARCHAR NOT NULL,
    shift_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    currency VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (movement_id)
);
CREATE INDEX ix_cash_move_shift_id ON cash_move (shift_id);

CREATE TABLE payment (
    uid VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL,
    shift_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    currency VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    outcome VARCHAR NOT NULL,
    was_unknown BOOLEAN NOT NULL,
    terminal_transaction_id VARCHAR NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_payment_payment_id ON payment (payment_id);
CREATE INDEX ix_payment_shift_id ON payment (shift_id);

CREATE TABLE drawer_opening (
    uid VARCHAR NOT NULL,
    shift_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    cause VARCHAR NOT NULL,
    is_proved BOOLEAN NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_drawer_opening_shift_id ON drawer_opening (shift_id);

-- Products and prices, and the feeds in which they go down.

CREATE TABLE product (
    sku VARCHAR NOT NULL,
    names VARCHAR NOT NULL,
    gtins VARCHAR NOT NULL,
    tax_group VARCHAR NOT NULL,
    tax_rate_bp INTEGER NOT NULL,
    unit VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    is_quick BOOLEAN NOT NULL,
    PRIMARY KEY (sku)
);

CREATE TABLE price (
    sku VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    is_free BOOLEAN NOT NULL,
    PRIMARY KEY (sku)
);

CREATE TABLE feed_operation (
    feed VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    body VARCHAR,
    PRIMARY KEY (feed, key)
);
CREATE INDEX feed_operation_version ON feed_operation (feed, version);

CREATE TABLE feed_head (
    feed VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (feed)
);

CREATE TABLE feed_snapshot (
    feed VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    file VARCHAR NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 VARCHAR NOT NULL,
    signature VARCHAR NOT NULL,
    built_at {moment} NOT NULL,
    PRIMARY KEY (feed, version)
);

-- What was asked of a box, and what it said.

CREATE TABLE box_command (
    command_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    verb VARCHAR NOT NULL,
    arguments VARCHAR NOT NULL,
    asked_at {moment} NOT NULL,
    asked_by VARCHAR NOT NULL,
    not_after {moment} NOT NULL,
    sent_at {moment},
    PRIMARY KEY (command_id)
);
CREATE INDEX ix_box_command_edge_id ON box_command (edge_id);
CREATE INDEX ix_box_command_not_after ON box_command (not_after);

CREATE TABLE finished_command (
    uid VARCHAR NOT NULL,
    command_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    verb VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_finished_command_command_id ON finished_command (command_id);

-- The console's own.

CREATE TABLE saved_filter (
    name VARCHAR NOT NULL,
    query VARCHAR NOT NULL,
    PRIMARY KEY (name)
);
