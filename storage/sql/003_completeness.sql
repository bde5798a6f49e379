--  Whether every client's outcome of X reaches Q is counted before a replication is stored.

DROP INDEX outcomes_by_x;
CREATE INDEX outcomes_by_x ON outcomes (x, to_e9);
