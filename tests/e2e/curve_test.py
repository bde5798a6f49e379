#!/usr/bin/env python3
"""Links over tcp with keys: the copier with `keygen --actors` and CURVE_DIR copies, every actor a process of its own; who has no
key, or none any more, reads nothing; and beyond this machine nothing starts without."""
import os
import re
import unittest

from copier import BINARY, FIVE, PATIENCE, ROOT, Case, Copier, Tap, entry_size, free_ports
from tap_test import Lines


class Keyed(Copier):
    """Over tcp on loopback; `curve`: with keys."""

    def __init__(self, *arguments, curve=True, **more):
        self.curve, self.port = curve, free_ports(3)
        super().__init__(*arguments, **more)

    def prepare(self, settings, import_csv, keys):
        self.topology = self.write("tcp.topology", "transport tcp\nbase 127.0.0.1:%d\n" % self.port + "".join(
            "actor %s %s\n" % (name, name.split("-")[0])
            for name in ("tap", "alert", "audit", "dispatcher", "executor-1", "executor-2", "listener")))
        self.tap_endpoint = "tcp://127.0.0.1:%d" % (self.port + 2)
        if self.curve:
            self.keys = self.path("keys")
            self.ok("keygen", "--actors", self.topology, "--out", self.keys)
            settings = {**settings, "CURVE_DIR": self.keys}
        super().prepare({**settings, "TAP_ENDPOINT": None}, import_csv, keys)

    def start(self, *arguments, **more):
        if self.curve:
            self.tap = Tap(self.tap_endpoint, self.keys)
        super().start(*arguments, **more)

    def public(self, name):
        return os.path.join(self.keys, "public", name + ".key")

    def secret(self, name):
        return os.path.join(self.keys, "secret", name + ".key_secret")

    def trade(self, qty):
        order = self.simulator.order("master", "buy", "AAPL", qty)["id"]
        return order, self.fill_price("master", order)


class Curve(Case):
    def world(self, **more):
        made = Keyed(FIVE[:3], **more)
        self.addCleanup(made.close)
        made.simulator.control("prices", {"AAPL": "100"})
        return made

    def test_a_trade_is_copied_and_readers_need_the_key(self):
        world = self.world()
        world.start()
        order, price = world.trade(10)
        world.wait_completed(order)
        world.wait_holdings("AAPL", {one["label"]: entry_size(one, 10, price) for one in FIVE[:3]}, "0.01")

        stranger = Tap(world.tap_endpoint)  # without a key
        self.addCleanup(stranger.close)
        with open(os.path.join(ROOT, "docs", "tap.md")) as file:
            program = [one for one in re.findall(r"```python\n(.*?)```", file.read(), re.S) if "curve" in one][0]
        reader = Lines(self, ["/usr/bin/python3", world.write("keys.py", program), world.tap_endpoint, world.secret("monitor"),
                              world.public("tap")])
        command = Lines(self, [BINARY, "tap", "--endpoint", world.tap_endpoint, "--subject", "shard.beat", "--count", "1"],
                        cwd=world.directory, env=world.env)
        world.wait("the documentation's reader prints", lambda: {"shard.beat", "shard.lease"} <= reader.subjects())
        self.assertEqual(command.process.wait(PATIENCE), 0)

        #  the monitor's certificate is deleted: it reads nothing more; another, made meanwhile, does
        world.ok("keygen", "--actors", "--out", world.keys, "--name", "monitor-2")
        os.unlink(world.public("monitor"))
        world.wait("the tap refuses it", lambda: [one for one in world.lines("peer_refused", actor="tap")
                                                  if "unknown key" in one["text"]])
        world.tap.close()
        os.rename(world.secret("monitor-2"), world.secret("monitor"))
        world.tap = Tap(world.tap_endpoint, world.keys)

        def beats(count):
            return lambda: len([one for one in world.tap.seen if one[0] == "shard.beat"]) >= count
        world.wait("beats", beats(4))  # what came before it was cut off is printed by now
        before = len(reader.lines)
        world.wait("more beats", beats(12))
        self.assertEqual(len(reader.lines), before)
        self.assertEqual(stranger.read(0), [])
        order, _ = world.trade(4)
        world.wait_completed(order)
        world.stop()

    def test_an_executor_that_is_revoked_and_comes_back(self):
        world = self.world()
        world.ok("keygen", "--actors", world.topology, "--out", world.keys, "--name", "executor-2")
        world.start()
        os.rename(world.public("executor-2"), world.path("kept"))
        world.wait("its messages are dropped", lambda: [one for one in world.lines("peer_refused", actor="dispatcher")
                                                        if "revoked key" in one["text"]])
        os.rename(world.path("kept"), world.public("executor-2"))
        world.wait_warm()
        order, price = world.trade(10)
        world.wait_completed(order)
        world.wait_holdings("AAPL", {one["label"]: entry_size(one, 10, price) for one in FIVE[:3]}, "0.01")
        world.stop()

    def test_what_does_not_start(self):
        world = self.world(curve=False)
        with open(world.topology) as file:
            far = world.write("far.topology", file.read().replace("127.0.0.1", "10.1.2.3"))
        for arguments in (("run", "--topology", far), ("actor", "audit", "--topology", far), ("actor", "tap", "--topology", far)):
            code, out, err = world.command(*arguments)
            self.assertEqual(code, 78, err)
            self.assertIn("tcp://10.1.2.3:%d" % (world.port + 2), out + err)
            self.assertIn("CURVE_DIR", out + err)
        self.assertEqual(world.command("tap", "--endpoint", "tcp://10.1.2.3:7602")[0], 78)
        code, _, err = world.command("run", TAP_ENDPOINT="tcp://0.0.0.0:%d" % world.port)
        self.assertEqual(code, 78)
        self.assertIn("tcp://0.0.0.0:%d" % world.port, err)

        keys = world.path("keys")
        world.ok("keygen", "--actors", "--out", keys)
        os.rename(os.path.join(keys, "public", "dispatcher.key"), world.path("kept"))
        code, _, err = world.command("run", "--topology", world.topology, CURVE_DIR=keys)
        self.assertEqual(code, 78, err)
        self.assertIn("dispatcher.key", err)
        os.rename(world.path("kept"), os.path.join(keys, "public", "dispatcher.key"))
        with open(os.path.join(keys, "public", "tap.key"), "w") as file:
            file.write("curve\n    public-key = \"half")
        code, _, err = world.command("run", "--topology", world.topology, CURVE_DIR=keys)
        self.assertEqual(code, 78, err)
        self.assertIn("public/tap.key:2", err)
        self.assertNotIn("half", err)
        #  somebody else's certificate
        world.ok("keygen", "--actors", "--out", keys, "--name", "tap", "--force")
        code, out, err = world.command("actor", "executor-1", "--topology", world.topology,
                                       CURVE_SECRET_FILE=os.path.join(keys, "secret", "audit.key_secret"),
                                       CURVE_PUBLIC_DIR=os.path.join(keys, "public"))
        self.assertEqual(code, 78, err)
        self.assertIn("expected one of executor-1", out + err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
