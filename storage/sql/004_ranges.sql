--  The ranges of X that each client's outcomes answer for, in order: read whenever a replication is to be stored.

DROP INDEX outcomes_by_x;
CREATE INDEX outcomes_by_x ON outcomes (x, client_id, from_e9, to_e9);
CREATE INDEX outcome_history_by_x ON outcome_history (x, client_id, from_e9, to_e9);
