--  Outcomes stand by X, not by client: those of one fan-out are neighbours, so that they are a few pages to write and not
--  one a client. What outcomes_by_x was for reads the table itself now.

DROP VIEW copies;
CREATE TABLE outcomes_by_order (
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
    exit_target_e9 INTEGER NOT NULL DEFAULT 0,
    remaining_e18 INTEGER NOT NULL DEFAULT 0,
    exit_decided INTEGER NOT NULL DEFAULT 0,
    qty_e9 INTEGER NOT NULL,
    filled_e9 INTEGER NOT NULL,
    price_e9 INTEGER NOT NULL,
    final INTEGER NOT NULL,
    submitted_at_ns INTEGER NOT NULL,
    answered_at_ns INTEGER NOT NULL,
    PRIMARY KEY (x, client_id, leg, slot)
) STRICT, WITHOUT ROWID;

INSERT INTO outcomes_by_order (
    client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9, kind, reason, code, symbol, side,
    client_order_id, order_id, scaling, rate_num_e9, rate_den_e9, client_equity_e9, holding_e9, target_e9,
    exit_target_e9, remaining_e18, exit_decided, qty_e9, filled_e9, price_e9, final, submitted_at_ns, answered_at_ns)
SELECT
    client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9, kind, reason, code, symbol, side,
    client_order_id, order_id, scaling, rate_num_e9, rate_den_e9, client_equity_e9, holding_e9, target_e9,
    exit_target_e9, remaining_e18, exit_decided, qty_e9, filled_e9, price_e9, final, submitted_at_ns, answered_at_ns
FROM outcomes ORDER BY x, client_id, leg, slot;

DROP TABLE outcomes;
ALTER TABLE outcomes_by_order RENAME TO outcomes;
CREATE INDEX outcomes_working ON outcomes (x) WHERE final = 0 AND slot > 0;

CREATE TRIGGER outcomes_replaced BEFORE UPDATE ON outcomes
BEGIN
    INSERT INTO outcome_history (replaced_at_ns, client_id, x, leg, slot, stored_at_ns, shard, sequence, from_e9, to_e9,
        kind, reason, code, symbol, side, client_order_id, order_id, scaling, rate_num_e9, rate_den_e9,
        client_equity_e9, holding_e9, target_e9, exit_target_e9, remaining_e18, exit_decided, qty_e9, filled_e9,
        price_e9, final, submitted_at_ns, answered_at_ns)
    VALUES (new.stored_at_ns, old.client_id, old.x, old.leg, old.slot, old.stored_at_ns, old.shard, old.sequence,
        old.from_e9, old.to_e9, old.kind, old.reason, old.code, old.symbol, old.side, old.client_order_id,
        old.order_id, old.scaling, old.rate_num_e9, old.rate_den_e9, old.client_equity_e9, old.holding_e9,
        old.target_e9, old.exit_target_e9, old.remaining_e18, old.exit_decided, old.qty_e9, old.filled_e9,
        old.price_e9, old.final, old.submitted_at_ns, old.answered_at_ns);
END;

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
