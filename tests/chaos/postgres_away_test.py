#!/usr/bin/python3 -B
"""A running audit's PostgreSQL is away under load: killed, stopped, restarted again and again, and with an audit that is killed
meanwhile, too. Trading goes on, and afterwards every outcome is stored."""
import shutil
import tempfile
import time
import unittest

from away import AWAY_S, Away
from world import house  # noqa: F401  (its path leads to postgres_server)
from postgres_server import Postgres


class PostgresAway(Away):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="tc-postgres-")
        self.addCleanup(shutil.rmtree, directory)
        self.server = Postgres(directory)
        self.addCleanup(self.server.kill)

    def test_killed(self):
        load = self.load(database=self.server)
        self.story(load, self.server.kill, self.server.start, readable=False)

    def test_stopped(self):
        """Its processes stop: connections stay, and nobody answers."""
        load = self.load(database=self.server)
        self.story(load, self.server.pause, self.server.go_on, readable=False)

    def test_the_audit_is_killed_while_it_is_away(self):
        """t+2 kill -9 of the audit, which comes up without a database: what it had not stored is told again."""
        load = self.load(database=self.server)

        def leave():
            self.server.kill()
            load.trade(2)
            load.world.kill("audit")
            load.world.start_actor("audit")
        #  an end that was told to the audit that died is asked for again every 10 s (unfinished.c)
        self.story(load, leave, self.server.start, readable=False, calm_s=25)

    def test_it_comes_and_goes(self):
        """Killed and started again every second or so, under load all the time."""
        load = self.load(database=self.server)
        load.start()
        load.trade(2)
        end, times = time.monotonic() + AWAY_S, 0
        while time.monotonic() < end:
            self.server.kill()
            load.trade(0.5)
            self.server.start()
            load.trade(1)
            times += 1
        load.settle()
        checker, _ = load.check()
        print("\nkilled %d times; %d outcomes; lost %d, doubled %d, wrong %d" % (
            times, len(load.world.outcomes()), checker.counts["lost"], checker.counts["doubled"], checker.counts["wrong"]), flush=True)
        self.assertEqual(checker.findings, [])
        self.assertEqual(self.server.ask("SELECT count (*) FROM (SELECT 1 FROM alerts GROUP BY at_ns, kind, subject, text "
                                         "HAVING count (*) > 1) AS doubled"), "0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
