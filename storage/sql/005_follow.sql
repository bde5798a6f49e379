--  When a client was switched off: what executed until then is still owed an outcome. 0 = it follows, or was off before this
--  was kept.

ALTER TABLE clients ADD COLUMN follow_until_ns INTEGER NOT NULL DEFAULT 0;
