--  Schema of trade-copier's database, first version. Amounts are integers scaled by 1e9 (_e9), times UTC nanoseconds
--  (_ns). The views at the end show both as text. docs/storage.md describes every table.

--  Configuration: precious.

CREATE TABLE config_revision (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO config_revision (one, revision) VALUES (1, 0);

CREATE TABLE masters (
    master_id TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    active INTEGER NOT NULL,
    removed INTEGER NOT NULL, --  a tombstone: its credentials are gone, its id can be added again
    sealed BLOB NOT NULL,
    scaling TEXT NOT NULL,
    multiplier_e9 INTEGER NOT NULL,
    risk_percent_e9 INTEGER NOT NULL,
    direction TEXT NOT NULL,
    allow TEXT NOT NULL,
    deny TEXT NOT NULL,
    fractional INTEGER NOT NULL,
    follow_since_ns INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE INDEX clients_by_revision ON clients (revision);

CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

--  Progress: the audit trail and what speeds up a restart. Deleting it is safe.

CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    stored_at_ns INTEGER NOT NULL,
    master_id TEXT NOT NULL,
    x TEXT NOT NULL,
    order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    status TEXT NOT NULL,
    final INTEGER NOT NULL,
    order_qty_e9 INTEGER NOT NULL,
    qty_e9 INTEGER NOT NULL,
    opened_e9 INTEGER NOT NULL,
    closed_e9 INTEGER NOT NULL,
    remaining_e18 INTEGER NOT NULL,
    flat INTEGER NOT NULL,
    price_e9 INTEGER NOT NULL,
    position_e9 INTEGER NOT NULL,
    master_equity_e9 INTEGER NOT NULL,
    first_at_ns INTEGER NOT NULL,
    executed_at_ns INTEGER NOT NULL,
    received_at_ns INTEGER NOT NULL,
    UNIQUE (master_id, x, qty_e9, executed_at_ns, status, final) --  a state that comes again is the same row
) STRICT;

CREATE TABLE outcomes (
    client_id TEXT NOT NULL,
    x TEXT NOT NULL,
    leg TEXT NOT NULL,
    slot INTEGER NOT NULL,
    stored_at_ns INTEGER NOT NULL,
    shard TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    from_e9 INTEGER NOT NULL,
    to_e9 INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    code INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    scaling TEXT NOT NULL,
    rate_num_e9 INTEGER NOT NULL,
    rate_den_e9 INTEGER NOT NULL,
    client_equity_e9 INTEGER NOT NULL,
    holding_e9 INTEGER NOT NULL,
    target_e9 INTEGER NOT NULL,
    qty_e9 INTEGER NOT NULL,
    filled_e9 INTEGER NOT NULL,
    price_e9 INTEGER NOT NULL,
    final INTEGER NOT NULL,
    submitted_at_ns INTEGER NOT NULL,
    answered_at_ns INTEGER NOT NULL,
    PRIMARY KEY (client_id, x, leg, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX outcomes_by_x ON outcomes (x);

--  What an outcome said before it was replaced.
CREATE TABLE outcome_history (
    id INTEGER PRIMARY KEY,
    replaced_at_ns INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    x TEXT NOT NULL,
    leg TEXT NOT NULL,
    slot INTEGER NOT NULL,
    stored_at_ns INTEGER NOT NULL,
    shard TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    from_e9 INTEGER NOT NULL,
    to_e9 INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    code INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    scaling TEXT NOT NULL,
    rate_num_e9 INTEGER NOT NULL,
    rate_den_e9 INTEGER NOT NULL,
    client_equity_e9 INTEGER NOT NULL,
    holding_e9 INTEGER NOT NULL,
    target_e9 INTEGER NOT NULL,
    qty_e9 INTEGER NOT NULL,
    filled_e9 INTEGER NOT NULL,
    price_e9 INTEGER NOT NULL,
    final INTEGER NOT NULL,
    submitted_at_ns INTEGER NOT NULL,
    answered_at_ns INTEGER NOT NULL
) STRICT;
CREATE INDEX outcome_history_by_key ON outcome_history (client_id, x, leg, slot);

CREATE TRIGGER outcomes_replaced BEFORE UPDATE ON outcomes
BEGIN
    INSERT INTO outcome_history (replaced_at_ns, client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9,
        kind, reason, code, symbol, side, client_order_id, order_id, scaling, rate_num_e9, rate_den_e9,
        client_equity_e9, holding_e9, target_e9, qty_e9, filled_e9, price_e9, final, submitted_at_ns, answered_at_ns)
    VALUES (new.stored_at_ns, old.client_id, old.x, old.leg, old.slot, old.stored_at_ns, old.shard, old.sequence,
        old.from_e9, old.to_e9, old.kind, old.reason, old.code, old.symbol, old.side, old.client_order_id,
        old.order_id, old.scaling, old.rate_num_e9, old.rate_den_e9, old.client_equity_e9, old.holding_e9,
        old.target_e9, old.qty_e9, old.filled_e9, old.price_e9, old.final, old.submitted_at_ns, old.answered_at_ns);
END;

CREATE TABLE replications (
    master_id TEXT NOT NULL,
    x TEXT NOT NULL,
    qty_e9 INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    stored_at_ns INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    success_count INTEGER NOT NULL,
    failure_count INTEGER NOT NULL,
    skipped_count INTEGER NOT NULL,
    total_time_ns INTEGER NOT NULL,
    p50_ns INTEGER NOT NULL,
    p95_ns INTEGER NOT NULL,
    p99_ns INTEGER NOT NULL,
    timestamp_at_ns INTEGER NOT NULL,
    PRIMARY KEY (master_id, x, qty_e9, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    id INTEGER PRIMARY KEY,
    master_id TEXT NOT NULL,
    x TEXT NOT NULL,
    qty_e9 INTEGER NOT NULL,
    stored_at_ns INTEGER NOT NULL,
    UNIQUE (master_id, x)
) STRICT;
CREATE INDEX marks_by_age ON marks (stored_at_ns);

CREATE TABLE breakers (
    client_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    failures INTEGER NOT NULL,
    opened_at_ns INTEGER NOT NULL,
    retry_at_ns INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    stored_at_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    stored_at_ns INTEGER NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    at_ns INTEGER NOT NULL
) STRICT;

--  For people: decimal numbers and readable times.

CREATE VIEW copies AS
SELECT client_id, x, leg, slot, kind, reason, code, symbol, side,
    rtrim (rtrim (printf ('%d.%09d', qty_e9 / 1000000000, qty_e9 % 1000000000), '0'), '.') AS qty,
    rtrim (rtrim (printf ('%d.%09d', filled_e9 / 1000000000, filled_e9 % 1000000000), '0'), '.') AS filled,
    rtrim (rtrim (printf ('%d.%09d', price_e9 / 1000000000, price_e9 % 1000000000), '0'), '.') AS price,
    rtrim (rtrim (printf ('%d.%09d', target_e9 / 1000000000, target_e9 % 1000000000), '0'), '.') AS target,
    scaling,
    rtrim (rtrim (printf ('%d.%09d', client_equity_e9 / 1000000000, client_equity_e9 % 1000000000), '0'), '.')
        AS client_equity,
    final, client_order_id, order_id,
    CASE submitted_at_ns WHEN 0 THEN '' ELSE strftime ('%Y-%m-%dT%H:%M:%S', submitted_at_ns / 1000000000, 'unixepoch')
        || printf ('.%09dZ', submitted_at_ns % 1000000000) END AS submitted_at,
    CASE answered_at_ns WHEN 0 THEN '' ELSE strftime ('%Y-%m-%dT%H:%M:%S', answered_at_ns / 1000000000, 'unixepoch')
        || printf ('.%09dZ', answered_at_ns % 1000000000) END AS answered_at
FROM outcomes;

CREATE VIEW trades AS
SELECT id, master_id, x, symbol, side, order_type, status, final,
    rtrim (rtrim (printf ('%d.%09d', qty_e9 / 1000000000, qty_e9 % 1000000000), '0'), '.') AS qty,
    rtrim (rtrim (printf ('%d.%09d', opened_e9 / 1000000000, opened_e9 % 1000000000), '0'), '.') AS opened,
    rtrim (rtrim (printf ('%d.%09d', closed_e9 / 1000000000, closed_e9 % 1000000000), '0'), '.') AS closed,
    rtrim (rtrim (printf ('%d.%09d', price_e9 / 1000000000, price_e9 % 1000000000), '0'), '.') AS price,
    rtrim (rtrim (printf ('%s%d.%09d', CASE WHEN position_e9 < 0 THEN '-' ELSE '' END, abs (position_e9) / 1000000000,
        abs (position_e9) % 1000000000), '0'), '.') AS position,
    strftime ('%Y-%m-%dT%H:%M:%S', executed_at_ns / 1000000000, 'unixepoch')
        || printf ('.%09dZ', executed_at_ns % 1000000000) AS executed_at
FROM events;

CREATE VIEW followers AS
SELECT client_id, name, active, scaling,
    rtrim (rtrim (printf ('%d.%09d', multiplier_e9 / 1000000000, multiplier_e9 % 1000000000), '0'), '.') AS multiplier,
    rtrim (rtrim (printf ('%d.%09d', risk_percent_e9 / 1000000000, risk_percent_e9 % 1000000000), '0'), '.')
        AS risk_percent,
    direction, allow, deny, fractional,
    strftime ('%Y-%m-%dT%H:%M:%S', follow_since_ns / 1000000000, 'unixepoch')
        || printf ('.%09dZ', follow_since_ns % 1000000000) AS follow_since,
    revision
FROM clients WHERE removed = 0;

CREATE VIEW latencies AS
SELECT x, symbol, side, sequence, success_count, failure_count, skipped_count,
    total_time_ns / 1e6 AS total_ms, p50_ns / 1e6 AS p50_ms, p95_ns / 1e6 AS p95_ms, p99_ns / 1e6 AS p99_ms,
    strftime ('%Y-%m-%dT%H:%M:%S', timestamp_at_ns / 1000000000, 'unixepoch') || 'Z' AS completed_at
FROM replications;
