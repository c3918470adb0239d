-- Version 1. Amounts are integer minor units; times are ISO 8601 in UTC; ids are UUIDv7 unless said otherwise.
-- Small tables read by key are WITHOUT ROWID: one b-tree, one page a commit.

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- What goes to the hub (see design: identity of a stream). `high` and `chain` are the head of the stream.
CREATE TABLE stream (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    acked INTEGER NOT NULL DEFAULT 0,
    high INTEGER NOT NULL DEFAULT 0,
    chain TEXT NOT NULL
);
CREATE UNIQUE INDEX stream_open ON stream (state) WHERE state = 'open';

-- Uids are unique by how they are made; an index to prove it would be a page more in every sale.
CREATE TABLE outbox (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    uid TEXT NOT NULL,
    body TEXT NOT NULL,
    chain TEXT NOT NULL,
    PRIMARY KEY (epoch, seq)
);

-- What comes from the hub. `body` is the canonical text that the feed's digest is over.
CREATE TABLE feed_cursor (
    feed TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE product (
    key TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    sku TEXT NOT NULL,
    names TEXT NOT NULL,
    tax_group TEXT NOT NULL,
    tax_rate_bp INTEGER NOT NULL,
    unit TEXT NOT NULL,
    category TEXT NOT NULL,
    is_quick INTEGER NOT NULL
);
CREATE UNIQUE INDEX product_sku ON product (sku);
CREATE INDEX product_quick ON product (sku) WHERE is_quick;

CREATE TABLE product_code (
    code TEXT NOT NULL PRIMARY KEY,
    sku TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX product_code_sku ON product_code (sku);

CREATE TABLE price (
    key TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    sku TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    is_free INTEGER NOT NULL
);
CREATE UNIQUE INDEX price_of ON price (sku, currency);

CREATE TABLE shift (
    shift_id TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    cashier TEXT NOT NULL,
    business_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    float_minor INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT NOT NULL DEFAULT '',
    z TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX shift_open ON shift (state) WHERE state = 'open';

CREATE TABLE cash_movement (
    movement_id TEXT NOT NULL PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    amount_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    moved_at TEXT NOT NULL
);
CREATE INDEX cash_movement_shift ON cash_movement (shift_id);

-- An open basket survives a power cut: one row, written at every scan.
CREATE TABLE basket (
    basket_id TEXT NOT NULL PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    state TEXT NOT NULL CHECK (state IN ('open', 'suspended', 'completed', 'voided')),
    updated_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX basket_open ON basket (state) WHERE state = 'open';
CREATE INDEX basket_suspended ON basket (basket_id) WHERE state = 'suspended';

-- Its id begins with its time, and so do the shifts' ids: a shift's sales are one range of it, without an index.
CREATE TABLE sale (
    sale_id TEXT NOT NULL PRIMARY KEY,
    receipt_number INTEGER NOT NULL,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    cashier TEXT NOT NULL,
    business_date TEXT NOT NULL,
    completed_at TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    rounding_minor INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sale_line (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    gtin TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    tax_group TEXT NOT NULL,
    rate_bp INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    entry_method TEXT NOT NULL,
    price_version INTEGER NOT NULL,
    lot TEXT NOT NULL,
    PRIMARY KEY (sale_id, line)
) WITHOUT ROWID;

CREATE TABLE sale_tax (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    tax_group TEXT NOT NULL,
    rate_bp INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    PRIMARY KEY (sale_id, tax_group, rate_bp)
) WITHOUT ROWID;

CREATE TABLE sale_tender (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    tendered_minor INTEGER NOT NULL,
    change_minor INTEGER NOT NULL,
    payment_id TEXT NOT NULL,
    masked_pan TEXT NOT NULL,
    scheme TEXT NOT NULL,
    auth_code TEXT NOT NULL,
    PRIMARY KEY (sale_id, position)
) WITHOUT ROWID;

-- Goods back. The sale may be another box's: no foreign key to it.
CREATE TABLE goods_return (
    return_id TEXT NOT NULL PRIMARY KEY,
    original_sale_id TEXT NOT NULL,
    original_edge_id TEXT NOT NULL,
    receipt_number INTEGER NOT NULL UNIQUE,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    cashier TEXT NOT NULL,
    business_date TEXT NOT NULL,
    completed_at TEXT NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    rounding_minor INTEGER NOT NULL
);
CREATE INDEX goods_return_sale ON goods_return (original_sale_id);
CREATE INDEX goods_return_shift ON goods_return (shift_id);

CREATE TABLE goods_return_line (
    return_id TEXT NOT NULL REFERENCES goods_return (return_id),
    line INTEGER NOT NULL,
    original_line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    tax_group TEXT NOT NULL,
    rate_bp INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    is_restocked INTEGER NOT NULL,
    PRIMARY KEY (return_id, line)
) WITHOUT ROWID;

CREATE TABLE goods_return_tender (
    return_id TEXT NOT NULL REFERENCES goods_return (return_id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    payment_id TEXT NOT NULL,
    PRIMARY KEY (return_id, position)
) WITHOUT ROWID;

-- A ledger of signed moves, never levels.
CREATE TABLE stock_move (
    move_id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    lot TEXT NOT NULL,
    cause TEXT NOT NULL,
    cause_id TEXT NOT NULL
);
CREATE INDEX stock_move_sku ON stock_move (sku, quantity);

-- `reference` is the payment terminal's ServiceID: random, so that a restored box cannot repeat one.
CREATE TABLE payment (
    payment_id TEXT NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    reversal_reference TEXT NOT NULL DEFAULT '',
    basket_id TEXT NOT NULL,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    state TEXT NOT NULL CHECK (state IN ('NEW', 'SENT', 'IN_PROGRESS', 'APPROVED', 'DECLINED', 'CANCELLED',
        'UNKNOWN', 'REVERSING', 'REVERSED', 'REVERSAL_PENDING')),
    was_unknown INTEGER NOT NULL DEFAULT 0,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    terminal_transaction_id TEXT NOT NULL DEFAULT '',
    terminal_timestamp TEXT NOT NULL DEFAULT '',
    auth_code TEXT NOT NULL DEFAULT '',
    scheme TEXT NOT NULL DEFAULT '',
    masked_pan TEXT NOT NULL DEFAULT '',
    error_condition TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX payment_basket ON payment (basket_id);
CREATE INDEX payment_unsettled ON payment (state)
    WHERE state IN ('NEW', 'SENT', 'IN_PROGRESS', 'UNKNOWN', 'REVERSING', 'REVERSAL_PENDING');

-- A sale's receipt is made when it is sent to the printer, from the committed sale: until then `document` is ''.
CREATE TABLE print_job (
    job_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    copy_of INTEGER REFERENCES print_job (job_id),
    state TEXT NOT NULL CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'PRINTED', 'HELD', 'UNKNOWN', 'FAILED')),
    process_id TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX print_job_unfinished ON print_job (job_id) WHERE state NOT IN ('PRINTED', 'FAILED');
CREATE INDEX print_job_subject ON print_job (subject_id);
CREATE INDEX print_job_copy ON print_job (copy_of) WHERE copy_of IS NOT NULL;

-- Only what has not happened yet: the fact that it happened is in the outbox.
CREATE TABLE drawer_opening (
    opening_id INTEGER PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    cause TEXT NOT NULL,
    requested_at TEXT NOT NULL
);

CREATE TABLE command_result (
    command_id TEXT NOT NULL PRIMARY KEY,
    verb TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    finished_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE unknown_scan (
    code TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    last_at TEXT NOT NULL
) WITHOUT ROWID;
