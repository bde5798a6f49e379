#!/usr/bin/env python3
"""The whole copier, the simulator, a stream that is cut: what a person gets by e-mail, from the start to the stop.

Usage: copier_test.py TRADE_COPIER VENV."""
import json
import os
import re
import signal
import subprocess
import sys
import unittest
import urllib.request

import world as house
from world import BINARY, PASSWORD, TOKEN, World, until


class Copier(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)
        self.simulator = subprocess.Popen([BINARY, "simulator", "--port", "0"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end, self.simulator)
        self.url = re.search(r"(http://\S+)", self.simulator.stdout.readline()).group(1)

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()

    def control(self, what, body):
        with urllib.request.urlopen(f"{self.url}/control/{what}", data=json.dumps(body).encode(), timeout=10) as answer:
            return json.load(answer)

    def start(self):
        master = self.control("accounts", [{"label": "master", "cash": 100000}])["accounts"][0]
        key = subprocess.run([BINARY, "keygen"], capture_output=True, text=True, check=True).stdout.strip()
        self.world.write_env(MASTER_ACCOUNT_ID="master", MASTER_API_KEY=master["key_id"], MASTER_SECRET_KEY=master["secret"],
                             ENCRYPTION_KEY=key, DATABASE_URL="sqlite:///copier.db", ALPACA_BASE_URL=self.url,
                             RUN_DIR=self.world.directory, EXECUTOR_SHARDS="1", MAX_CLIENTS="10", GATEWAY_PORT="0")
        self.world.log = os.path.join(self.world.directory, "log")
        with open(self.world.log, "w") as file:
            run = subprocess.Popen([BINARY, "run"], cwd=self.world.directory, stdout=file, stderr=subprocess.STDOUT)
        self.addCleanup(self.end, run)
        return run

    def test_a_cut_stream_is_told_when_it_goes_and_when_it_comes_back(self):
        """t=0 start; the stream is refused and cut: stream_down; it is let in again: stream_up; SIGTERM: stopped."""
        run = self.start()
        world = self.world
        until(lambda: [x for x in world.lines("stream_state") if x.get("state") == "listening"], what="the stream")
        until(lambda: world.mails("] started: alert"), what="the mail of the start")
        self.control("faults", {"stream_refuse_s": 3})
        self.control("faults", {"stream_cut": True})
        until(lambda: world.mails("[critical] stream_down:"), what="the mail that it is down")
        until(lambda: world.mails("[info] stream_up:"), what="the mail that it is up")
        until(lambda: {"started", "stream_down", "stream_up"} <= {b["kind"] for b in world.http.bodies("/hook/")}, what="the posts")
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(60), 0)
        until(lambda: world.mails("] stopped: alert"), what="the mail of the stop")
        with open(world.log) as file:
            text = file.read()
        self.assertNotIn(PASSWORD, text)
        self.assertNotIn(TOKEN, text)

    def test_a_wrong_setting_is_said_before_anything_starts(self):
        for name, value, expected in (("SLACK_WEBHOOK_URL", "hooks.slack.example/" + TOKEN, "https://HOST"),
                                      ("ALERT_EMAIL_TO", "one@example.com,two", "1 to 16 addresses"),
                                      ("SMTP_HOST", "mail.example.com:25/x", "without a port"),
                                      ("SMTP_USERNAME", "nobody", "in SMTP_FROM or SMTP_USERNAME")):
            with self.subTest(name):
                self.world.write_env(**{name: value})
                done = subprocess.run([BINARY, "run"], cwd=self.world.directory, capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn(name, done.stderr)
                self.assertIn(expected, done.stderr)
                self.assertNotIn(TOKEN, done.stderr)


if __name__ == "__main__":
    house.venv_python()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
