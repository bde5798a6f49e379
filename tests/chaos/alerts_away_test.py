#!/usr/bin/python3 -B
"""The alert channels die under load: the copies do not notice.

Every replication raises an alert (a latency threshold of a millisecond), mail and webhook are on. Four times PHASE_S seconds
(10) of trading: both answer; both killed (connections refused); both there but mute (SIGSTOP); both back. The ratios of the
copies' p95 (the master's execution leaves the broker -> the client's order arrives) are printed; no time decides."""
import os
import signal
import subprocess
import sys
import time
import unittest

from calm import Load
from report import first_orders, rank
from world import HERE, house

PHASE_S = float(os.environ.get("PHASE_S", "10"))
CHANNELS = ("smtp", "http")


class Alerts(unittest.TestCase):
    def setUp(self):
        self.folder = house.tempfile.mkdtemp(prefix="tc-alerts-")
        self.addCleanup(house.shutil.rmtree, self.folder, True)
        self.port, self.servers = house.free_ports(6) + 4, {}  # behind those that the copier takes
        self.addCleanup(self.end)
        self.load = Load(7, fills=300, settings={
            "ENABLE_EMAIL_ALERTS": "true", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(self.port), "SMTP_USE_TLS": "false",
            "SMTP_FROM": "copier@example.com", "ALERT_EMAIL_TO": "me@example.com", "ENABLE_WEBHOOK_ALERTS": "true",
            "ALERT_WEBHOOK_URL": "http://127.0.0.1:%d/hook" % (self.port + 1), "ALERT_COOLDOWN": "0", "ALERT_DIGEST_INTERVAL": "1",
            "LATENCY_WARNING_THRESHOLD": "1", "LATENCY_CRITICAL_THRESHOLD": "1"})
        self.addCleanup(self.load.world.close)

    def begin(self):
        for n, name in enumerate(CHANNELS):
            self.servers[name] = subprocess.Popen([sys.executable, "-B", os.path.join(HERE, "endpoints.py"), name,
                                                   str(self.port + n), os.path.join(self.folder, name)])

    def end(self):
        for server in self.servers.values():
            server.kill()
            server.wait()
        self.servers = {}

    def delivered(self):
        counts = []
        for name in CHANNELS:
            path = os.path.join(self.folder, name)
            counts.append(0)
            if os.path.exists(path):
                with open(path) as file:
                    counts[-1] = len(file.readlines())
        return counts

    def phase(self, name):
        began, before = time.time_ns(), self.delivered()
        self.load.trade(PHASE_S)
        self.load.world.wait("quiet", self.load.trader.finish)
        self.phases.append((name, began, time.time_ns(), [b - a for a, b in zip(before, self.delivered())]))

    def test_killing_both_delays_no_copy(self):
        self.phases = []
        self.begin()
        self.load.start()
        self.load.trade(3)
        self.phase("alive")
        self.end()
        self.phase("killed")
        self.begin()
        time.sleep(1)
        for server in self.servers.values():
            server.send_signal(signal.SIGSTOP)
        self.phase("mute")
        for server in self.servers.values():
            server.send_signal(signal.SIGCONT)
        #  what was on its way when they fell silent counts too: it is more than that when the channels are used again
        self.load.world.wait("alerts again", lambda: all(now > was + 5 for now, was in zip(self.delivered(), self.sum_of_phases())), 120)
        self.phase("back")
        self.load.settle()
        checker, history = self.load.check()
        self.tell(checker, history)
        self.assertEqual(checker.findings, [])
        alive, killed, mute = (phase[3] for phase in self.phases[:3])
        self.assertTrue(min(alive) > 0, "no alert came while the channels were there: %s" % alive)
        self.assertEqual((killed, mute), ([0, 0], [0, 0]))

    def sum_of_phases(self):
        return [sum(phase[3][n] for phase in self.phases) for n in range(len(CHANNELS))]

    def tell(self, checker, history):
        """A table of the phases; each client's first order of a trade and leg counts."""
        sent = {order["id"]: order["executions"][0]["sent_at_ns"] for order in history if order["label"] == "master"}
        took = {name: sorted((order["arrived_at_ns"] - sent[x]) / 1e6 for x, _, order in first_orders(checker, history)
                             if began < sent[x] < ended) for name, began, ended, _ in self.phases}
        print()
        for name, _, _, counts in self.phases:
            print("channels %-6s %5d copies: p50 %6.1f ms, p95 %6.1f ms = %.2f x alive; delivered %d mails, %d posts" % (
                name, len(took[name]), rank(took[name], 50), rank(took[name], 95), rank(took[name], 95) / rank(took["alive"], 95), *counts))
        sys.stdout.flush()


if __name__ == "__main__":
    unittest.main(verbosity=2)
