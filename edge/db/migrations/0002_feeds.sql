-- Version 2: feeds whose rows need no columns of their own. `body` is the canonical text that the feed's digest is over.

CREATE TABLE feed_row (
    feed TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, key)
) WITHOUT ROWID;
