--  What a restart has to know: exits as they were decided, when an X began and whether it ended, what still works at the
--  broker. Rows of the first version get 0: not known.

ALTER TABLE events ADD COLUMN current_e9 INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_by_x ON events (x);

ALTER TABLE marks ADD COLUMN final INTEGER NOT NULL DEFAULT 0;
ALTER TABLE marks ADD COLUMN first_at_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE marks ADD COLUMN executed_at_ns INTEGER NOT NULL DEFAULT 0;

ALTER TABLE outcomes ADD COLUMN exit_target_e9 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcomes ADD COLUMN remaining_e18 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcomes ADD COLUMN exit_decided INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outcomes_working ON outcomes (x) WHERE final = 0 AND slot > 0;

ALTER TABLE outcome_history ADD COLUMN exit_target_e9 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcome_history ADD COLUMN remaining_e18 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcome_history ADD COLUMN exit_decided INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER outcomes_replaced;
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
