--  What the gateway was asked to change, by whom, and how many clients it changed. A row belongs to the audit trail.

CREATE TABLE strategy_changes (
    id INTEGER PRIMARY KEY,
    request TEXT NOT NULL UNIQUE, --  the same one again is answered from here
    stored_at_ns INTEGER NOT NULL,
    at_ns INTEGER NOT NULL,
    who TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    scaling TEXT NOT NULL, --  "unchanged", or the method
    multiplier_e9 INTEGER NOT NULL, --  0 = unchanged
    risk_percent_e9 INTEGER NOT NULL,
    named TEXT NOT NULL, --  clients, comma separated; empty = every one
    clients INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    revision INTEGER NOT NULL --  of the configuration after it
) STRICT;

CREATE VIEW strategies AS
SELECT id, strategy_id, who, strftime ('%Y-%m-%dT%H:%M:%S', at_ns / 1000000000, 'unixepoch') || 'Z' AS at, scaling,
    rtrim (rtrim (printf ('%d.%09d', multiplier_e9 / 1000000000, multiplier_e9 % 1000000000), '0'), '.') AS multiplier,
    rtrim (rtrim (printf ('%d.%09d', risk_percent_e9 / 1000000000, risk_percent_e9 % 1000000000), '0'), '.')
        AS risk_percent,
    CASE named WHEN '' THEN 'all' ELSE named END AS named, clients, changed, revision
FROM strategy_changes;
