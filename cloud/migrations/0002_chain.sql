-- Version 2: shops of a chain. `expiry` is the use-by date (ISO) of the lot, '' where it has none or nobody knows; a
-- line with an `order_id` leaves no shop with its sale.

ALTER TABLE sale ADD COLUMN member_id VARCHAR NOT NULL DEFAULT '';
ALTER TABLE sale ADD COLUMN points_earned BIGINT NOT NULL DEFAULT '0';
ALTER TABLE sale_line ADD COLUMN expiry VARCHAR NOT NULL DEFAULT '';
ALTER TABLE sale_line ADD COLUMN order_id VARCHAR NOT NULL DEFAULT '';
ALTER TABLE return_tender ADD COLUMN scheme VARCHAR NOT NULL DEFAULT '';
ALTER TABLE stock_entry ADD COLUMN expiry VARCHAR NOT NULL DEFAULT '';
CREATE INDEX ix_sale_member_id ON sale (member_id);
CREATE INDEX ix_sale_line_order_id ON sale_line (order_id);

CREATE TABLE job_event (
    uid VARCHAR NOT NULL,
    job_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    seq BIGINT NOT NULL,
    type VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    occurred_at {moment} NOT NULL,
    body VARCHAR NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_job_event_job_id ON job_event (job_id);
CREATE INDEX ix_job_event_order_id ON job_event (order_id);

-- Stock by lot, and what shops have set aside for jobs: a ledger of signed entries as well.
DROP INDEX ix_stock_entry_sku;
CREATE INDEX stock_entry_lot ON stock_entry (sku, location_id, lot, expiry, quantity);

CREATE TABLE set_aside_entry (
    uid VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    job_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    lot VARCHAR NOT NULL,
    expiry VARCHAR NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (uid, number)
);
CREATE INDEX ix_set_aside_entry_job_id ON set_aside_entry (job_id);
CREATE INDEX set_aside_entry_lot ON set_aside_entry (sku, location_id, lot, expiry, quantity);
-- By what a product is found: filled at the hub's next start, and kept by every change of the catalogue.
CREATE TABLE product_key (
    key VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    PRIMARY KEY (key, sku)
);
CREATE INDEX ix_product_key_sku ON product_key (sku);

-- The storefront: browsers, their baskets, whose an order is, and what became of paying for it.
CREATE TABLE shopper (
    shopper_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    credential INTEGER NOT NULL,
    near VARCHAR NOT NULL,
    seen_at {moment} NOT NULL,
    PRIMARY KEY (shopper_id)
);
CREATE INDEX ix_shopper_member_id ON shopper (member_id);
CREATE TABLE basket_line (
    shopper_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (shopper_id, sku)
);
CREATE TABLE shop_order (
    link VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    attempt VARCHAR NOT NULL,
    shopper_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    made_at {moment} NOT NULL,
    PRIMARY KEY (link),
    UNIQUE (order_id),
    UNIQUE (attempt)
);
CREATE INDEX ix_shop_order_shopper_id ON shop_order (shopper_id);
CREATE INDEX ix_shop_order_member_id ON shop_order (member_id);
CREATE TABLE shop_payment (
    payment_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    made_at {moment} NOT NULL,
    look_at {moment},
    PRIMARY KEY (payment_id)
);
CREATE INDEX ix_shop_payment_order_id ON shop_payment (order_id);
CREATE INDEX ix_shop_payment_look_at ON shop_payment (look_at);
CREATE TABLE return_wish (
    order_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    location_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    asked_at {moment} NOT NULL,
    taken_at {moment},
    PRIMARY KEY (order_id, line)
);
CREATE INDEX ix_return_wish_location_id ON return_wish (location_id);

-- Purchasing.

CREATE TABLE supplier_term (
    sku VARCHAR NOT NULL,
    supplier VARCHAR NOT NULL,
    unit_cost_minor BIGINT NOT NULL,
    pack_size INTEGER NOT NULL,
    lead_days INTEGER NOT NULL,
    shelf_days INTEGER NOT NULL,
    PRIMARY KEY (sku)
);
CREATE INDEX ix_supplier_term_supplier ON supplier_term (supplier);

CREATE TABLE purchase_order (
    purchase_id VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    supplier VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    ordered_at {moment} NOT NULL,
    due VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    PRIMARY KEY (purchase_id),
    UNIQUE (number)
);
CREATE INDEX ix_purchase_order_location_id ON purchase_order (location_id);
CREATE INDEX ix_purchase_order_state ON purchase_order (state);

CREATE TABLE purchase_line (
    purchase_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    sku VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    unit_cost_minor BIGINT NOT NULL,
    PRIMARY KEY (purchase_id, line)
);
CREATE INDEX ix_purchase_line_sku ON purchase_line (sku);
ALTER TABLE payment ADD COLUMN kind VARCHAR NOT NULL DEFAULT 'card';
ALTER TABLE payment ADD COLUMN scheme VARCHAR NOT NULL DEFAULT '';

-- Payments by wallet. `check_at` is when the provider is asked again about a payment that was given back.

CREATE TABLE wallet_payment (
    payment_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    order_number VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    is_page BOOLEAN NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    transaction_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    asked_at {moment} NOT NULL,
    changed_at {moment} NOT NULL,
    checks INTEGER NOT NULL,
    check_at {moment},
    PRIMARY KEY (payment_id),
    UNIQUE (order_number)
);
CREATE INDEX ix_wallet_payment_edge_id ON wallet_payment (edge_id);
CREATE INDEX ix_wallet_payment_check_at ON wallet_payment (check_at);

CREATE TABLE wallet_refund (
    refund_id VARCHAR NOT NULL,
    payment_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    asked_at {moment} NOT NULL,
    changed_at {moment} NOT NULL,
    PRIMARY KEY (refund_id)
);
CREATE INDEX ix_wallet_refund_payment_id ON wallet_refund (payment_id);

CREATE TABLE wallet_call (
    position {counted} NOT NULL,
    at {moment} NOT NULL,
    payment_id VARCHAR NOT NULL,
    provider VARCHAR NOT NULL,
    operation VARCHAR NOT NULL,
    refund_id VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    said VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    transaction_id VARCHAR NOT NULL,
    PRIMARY KEY (position)
);
CREATE INDEX ix_wallet_call_payment_id ON wallet_call (payment_id);
-- Members: accounts, credentials, ledgers of points and stored value, coupons.
CREATE TABLE member (
    member_id VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    made_at {moment} NOT NULL,
    merged_into VARCHAR NOT NULL,
    erased_at {moment},
    tier INTEGER NOT NULL,
    PRIMARY KEY (member_id),
    UNIQUE (number)
);
CREATE INDEX ix_member_merged_into ON member (merged_into);
CREATE TABLE member_field (
    member_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    hlc VARCHAR NOT NULL,
    PRIMARY KEY (member_id, name)
);
CREATE TABLE consent_statement (
    member_id VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    hlc VARCHAR NOT NULL,
    is_granted BOOLEAN NOT NULL,
    is_confirmed BOOLEAN NOT NULL,
    channel VARCHAR NOT NULL,
    said_at {moment} NOT NULL,
    PRIMARY KEY (member_id, purpose, hlc)
);
CREATE TABLE member_credential (
    credential {counted} NOT NULL,
    member_id VARCHAR NOT NULL,
    issued_at {moment} NOT NULL,
    revoked_at {moment},
    PRIMARY KEY (credential)
);
CREATE INDEX ix_member_credential_member_id ON member_credential (member_id);
CREATE TABLE member_sighting (
    credential BIGINT NOT NULL,
    location_id VARCHAR NOT NULL,
    seen_at {moment} NOT NULL,
    PRIMARY KEY (credential)
);
CREATE TABLE member_entry (
    entry_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    amount BIGINT NOT NULL,
    sale_id VARCHAR NOT NULL,
    return_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    location_id VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (entry_id)
);
CREATE INDEX ix_member_entry_member_id ON member_entry (member_id);
CREATE INDEX ix_member_entry_sale_id ON member_entry (sale_id);
CREATE TABLE member_act (
    act_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    unit VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    amount BIGINT NOT NULL,
    location_id VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    done_at {moment} NOT NULL,
    PRIMARY KEY (act_id)
);
CREATE INDEX ix_member_act_member_id ON member_act (member_id);
CREATE INDEX ix_member_act_reference ON member_act (reference);
CREATE TABLE points_hold (
    spend_id VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    points BIGINT NOT NULL,
    location_id VARCHAR NOT NULL,
    until {moment} NOT NULL,
    is_released BOOLEAN NOT NULL,
    PRIMARY KEY (spend_id)
);
CREATE INDEX ix_points_hold_member_id ON points_hold (member_id);
CREATE TABLE programme_version (
    version INTEGER NOT NULL,
    since {moment} NOT NULL,
    body VARCHAR NOT NULL,
    feed_version BIGINT NOT NULL,
    PRIMARY KEY (version)
);
CREATE TABLE coupon (
    hashed VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    is_single BOOLEAN NOT NULL,
    body VARCHAR NOT NULL,
    made_at {moment} NOT NULL,
    PRIMARY KEY (hashed)
);
CREATE INDEX ix_coupon_member_id ON coupon (member_id);
CREATE TABLE coupon_hold (
    hashed VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    until {moment} NOT NULL,
    PRIMARY KEY (hashed, reference)
);
CREATE TABLE coupon_use (
    sale_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    hashed VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (sale_id, number)
);
CREATE INDEX ix_coupon_use_hashed ON coupon_use (hashed);
CREATE TABLE coupon_spend (
    order_id VARCHAR NOT NULL,
    hashed VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    until {moment} NOT NULL,
    done_at {moment} NOT NULL,
    PRIMARY KEY (order_id)
);
CREATE INDEX ix_coupon_spend_hashed ON coupon_spend (hashed);

-- What the boxes have of the feeds, as their pulls have acknowledged it.
CREATE TABLE feed_cursor (
    edge_id VARCHAR NOT NULL,
    feed VARCHAR NOT NULL,
    after BIGINT NOT NULL,
    PRIMARY KEY (edge_id, feed)
);

-- Sales of goods that were promised or set aside for somebody else: whoever holds goods at the counter gets them.
CREATE TABLE stock_override (
    uid VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    sale_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    on_hand INTEGER NOT NULL,
    set_aside INTEGER NOT NULL,
    promised INTEGER NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_stock_override_location_id ON stock_override (location_id);

CREATE TABLE goods_receipt (
    uid VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    receiving_id VARCHAR NOT NULL,
    arrival_id VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    rest VARCHAR NOT NULL,
    cashier VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    PRIMARY KEY (uid)
);
CREATE INDEX ix_goods_receipt_source_id ON goods_receipt (source_id);
-- What the hub decides of shops and orders: no projection fills these again.

CREATE TABLE place (
    location_id VARCHAR NOT NULL,
    names VARCHAR NOT NULL,
    latitude FLOAT,
    longitude FLOAT,
    timezone VARCHAR NOT NULL,
    opens VARCHAR NOT NULL,
    travel_min VARCHAR NOT NULL,
    is_pickup BOOLEAN NOT NULL,
    accept_min INTEGER NOT NULL,
    prepare_min INTEGER NOT NULL,
    delivery_radius_m INTEGER NOT NULL,
    delivery_min INTEGER NOT NULL,
    delivery_fee_minor BIGINT NOT NULL,
    ship_days INTEGER NOT NULL,
    ship_fee_minor BIGINT NOT NULL,
    samples INTEGER DEFAULT '0' NOT NULL,
    on_time INTEGER DEFAULT '0' NOT NULL,
    lead_s INTEGER DEFAULT '0' NOT NULL,
    measured_at {moment},
    PRIMARY KEY (location_id)
);

CREATE TABLE stock_right (
    location_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    cap INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    heard_cap INTEGER NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (location_id, sku)
);

CREATE TABLE customer_order (
    order_id VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    ask_key VARCHAR NOT NULL,
    ask_digest VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    promise VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    near VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    customer VARCHAR NOT NULL,
    member_id VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    goods_minor BIGINT NOT NULL,
    fee_minor BIGINT NOT NULL,
    paid_minor BIGINT NOT NULL,
    payment VARCHAR NOT NULL,
    window_start {moment} NOT NULL,
    window_end {moment} NOT NULL,
    confidence_bp INTEGER NOT NULL,
    plan_b VARCHAR NOT NULL,
    held_at {moment} NOT NULL,
    hold_until {moment} NOT NULL,
    placed_at {moment},
    completed_at {moment},
    promises_made INTEGER NOT NULL,
    due_at {moment},
    PRIMARY KEY (order_id),
    UNIQUE (number),
    UNIQUE (ask_key)
);
CREATE INDEX ix_customer_order_due_at ON customer_order (due_at);
CREATE INDEX ix_customer_order_location_id ON customer_order (location_id);
CREATE INDEX ix_customer_order_member_id ON customer_order (member_id);
CREATE INDEX ix_customer_order_state ON customer_order (state);

CREATE TABLE order_line (
    order_id VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    sku VARCHAR NOT NULL,
    names VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price_minor BIGINT NOT NULL,
    handed INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    substitutes VARCHAR NOT NULL,
    paid_back INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE order_back (
    uid VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    return_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    edge_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    occurred_at {moment} NOT NULL,
    cashier VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    proof VARCHAR NOT NULL,
    line INTEGER NOT NULL,
    sku VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    is_restocked BOOLEAN NOT NULL,
    PRIMARY KEY (uid, number)
);
CREATE INDEX ix_order_back_order_id ON order_back (order_id);

CREATE TABLE order_job (
    job_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    location_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    wanted VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    placed_at {moment} NOT NULL,
    accept_by {moment} NOT NULL,
    window_start {moment} NOT NULL,
    window_end {moment} NOT NULL,
    keeps_until VARCHAR NOT NULL,
    to_location_id VARCHAR NOT NULL,
    from_job_id VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    accepted_at {moment},
    ready_at {moment},
    handed_at {moment},
    told INTEGER NOT NULL,
    PRIMARY KEY (job_id)
);
CREATE INDEX ix_order_job_location_id ON order_job (location_id);
CREATE INDEX ix_order_job_order_id ON order_job (order_id);

CREATE TABLE promised_goods (
    order_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    job_id VARCHAR NOT NULL,
    location_id VARCHAR NOT NULL,
    sku VARCHAR NOT NULL,
    quantity INTEGER NOT NULL,
    is_set_aside BOOLEAN NOT NULL,
    until {moment},
    PRIMARY KEY (order_id, number)
);
CREATE INDEX promised_goods_level ON promised_goods (sku, location_id, is_set_aside, until, quantity);

CREATE TABLE order_event (
    order_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    at {moment} NOT NULL,
    what VARCHAR NOT NULL,
    fields VARCHAR NOT NULL,
    PRIMARY KEY (order_id, number)
);

CREATE TABLE order_credit (
    order_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    owed_at {moment} NOT NULL,
    settled_at {moment},
    settled_by VARCHAR NOT NULL,
    PRIMARY KEY (order_id, number)
);

CREATE TABLE order_tender (
    order_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    points BIGINT NOT NULL,
    payment_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    at {moment} NOT NULL,
    PRIMARY KEY (order_id, number)
);
CREATE INDEX ix_order_tender_state ON order_tender (state);

CREATE TABLE order_refund (
    order_id VARCHAR NOT NULL,
    credit INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    amount_minor BIGINT NOT NULL,
    points BIGINT NOT NULL,
    at {moment} NOT NULL,
    PRIMARY KEY (order_id, credit, number)
);

CREATE TABLE order_touched (
    order_id VARCHAR NOT NULL,
    PRIMARY KEY (order_id)
);
