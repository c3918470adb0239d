-- Version 2: a shop of a chain. Feeds whose rows need no columns of their own: `body` is the canonical text that the
-- feed's digest is over.

CREATE TABLE feed_row (
    feed TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, key)
) WITHOUT ROWID;

-- `expiry` is the use-by date (ISO) of the lot, '' where it has none or nobody knows. The goods of a line with an
-- `order_id` reach the customer by that order: they do not leave the shop with the sale.
ALTER TABLE sale_line ADD COLUMN expiry TEXT NOT NULL DEFAULT '';
ALTER TABLE sale_line ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
ALTER TABLE stock_move ADD COLUMN expiry TEXT NOT NULL DEFAULT '';
ALTER TABLE sale ADD COLUMN member_id TEXT NOT NULL DEFAULT '';
ALTER TABLE sale ADD COLUMN points_earned INTEGER NOT NULL DEFAULT 0;

-- Stock by lot: what a sale asks when it looks for the lot that expires first.
CREATE INDEX stock_move_lot ON stock_move (sku, expiry, lot, quantity) WHERE expiry <> '' OR lot <> '';

-- Goods picked for a job and not handed over yet: on the shelf of nobody else. A row for each lot of each line.
CREATE TABLE set_aside (
    job_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL DEFAULT '',
    expiry TEXT NOT NULL DEFAULT '',
    is_kept INTEGER NOT NULL DEFAULT 0 CHECK (is_kept IN (0, 1)),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (job_id, line, sku, lot, expiry, is_kept)
) WITHOUT ROWID;
CREATE INDEX set_aside_sku ON set_aside (sku, expiry, lot, quantity);

-- The lots that the pieces of a sale's line went out of, where the box chose them (first to expire first).
CREATE TABLE sale_lot (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    line INTEGER NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (sale_id, line, expiry, lot)
) WITHOUT ROWID;

-- The shop's part of orders. `body` is the feed's value by which the shop works: its lines stay as they were once
-- goods are picked. Times are ISO, '' for not yet.
CREATE TABLE shop_job (
    job_id TEXT NOT NULL PRIMARY KEY,
    order_id TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    window_end TEXT NOT NULL,
    place TEXT NOT NULL DEFAULT '',
    packages INTEGER NOT NULL DEFAULT 0,
    heard_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    at_risk_at TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL
);
CREATE INDEX shop_job_number ON shop_job (number);
CREATE INDEX shop_job_open ON shop_job (window_end) WHERE state IN ('accepted', 'picked', 'ready');

-- What has left the shop by a job.
CREATE TABLE job_handed (
    job_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL DEFAULT '',
    expiry TEXT NOT NULL DEFAULT '',
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (job_id, line, sku, lot, expiry)
) WITHOUT ROWID;

-- What has come back here of orders that were paid online: the hub pays for it.
CREATE TABLE order_return_line (
    return_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    is_restocked INTEGER NOT NULL CHECK (is_restocked IN (0, 1)),
    lot TEXT NOT NULL DEFAULT '',
    expiry TEXT NOT NULL DEFAULT '',
    taken_at TEXT NOT NULL,
    PRIMARY KEY (return_id, number)
) WITHOUT ROWID;
CREATE INDEX order_return_line_order ON order_return_line (order_id);

-- Orders that customers made at this counter: what the receipt says of them.
CREATE TABLE counter_order (
    order_id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    basket_id TEXT NOT NULL,
    hold_until TEXT NOT NULL,
    created_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX counter_order_basket ON counter_order (basket_id);
CREATE INDEX sale_line_order ON sale_line (order_id) WHERE order_id <> '';
-- Members. Whose purchase a sale was, as the code said it: `balance` is the points that the hub knew of at `as_of`,
-- `tier_name` is in the shop's language as the receipt shows it.
CREATE TABLE member_visit (
    sale_id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    tier_name TEXT NOT NULL,
    balance INTEGER NOT NULL,
    as_of TEXT NOT NULL,
    visited_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX member_visit_member ON member_visit (member_id, visited_at);

-- Points and stored value that a basket takes of a member. `is_asked` where the hub has answered for it.
-- asked: the hub was asked, and whether it took it is not known     held: it pays a part of the basket
-- sold: it paid a sale                                             giving_back: the hub must hear that it did not
-- gone: nothing was taken in the end
-- `known_at` is when the hub had acknowledged everything, the sale included; '' until then.
CREATE TABLE points_use (
    spend_id TEXT PRIMARY KEY,
    basket_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    what TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    amount_minor INTEGER NOT NULL,
    is_asked INTEGER NOT NULL,
    state TEXT NOT NULL,
    sale_id TEXT NOT NULL DEFAULT '',
    made_at TEXT NOT NULL,
    known_at TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX points_use_member ON points_use (member_id, known_at) WHERE state IN ('held', 'sold');
CREATE INDEX points_use_basket ON points_use (basket_id);
CREATE INDEX points_use_unknown ON points_use (spend_id) WHERE state = 'sold' AND known_at = '';
CREATE INDEX points_use_open ON points_use (spend_id) WHERE state IN ('asked', 'giving_back');

-- Coupons that a basket takes, by the SHA-256 of their code. `is_foreign` where it is a single-use coupon of another
-- shop that was taken without the hub's word.
CREATE TABLE coupon_use (
    hashed TEXT NOT NULL,
    basket_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    is_foreign INTEGER NOT NULL,
    state TEXT NOT NULL,
    sale_id TEXT NOT NULL DEFAULT '',
    made_at TEXT NOT NULL,
    known_at TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (hashed, basket_id)
) WITHOUT ROWID;
CREATE INDEX coupon_use_basket ON coupon_use (basket_id);
CREATE INDEX coupon_use_unknown ON coupon_use (is_foreign) WHERE known_at = '';

-- What has come in of each arrival (feed arrivals@SHOP), so that two deliveries of one order are counted together.
CREATE TABLE received_line (
    receiving_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    arrival_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    expected INTEGER NOT NULL,
    received INTEGER NOT NULL,
    damaged INTEGER NOT NULL,
    rest TEXT NOT NULL,
    received_at TEXT NOT NULL,
    PRIMARY KEY (receiving_id, number)
) WITHOUT ROWID;
CREATE INDEX received_line_arrival ON received_line (arrival_id) WHERE arrival_id <> '';

-- Why a line costs less: "markdown" where its use-by date was near, '' where a person gave the discount.
ALTER TABLE sale_line ADD COLUMN discount_reason TEXT NOT NULL DEFAULT '';
-- Payments by wallet: `scheme` names the provider. Money that goes back with goods is PENDING until it is proved.
ALTER TABLE payment ADD COLUMN kind TEXT NOT NULL DEFAULT 'card';
CREATE TABLE wallet_refund (
    refund_id TEXT PRIMARY KEY,
    payment_id TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    error_condition TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX wallet_refund_payment ON wallet_refund (payment_id);
