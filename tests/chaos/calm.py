"""calm.py: a copier under load without kills: what the tests of a failing neighbour (database, alert channels) share."""
import time

import fleet
from checker import Checker, Range, e9
from trader import Trader
from world import World

SETTLE_S = 120


class Load:
    """`clients` followers, the master trading `fills` executions a minute; `check` is the outside checker's last word."""

    def __init__(self, seed, clients=20, fills=300, settings=None, world=World, with_redis=False, **more):
        self.members = fleet.make(clients, seed)
        self.world = world([one.account for one in self.members], with_redis, {**fleet.SETTINGS, **(settings or {})}, **more)
        self.seed, self.fills, self.trader, self.equities, self.traded_s = seed, fills, None, {}, 0.0

    def start(self):
        self.world.start_all()
        self.trader = Trader(self.world.simulator, self.seed, self.fills)
        self.look()

    def look(self):
        for one in self.world.simulator.control("accounts")["accounts"]:
            now, seen = e9(one["equity"]), self.equities.get(one["label"])
            self.equities[one["label"]] = Range(min(seen.least, now), max(seen.most, now)) if seen else Range(now, now)

    def trade(self, seconds, until=lambda: False):
        began, looked = time.monotonic(), 0.0
        while time.monotonic() - began < seconds and not until():
            self.world.tap.read(0.02)
            self.trader.step(self.traded_s + time.monotonic() - began)
            if time.monotonic() - looked > 5:
                looked = time.monotonic()
                self.look()
            gone = self.world.ended()
            if gone:
                raise AssertionError("ended by itself: %s: %s" % (gone, self.world.last_words(gone[0][0])))
        self.traded_s += time.monotonic() - began

    def closed(self):
        closed = self.world.closings()
        return all(closed.get(x, 0) >= qty for x, qty in self.trader.executed().items())

    def settle(self, calm_s=3):
        """Until everything is closed and durable, and nothing has been under way for so long."""
        self.world.wait("the master's orders are filled", self.trader.finish)
        self.world.wait("every replication is closed", lambda: self.world.idle() and self.closed(), SETTLE_S)
        orders, since = 0, time.monotonic()
        while time.monotonic() - since < calm_s:
            self.world.tap.read(0.1)
            now = self.world.simulator.control("state")["orders"]
            if now != orders or not self.world.idle():
                orders, since = now, time.monotonic()
        self.look()

    def check(self):
        """Stops the copier; the findings, and the history."""
        history = self.world.simulator.control("history")["orders"]
        margin = {label: Range(seen.least - seen.least // 2000, seen.most + seen.most // 2000) for label, seen in self.equities.items()}
        checker = Checker("master", [one.rule for one in self.members], margin)
        checker.check(history)
        codes = self.world.stop_all()
        if any(codes.values()):
            raise AssertionError("a stop with an error: %s" % codes)
        checker.check_outcomes(self.world.outcomes(), list(self.world.closings().items()), history)
        return checker, history
