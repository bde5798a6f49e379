#!/usr/bin/env python3
"""The master's stream is refused, mute, or its listener dies, while the master trades: every trade is copied, once.

All of it at the broker's limit of 200 requests a minute. STREAM_REFUSED_SECONDS (20 here, 90 at the broker) is how long the
broker answers handshakes with 429. Times decide nothing but which way a trade was copied, and that is read from the log."""
import os
import re
import signal
import time
import unittest

from copier import FIVE, NEARLY, Case, entry_size

REFUSED = int(os.environ.get("STREAM_REFUSED_SECONDS", "20"))
CLIENTS = FIVE[:3]
PERIOD = 5


class Streams(Case):
    def world(self):
        made = self.copier(CLIENTS)
        made.simulator.control("prices", {"AAPL": "100", "MSFT": "200", "SPY": "50"})
        made.simulator.control("faults", {"rate_limit": 200, "list_lag_ms": 200})
        made.start()
        made.wait("the first catch-up", lambda: made.lines("caught_up"))
        return made

    def polled(self, world, x=None):
        return [line for line in world.lines("copied_by_polling") if x in (None, line["x"])]

    def lateness(self, lines):
        return sorted(int(re.search(r"copied (-?\d+) ms", line["text"]).group(1)) for line in lines)

    def trade(self, world, side, symbol, qty):
        return world.simulator.order("master", side, symbol, qty)["id"]

    def sizes(self, qty, price):
        return {one["label"]: entry_size(one, qty, price) for one in CLIENTS}

    def test_a_refused_stream_is_replaced_by_polling(self):
        """t=0 cut, handshakes are answered 429 for REFUSED s; every 5 s the master buys 10 or sells 10; each is copied before
        the next one; then the stream is back, and what it brings is not polled any more."""
        world = self.world()
        world.simulator.control("faults", {"stream_refuse_s": REFUSED, "stream_cut": True})
        begin, orders = time.monotonic(), []
        while time.monotonic() - begin < REFUSED - 4:
            side = "sell" if len(orders) % 2 else "buy"
            orders.append((side, self.trade(world, side, "AAPL", 10)))
            wanted = self.sizes(10, 100) if side == "buy" else dict.fromkeys(self.sizes(10, 100), 0)
            world.wait_holdings("AAPL", wanted, NEARLY)
            self.assertFalse(world.listening(), "copied while the stream is away")
            world.wait("its log line", lambda: self.polled(world, orders[-1][1]))
            time.sleep(max(0, begin + PERIOD * len(orders) - time.monotonic()))
        world.wait("the stream again", world.listening, seconds=REFUSED + 60)
        back = time.monotonic() - begin
        down = [line for line in world.lines("alert") if line.get("kind") == "stream_down"]
        up = [line for line in world.lines("alert") if line.get("kind") == "stream_up"]
        self.assertEqual((len(down), len(up)), (1, 1))
        self.assertIn("copying by polling", down[0]["text"])
        self.assertIn("%d executions were copied by polling" % len(orders), up[0]["text"])
        self.assertEqual([line["x"] for line in self.polled(world)], [x for _, x in orders])
        late = self.lateness(self.polled(world))
        print("\nrefused for %d s: %d trades copied by polling, late by %d ms (least), %d (median), %d (most); back after %.1f s"
              % (REFUSED, len(orders), late[0], late[len(late) // 2], late[-1], back))
        x = self.trade(world, "buy", "MSFT", 10)
        world.wait_holdings("MSFT", self.sizes(10, 200), NEARLY)
        world.wait_completed(x)
        world.stop()
        self.assertEqual(self.polled(world, x), [])
        buys = sum(side == "buy" for side, _ in orders)
        for label, qty in self.sizes(10, 100).items():
            self.check_nothing_doubled(world, "AAPL", "buy", {label: qty * buys})
            self.check_nothing_doubled(world, "AAPL", "sell", {label: qty * (len(orders) - buys)})
        self.check_nothing_doubled(world, "MSFT", "buy", self.sizes(10, 200))

    def test_a_mute_stream_costs_time_but_no_trade(self):
        """t=0 the socket stays open and says nothing; the master buys: copied from REST; the stream is opened again."""
        world = self.world()
        opened = len(world.lines("stream_state", state="listening"))
        world.simulator.control("faults", {"stream_mute_s": 60})
        x = self.trade(world, "buy", "AAPL", 10)
        world.wait_holdings("AAPL", self.sizes(10, 100), NEARLY)
        world.wait("its log line", lambda: self.polled(world, x))
        world.wait("another connection", lambda: len(world.lines("stream_state", state="connecting")) > 1)
        world.simulator.control("faults", {"stream_mute_s": 0})
        world.wait("the stream again", lambda: len(world.lines("stream_state", state="listening")) > opened)
        world.wait("the alert", lambda: [one for one in world.lines("alert") if one.get("kind") == "stream_up"])
        print("\nmute: copied %d ms after it executed" % self.lateness(self.polled(world, x))[0])
        y = self.trade(world, "sell", "AAPL", 10)
        world.wait_holdings("AAPL", dict.fromkeys(self.sizes(10, 100), 0), NEARLY)
        world.stop()
        self.check_nothing_doubled(world, "AAPL", "buy", self.sizes(10, 100))
        self.check_nothing_doubled(world, "AAPL", "sell", self.sizes(10, 100))
        self.assertEqual(self.polled(world, y), [])

    def test_what_executes_while_the_listener_is_dead_is_copied(self):
        """kill -9; the master buys SPY and sells the AAPL it held before the listener is back: both are copied, once."""
        world = self.world()
        first = self.trade(world, "buy", "AAPL", 10)
        world.wait_completed(first)
        world.wait_holdings("AAPL", self.sizes(10, 100), NEARLY)
        world.simulator.control("faults", {"stream_refuse_s": 5})
        os.kill(world.pid("listener"), signal.SIGKILL)
        self.trade(world, "buy", "SPY", 20)
        self.trade(world, "sell", "AAPL", 10)
        world.wait_holdings("SPY", self.sizes(20, 50), NEARLY)
        world.wait_holdings("AAPL", dict.fromkeys(self.sizes(10, 100), 0), NEARLY)
        world.wait("the catch-up of its new life", lambda: len(world.lines("caught_up")) > 1)
        world.wait("the stream again", world.listening)
        world.stop()
        for symbol, side, sizes in (("AAPL", "buy", self.sizes(10, 100)), ("AAPL", "sell", self.sizes(10, 100)),
                                    ("SPY", "buy", self.sizes(20, 50)), ("SPY", "sell", dict.fromkeys(self.sizes(1, 1), 0))):
            self.check_nothing_doubled(world, symbol, side, sizes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
