"""away.py: the database is away under load, of whatever kind and for whatever reason: trading goes on, and afterwards every
outcome is there. Away for AWAY_S seconds (15; the issue's minute: AWAY_S=60)."""
import os
import time
import unittest

from calm import Load

AWAY_S = float(os.environ.get("AWAY_S", "15"))


class Away(unittest.TestCase):
    def load(self, **more):
        made = Load(seed=5, **more)
        self.addCleanup(made.world.close)
        return made

    def story(self, load, leave, come_back, readable=True, calm_s=3):
        """t=0 trading; t=3 the database goes; AWAY_S later it comes back; t+3 trading ends. Everything is copied and told.
        readable: by us, meanwhile. calm_s: how long nothing is under way before we look."""
        load.start()
        load.trade(3)
        alerts = []
        load.world.tap.listeners.append(lambda subject, message, at: subject == "alert.raised" and alerts.append(message["kind"]))
        leave()
        gone_ns, before = time.time_ns(), load.world.closed() if readable else None
        try:
            load.trade(AWAY_S)
            if readable:
                self.assertEqual(load.world.closed(), before, "it was written although it was away")
        finally:
            back_ns = time.time_ns()
            come_back()
        load.trade(3)
        load.settle(calm_s)
        checker, history = load.check()
        meanwhile = [one for one in history if one["label"] != "master" and gone_ns < one["arrived_at_ns"] < back_ns]
        masters = [one for one in history if one["label"] == "master" and gone_ns < one["arrived_at_ns"] < back_ns - 2_000_000_000]
        copied = sum(any(order["arrived_at_ns"] < back_ns for order in history
                         if order["client_order_id"].startswith("tc1-") and order["seq"] > one["seq"] and order["symbol"] == one["symbol"])
                     for one in masters)
        print("\naway %.0f s: %d orders of clients meanwhile, for %d of the master's %d; %d outcomes afterwards; lost %d, doubled %d, wrong %d"
              % ((back_ns - gone_ns) / 1e9, len(meanwhile), copied, len(masters), len(load.world.outcomes()),
                 checker.counts["lost"], checker.counts["doubled"], checker.counts["wrong"]), flush=True)
        self.assertEqual(checker.findings, [])
        self.assertEqual(copied, len(masters), "trading did not go on while it was away")
        self.assertGreater(len(masters), 0)
        self.assertIn("storage_away", alerts)
        self.assertIn("storage_back", alerts)
