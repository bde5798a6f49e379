--  The earlier states of X that a state came with (trade.steps), as "executed_at_ns qty_e9 opened_e9 remaining_e18;" each,
--  oldest first: what a shard that never heard of them needs to copy X state by state.

ALTER TABLE events ADD COLUMN steps TEXT NOT NULL DEFAULT '';
