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
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (job_id, line, sku, lot, expiry)
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
