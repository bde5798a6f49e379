#!/usr/bin/env python3
"""What the tap promises: ten lines of Python read it (the very lines of docs/tap.md), and so do `trade-copier tap` and `shards`."""
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

from copier import BINARY, FIVE, PATIENCE, ROOT, Case


class Lines:
    """The lines that a program prints, as they come."""

    def __init__(self, case, command, **options):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")))
        self.reader.start()
        case.addCleanup(self.close)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def subjects(self):
        return {line.split(" ", 1)[0] for line in list(self.lines)}


class Taps(Case):
    def world(self):
        made = self.copier(FIVE[:3])
        made.simulator.control("prices", {"AAPL": "100"})
        made.start()
        return made

    def trade_until(self, world, what, condition):
        """The master goes in and out until the reader has seen it: a subscriber may come too late for the first one."""
        def traded():
            for side in ("buy", "sell"):
                world.fill_price("master", world.simulator.order("master", side, "AAPL", 3)["id"])
            end = time.monotonic() + 3
            while time.monotonic() < end and not condition():
                time.sleep(0.05)
            return condition()
        world.wait(what, traded)

    def test_the_ten_lines_of_the_documentation(self):
        with open(os.path.join(ROOT, "docs", "tap.md")) as file:
            program = re.search(r"```python\n(.*?)```", file.read(), re.S).group(1)
        self.assertLessEqual(len([line for line in program.splitlines() if line.strip()]), 10)
        world = self.world()
        script = world.write("ten.py", program)
        everything = Lines(self, ["/usr/bin/python3", script, world.tap_endpoint])
        one = Lines(self, ["/usr/bin/python3", script, world.tap_endpoint, "copy.result"])
        wanted = {"master.order", "copy.command", "copy.result", "replication.completed", "replication.stored", "shard.beat"}
        self.trade_until(world, "%s printed" % wanted, lambda: wanted <= everything.subjects() and one.lines)
        self.assertEqual(one.subjects(), {"copy.result"})
        result = next(line for line in list(everything.lines) if line.startswith("copy.result"))
        self.assertIn("'client_id': '", result)
        self.assertIn("'qty_e9': ", result)
        self.assertIsNone(everything.process.poll())
        world.stop()

    def test_the_command_prints_json(self):
        world = self.world()
        tap = Lines(self, [BINARY, "tap", "--subject", "copy", "--json", "--count", "5"], cwd=world.directory, env=world.env)
        self.trade_until(world, "five messages and the end", lambda: tap.process.poll() is not None)
        tap.reader.join(PATIENCE)
        self.assertEqual((tap.process.returncode, tap.process.stderr.read()), (0, ""))
        messages = [json.loads(line) for line in tap.lines]
        self.assertEqual(len(messages), 5)
        for one in messages:
            self.assertIn(one["subject"], ("copy.command", "copy.result", "copy.history"))
            self.assertIsInstance(one["message"], dict)
        plain = Lines(self, [BINARY, "tap", "--subject", "shard.beat", "--count", "1"], cwd=world.directory, env=world.env)
        self.assertEqual(plain.process.wait(PATIENCE), 0)
        plain.reader.join(PATIENCE)
        self.assertRegex(plain.lines[0], r"^\d\d:\d\d:\d\d\.\d{3} shard\.beat +\{.*\}$")
        world.stop()

    def test_the_shards_are_shown(self):
        world = self.world()
        shards = json.loads(world.ok("shards", "--json"))
        self.assertEqual([(one["name"], one["state"], one["moving"], one["weight"]) for one in shards],
                         [("executor-1", "live", 0, 100), ("executor-2", "live", 0, 100)])
        self.assertEqual(sum(one["clients"] for one in shards), 3)
        for one in shards:
            self.assertTrue(0 < one["lease_left_ms"] <= 2000, one)
        table = world.ok("shards").splitlines()
        self.assertRegex(table[0], "^SHARD +STATE +CLIENTS")
        self.assertEqual((len(table), table[-1]), (4, "2 shards"))
        world.stop()
        self.assertNotEqual(world.command("shards")[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
