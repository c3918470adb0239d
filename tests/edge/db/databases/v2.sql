BEGIN TRANSACTION;
CREATE TABLE basket (
    basket_id TEXT NOT NULL PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    state TEXT NOT NULL CHECK (state IN ('open', 'suspended', 'completed', 'voided')),
    updated_at TEXT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "basket" VALUES('01a20659-85e0-7c01-86cb-2fcc400cb305','01a20658-9b80-74f7-a11f-919ad4589346','completed','2026-11-23T03:01:00+00:00','{"basket_id":"01a20659-85e0-7c01-86cb-2fcc400cb305","shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","cashier":"Kim","currency":"KRW","lines":[{"line":1,"article":{"sku":"BREAD","name":"우유 식빵","unit_price_minor":4500,"tax_group":"standard","tax_rate_bp":1000,"gtin":"","price_version":1},"quantity":1,"entry_method":"scanned","lot":"","expiry":"","discount":{"amount_minor":0,"percent_bp":0},"is_void":false},{"line":2,"article":{"sku":"MILK","name":"우유","unit_price_minor":2800,"tax_group":"free","tax_rate_bp":0,"gtin":"","price_version":1},"quantity":1,"entry_method":"scanned","lot":"","expiry":"","discount":{"amount_minor":0,"percent_bp":0},"is_void":false}],"discount":{"amount_minor":0,"percent_bp":0},"tenders":[{"kind":"card","amount_minor":7300,"tendered_minor":7300,"change_minor":0,"rounding_minor":0,"payment_id":"01a20659-85e0-7de1-bab9-007853acbf71","masked_pan":"411111******1111","scheme":"VISA","auth_code":"123456"}]}');
INSERT INTO "basket" VALUES('01a2065b-5aa0-7037-ba04-ba71e7e13c24','01a20658-9b80-74f7-a11f-919ad4589346','open','2026-11-23T03:03:00+00:00','{"basket_id":"01a2065b-5aa0-7037-ba04-ba71e7e13c24","shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","cashier":"Kim","currency":"KRW","lines":[{"line":1,"article":{"sku":"CAKE","name":"딸기 케이크","unit_price_minor":33333,"tax_group":"standard","tax_rate_bp":1000,"gtin":"","price_version":1},"quantity":1,"entry_method":"scanned","lot":"","expiry":"","discount":{"amount_minor":0,"percent_bp":0},"is_void":false}],"discount":{"amount_minor":0,"percent_bp":0},"tenders":[]}');
CREATE TABLE cash_movement (
    movement_id TEXT NOT NULL PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    amount_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    moved_at TEXT NOT NULL
);
CREATE TABLE command_result (
    command_id TEXT NOT NULL PRIMARY KEY,
    verb TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    finished_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "counter" VALUES('receipt',3);
INSERT INTO "counter" VALUES('shift',1);
CREATE TABLE counter_order (
    order_id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    basket_id TEXT NOT NULL,
    hold_until TEXT NOT NULL,
    created_at TEXT NOT NULL,
    body TEXT NOT NULL
);
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
CREATE TABLE drawer_opening (
    opening_id INTEGER PRIMARY KEY,
    shift_id TEXT NOT NULL REFERENCES shift (shift_id),
    cause TEXT NOT NULL,
    requested_at TEXT NOT NULL
);
INSERT INTO "drawer_opening" VALUES(1,'01a20658-9b80-74f7-a11f-919ad4589346','sale','2026-11-23T03:00:00+00:00');
INSERT INTO "drawer_opening" VALUES(2,'01a20658-9b80-74f7-a11f-919ad4589346','return','2026-11-23T03:02:00+00:00');
CREATE TABLE feed_cursor (
    feed TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "feed_cursor" VALUES('catalogue',1);
INSERT INTO "feed_cursor" VALUES('prices',1);
CREATE TABLE feed_row (
    feed TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, key)
) WITHOUT ROWID;
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
INSERT INTO "goods_return" VALUES('01a2065a-7040-7828-b459-01820e5c0fed','01a20658-9b80-74f2-b09a-8d405a3e3520','maru-office-tower-1',3,'01a20658-9b80-74f7-a11f-919ad4589346','Kim','2026-11-23','2026-11-23T03:02:00+00:00','KRW','broken',4500,0);
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
INSERT INTO "goods_return_line" VALUES('01a2065a-7040-7828-b459-01820e5c0fed',1,1,'BREAD','우유 식빵',1,4500,'standard',1000,409,1);
CREATE TABLE goods_return_tender (
    return_id TEXT NOT NULL REFERENCES goods_return (return_id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    payment_id TEXT NOT NULL,
    PRIMARY KEY (return_id, position)
) WITHOUT ROWID;
INSERT INTO "goods_return_tender" VALUES('01a2065a-7040-7828-b459-01820e5c0fed',1,'cash',4500,'');
CREATE TABLE job_handed (
    job_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    lot TEXT NOT NULL DEFAULT '',
    expiry TEXT NOT NULL DEFAULT '',
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (job_id, line, sku, lot, expiry)
) WITHOUT ROWID;
CREATE TABLE member_visit (
    sale_id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    tier_name TEXT NOT NULL,
    balance INTEGER NOT NULL,
    as_of TEXT NOT NULL,
    visited_at TEXT NOT NULL
) WITHOUT ROWID;
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
CREATE TABLE outbox (
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    uid TEXT NOT NULL,
    body TEXT NOT NULL,
    chain TEXT NOT NULL,
    PRIMARY KEY (epoch, seq)
);
INSERT INTO "outbox" VALUES('f766287a80766147',1,'01a20658-9b80-7945-b304-ef8588df660c','{"type":"shift.opened","version":1,"occurred_at":"2026-11-23T03:00:00Z","hlc":"1795402800000.1.maru-office-tower-1","business_date":"2026-11-23","location_id":"maru-office-tower","workstation_id":"till-1","shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","number":1,"cashier":"Kim","currency":"KRW","float_minor":50000}','fb8d5e1e97396a5d7f578d6098bc1156');
INSERT INTO "outbox" VALUES('f766287a80766147',2,'01a20658-9b80-7772-a239-042d3f3ea69c','{"type":"sale.completed","version":1,"occurred_at":"2026-11-23T03:00:00Z","hlc":"1795402800000.4.maru-office-tower-1","business_date":"2026-11-23","location_id":"maru-office-tower","workstation_id":"till-1","sale_id":"01a20658-9b80-74f2-b09a-8d405a3e3520","receipt_number":1,"shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","cashier":"Kim","currency":"KRW","lines":[{"line":1,"sku":"BREAD","gtin":"","name":"우유 식빵","quantity":2,"unit_price_minor":4500,"discount_minor":0,"amount_minor":9000,"tax_group":"standard","tax_minor":818,"entry_method":"keyed","price_version":1,"lot":""}],"tax":[{"tax_group":"standard","rate_bp":1000,"gross_minor":9000,"tax_minor":818}],"tenders":[{"kind":"cash","amount_minor":9000,"tendered_minor":10000,"change_minor":1000,"payment_id":"","masked_pan":"","scheme":"","auth_code":""}],"discount_minor":0,"total_minor":9000,"rounding_minor":0}','0dda981f8e75c8c024acc3e530d08d00');
INSERT INTO "outbox" VALUES('f766287a80766147',3,'01a20659-85e0-7ffc-9c3b-04b6ca5b1861','{"type":"payment.settled","version":1,"occurred_at":"2026-11-23T03:01:00Z","hlc":"1795402860000.2.maru-office-tower-1","business_date":"2026-11-23","location_id":"maru-office-tower","workstation_id":"till-1","payment_id":"01a20659-85e0-7de1-bab9-007853acbf71","reference":"V6XVTN6I","shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","currency":"KRW","amount_minor":7300,"outcome":"approved","was_unknown":false,"terminal_transaction_id":"T1"}','ec7b9a088ea61edf45e07cea75769b79');
INSERT INTO "outbox" VALUES('f766287a80766147',4,'01a20659-85e0-7090-9db8-b10e6765c345','{"type":"sale.completed","version":1,"occurred_at":"2026-11-23T03:01:00Z","hlc":"1795402860000.4.maru-office-tower-1","business_date":"2026-11-23","location_id":"maru-office-tower","workstation_id":"till-1","sale_id":"01a20659-85e0-7a17-8b5f-e14e39cfa3c1","receipt_number":2,"shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","cashier":"Kim","currency":"KRW","lines":[{"line":1,"sku":"BREAD","gtin":"","name":"우유 식빵","quantity":1,"unit_price_minor":4500,"discount_minor":0,"amount_minor":4500,"tax_group":"standard","tax_minor":409,"entry_method":"scanned","price_version":1,"lot":""},{"line":2,"sku":"MILK","gtin":"","name":"우유","quantity":1,"unit_price_minor":2800,"discount_minor":0,"amount_minor":2800,"tax_group":"free","tax_minor":0,"entry_method":"scanned","price_version":1,"lot":""}],"tax":[{"tax_group":"free","rate_bp":0,"gross_minor":2800,"tax_minor":0},{"tax_group":"standard","rate_bp":1000,"gross_minor":4500,"tax_minor":409}],"tenders":[{"kind":"card","amount_minor":7300,"tendered_minor":7300,"change_minor":0,"payment_id":"01a20659-85e0-7de1-bab9-007853acbf71","masked_pan":"411111******1111","scheme":"VISA","auth_code":"123456"}],"discount_minor":0,"total_minor":7300,"rounding_minor":0}','60151e527b16398da1fcfd9b72d3970d');
INSERT INTO "outbox" VALUES('f766287a80766147',5,'01a2065a-7040-7046-8277-d3d694537dba','{"type":"return.completed","version":1,"occurred_at":"2026-11-23T03:02:00Z","hlc":"1795402920000.0.maru-office-tower-1","business_date":"2026-11-23","location_id":"maru-office-tower","workstation_id":"till-1","return_id":"01a2065a-7040-7828-b459-01820e5c0fed","original_sale_id":"01a20658-9b80-74f2-b09a-8d405a3e3520","original_edge_id":"maru-office-tower-1","receipt_number":3,"shift_id":"01a20658-9b80-74f7-a11f-919ad4589346","cashier":"Kim","currency":"KRW","reason":"broken","lines":[{"line":1,"original_line":1,"sku":"BREAD","name":"우유 식빵","quantity":1,"amount_minor":4500,"tax_group":"standard","tax_minor":409,"is_restocked":true}],"tenders":[{"kind":"cash","amount_minor":4500,"tendered_minor":4500,"change_minor":0,"payment_id":"","masked_pan":"","scheme":"","auth_code":""}],"total_minor":4500,"rounding_minor":0}','26702374e33bffbee2401df7176b70c4');
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
, kind TEXT NOT NULL DEFAULT 'card');
INSERT INTO "payment" VALUES('01a20659-85e0-7de1-bab9-007853acbf71','V6XVTN6I','','01a20659-85e0-7c01-86cb-2fcc400cb305','01a20658-9b80-74f7-a11f-919ad4589346','APPROVED',0,7300,'KRW','T1','2026-11-23T03:01:00Z','123456','VISA','411111******1111','','2026-11-23T03:01:00+00:00','2026-11-23T03:01:00+00:00','card');
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
CREATE TABLE price (
    key TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    sku TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    is_free INTEGER NOT NULL
);
INSERT INTO "price" VALUES('BREAD:KRW',1,'{"amount_minor":4500,"currency":"KRW","sku":"BREAD"}','BREAD','KRW',4500,0);
INSERT INTO "price" VALUES('MILK:KRW',1,'{"amount_minor":2800,"currency":"KRW","sku":"MILK"}','MILK','KRW',2800,0);
INSERT INTO "price" VALUES('CAKE:KRW',1,'{"amount_minor":33333,"currency":"KRW","sku":"CAKE"}','CAKE','KRW',33333,0);
INSERT INTO "price" VALUES('ZERO:KRW',1,'{"amount_minor":0,"currency":"KRW","sku":"ZERO"}','ZERO','KRW',0,0);
INSERT INTO "price" VALUES('GIFT:KRW',1,'{"amount_minor":0,"currency":"KRW","is_free":true,"sku":"GIFT"}','GIFT','KRW',0,1);
INSERT INTO "price" VALUES('BREAD:CNY',1,'{"amount_minor":2350,"currency":"CNY","sku":"BREAD"}','BREAD','CNY',2350,0);
INSERT INTO "price" VALUES('MILK:CNY',1,'{"amount_minor":1499,"currency":"CNY","sku":"MILK"}','MILK','CNY',1499,0);
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
INSERT INTO "print_job" VALUES(1,'sale','01a20658-9b80-74f2-b09a-8d405a3e3520',NULL,'QUEUED','','','','2026-11-23T03:00:00+00:00','2026-11-23T03:00:00+00:00');
INSERT INTO "print_job" VALUES(2,'sale','01a20659-85e0-7a17-8b5f-e14e39cfa3c1',NULL,'QUEUED','','','','2026-11-23T03:01:00+00:00','2026-11-23T03:01:00+00:00');
INSERT INTO "print_job" VALUES(3,'return','01a2065a-7040-7828-b459-01820e5c0fed',NULL,'QUEUED','','','["ko",true,[["text","Maru","","center",true,2],["text","마루 오피스타워점","","center",false,1],["text","사업자등록번호 123-45-67890","","center",false,1],["text","반품 영수증","","center",true,1],["text","번호","till-1-000003","left",false,1],["text","일시","2026-11-23 12:02 KST","left",false,1],["text","담당","Kim","left",false,1],["rule"],["text","원 영수증","2026-11-23 000001","left",false,1],["text","사유","broken","left",false,1],["rule"],["text","우유 식빵","","left",false,1],["text","  1 ×","-4,500","left",false,1],["text","환불","4,500 KRW","left",true,2],["text","현금","4,500","left",false,1],["rule"],["feed",2]]]','2026-11-23T03:02:00+00:00','2026-11-23T03:02:00+00:00');
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
INSERT INTO "product" VALUES('BREAD',1,'{"gtins":["8801234500012"],"is_quick":true,"names":{"en":"Milk bread","ko":"우유 식빵","zh":"牛奶面包"},"sku":"BREAD","tax_group":"standard","tax_rate_bp":1000}','BREAD','{"ko": "우유 식빵", "en": "Milk bread", "zh": "牛奶面包"}','standard',1000,'ea','',1);
INSERT INTO "product" VALUES('MILK',1,'{"gtins":["8801234500029","50123452"],"names":{"en":"Milk","ko":"우유"},"sku":"MILK","tax_group":"free","tax_rate_bp":0}','MILK','{"ko": "우유", "en": "Milk"}','free',0,'ea','',0);
INSERT INTO "product" VALUES('CAKE',1,'{"gtins":["8801234500036"],"names":{"ko":"딸기 케이크"},"sku":"CAKE","tax_group":"standard","tax_rate_bp":1000}','CAKE','{"ko": "딸기 케이크"}','standard',1000,'ea','',0);
INSERT INTO "product" VALUES('ZERO',1,'{"names":{"ko":"값 없는 빵"},"sku":"ZERO","tax_group":"standard","tax_rate_bp":1000}','ZERO','{"ko": "값 없는 빵"}','standard',1000,'ea','',0);
INSERT INTO "product" VALUES('GIFT',1,'{"names":{"ko":"사은품"},"sku":"GIFT","tax_group":"free","tax_rate_bp":0}','GIFT','{"ko": "사은품"}','free',0,'ea','',0);
INSERT INTO "product" VALUES('NOPRICE',1,'{"names":{"ko":"새 빵"},"sku":"NOPRICE","tax_group":"standard","tax_rate_bp":1000}','NOPRICE','{"ko": "새 빵"}','standard',1000,'ea','',0);
CREATE TABLE product_code (
    code TEXT NOT NULL PRIMARY KEY,
    sku TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "product_code" VALUES('08801234500012','BREAD');
INSERT INTO "product_code" VALUES('08801234500036','CAKE');
INSERT INTO "product_code" VALUES('00000050123452','MILK');
INSERT INTO "product_code" VALUES('08801234500029','MILK');
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
, member_id TEXT NOT NULL DEFAULT '', points_earned INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO "sale" VALUES('01a20658-9b80-74f2-b09a-8d405a3e3520',1,'01a20658-9b80-74f7-a11f-919ad4589346','Kim','2026-11-23','2026-11-23T03:00:00+00:00','KRW',9000,0,0,'',0);
INSERT INTO "sale" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1',2,'01a20658-9b80-74f7-a11f-919ad4589346','Kim','2026-11-23','2026-11-23T03:01:00+00:00','KRW',7300,0,0,'',0);
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
    lot TEXT NOT NULL, expiry TEXT NOT NULL DEFAULT '', order_id TEXT NOT NULL DEFAULT '', discount_reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (sale_id, line)
) WITHOUT ROWID;
INSERT INTO "sale_line" VALUES('01a20658-9b80-74f2-b09a-8d405a3e3520',1,'BREAD','','우유 식빵',2,4500,0,9000,'standard',1000,818,'keyed',1,'','','','');
INSERT INTO "sale_line" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1',1,'BREAD','','우유 식빵',1,4500,0,4500,'standard',1000,409,'scanned',1,'','','','');
INSERT INTO "sale_line" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1',2,'MILK','','우유',1,2800,0,2800,'free',0,0,'scanned',1,'','','','');
CREATE TABLE sale_lot (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    line INTEGER NOT NULL,
    lot TEXT NOT NULL,
    expiry TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (sale_id, line, expiry, lot)
) WITHOUT ROWID;
CREATE TABLE sale_tax (
    sale_id TEXT NOT NULL REFERENCES sale (sale_id),
    tax_group TEXT NOT NULL,
    rate_bp INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    tax_minor INTEGER NOT NULL,
    PRIMARY KEY (sale_id, tax_group, rate_bp)
) WITHOUT ROWID;
INSERT INTO "sale_tax" VALUES('01a20658-9b80-74f2-b09a-8d405a3e3520','standard',1000,9000,818);
INSERT INTO "sale_tax" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1','free',0,2800,0);
INSERT INTO "sale_tax" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1','standard',1000,4500,409);
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
INSERT INTO "sale_tender" VALUES('01a20658-9b80-74f2-b09a-8d405a3e3520',1,'cash',9000,10000,1000,'','','','');
INSERT INTO "sale_tender" VALUES('01a20659-85e0-7a17-8b5f-e14e39cfa3c1',1,'card',7300,7300,0,'01a20659-85e0-7de1-bab9-007853acbf71','411111******1111','VISA','123456');
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
INSERT INTO "shift" VALUES('01a20658-9b80-74f7-a11f-919ad4589346',1,'open','Kim','2026-11-23','KRW',50000,'2026-11-23T03:00:00+00:00','','');
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
CREATE TABLE stock_move (
    move_id INTEGER PRIMARY KEY,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    lot TEXT NOT NULL,
    cause TEXT NOT NULL,
    cause_id TEXT NOT NULL
, expiry TEXT NOT NULL DEFAULT '');
INSERT INTO "stock_move" VALUES(1,'BREAD',-2,'','sale','01a20658-9b80-74f2-b09a-8d405a3e3520','');
INSERT INTO "stock_move" VALUES(2,'BREAD',-1,'','sale','01a20659-85e0-7a17-8b5f-e14e39cfa3c1','');
INSERT INTO "stock_move" VALUES(3,'MILK',-1,'','sale','01a20659-85e0-7a17-8b5f-e14e39cfa3c1','');
INSERT INTO "stock_move" VALUES(4,'BREAD',1,'','return','01a2065a-7040-7828-b459-01820e5c0fed','');
CREATE TABLE stream (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    acked INTEGER NOT NULL DEFAULT 0,
    high INTEGER NOT NULL DEFAULT 0,
    chain TEXT NOT NULL
);
INSERT INTO "stream" VALUES(1,'f766287a80766147','open',0,5,'26702374e33bffbee2401df7176b70c4');
CREATE TABLE unknown_scan (
    code TEXT NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL,
    last_at TEXT NOT NULL
) WITHOUT ROWID;
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
CREATE UNIQUE INDEX stream_open ON stream (state) WHERE state = 'open';
CREATE UNIQUE INDEX product_sku ON product (sku);
CREATE INDEX product_quick ON product (sku) WHERE is_quick;
CREATE INDEX product_code_sku ON product_code (sku);
CREATE UNIQUE INDEX price_of ON price (sku, currency);
CREATE UNIQUE INDEX shift_open ON shift (state) WHERE state = 'open';
CREATE INDEX cash_movement_shift ON cash_movement (shift_id);
CREATE UNIQUE INDEX basket_open ON basket (state) WHERE state = 'open';
CREATE INDEX basket_suspended ON basket (basket_id) WHERE state = 'suspended';
CREATE INDEX goods_return_sale ON goods_return (original_sale_id);
CREATE INDEX goods_return_shift ON goods_return (shift_id);
CREATE INDEX stock_move_sku ON stock_move (sku, quantity);
CREATE INDEX payment_basket ON payment (basket_id);
CREATE INDEX payment_unsettled ON payment (state)
    WHERE state IN ('NEW', 'SENT', 'IN_PROGRESS', 'UNKNOWN', 'REVERSING', 'REVERSAL_PENDING');
CREATE INDEX print_job_unfinished ON print_job (job_id) WHERE state NOT IN ('PRINTED', 'FAILED');
CREATE INDEX print_job_subject ON print_job (subject_id);
CREATE INDEX print_job_copy ON print_job (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX stock_move_lot ON stock_move (sku, expiry, lot, quantity) WHERE expiry <> '' OR lot <> '';
CREATE INDEX set_aside_sku ON set_aside (sku, expiry, lot, quantity);
CREATE INDEX shop_job_number ON shop_job (number);
CREATE INDEX shop_job_open ON shop_job (window_end) WHERE state IN ('accepted', 'picked', 'ready');
CREATE INDEX order_return_line_order ON order_return_line (order_id);
CREATE INDEX counter_order_basket ON counter_order (basket_id);
CREATE INDEX sale_line_order ON sale_line (order_id) WHERE order_id <> '';
CREATE INDEX member_visit_member ON member_visit (member_id, visited_at);
CREATE INDEX points_use_member ON points_use (member_id, known_at) WHERE state IN ('held', 'sold');
CREATE INDEX points_use_basket ON points_use (basket_id);
CREATE INDEX points_use_unknown ON points_use (spend_id) WHERE state = 'sold' AND known_at = '';
CREATE INDEX points_use_open ON points_use (spend_id) WHERE state IN ('asked', 'giving_back');
CREATE INDEX coupon_use_basket ON coupon_use (basket_id);
CREATE INDEX coupon_use_unknown ON coupon_use (is_foreign) WHERE known_at = '';
CREATE INDEX received_line_arrival ON received_line (arrival_id) WHERE arrival_id <> '';
CREATE INDEX wallet_refund_payment ON wallet_refund (payment_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('stream',1);
COMMIT;
