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
