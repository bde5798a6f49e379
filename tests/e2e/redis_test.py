#!/usr/bin/env python3
"""Redis beside a copier that trades: what people see in it, and that nothing that happens to it changes a copy.

Run by ctest with TRADE_COPIER; `redis_test.py Processes.test_…` runs one."""
import os
import shutil
import signal
import tempfile
import threading
import time
import unittest

from copier import FIVE, NEARLY, Case, entry_size, find_files
from redis_server import ENCODED, PASSWORD, Redis


class Stories:
    topology = None

    def world(self, clients=FIVE, start=True, **settings):
        """A copier that is configured, and its Redis."""
        directory = tempfile.mkdtemp(prefix="tc-redis-")
        self.addCleanup(shutil.rmtree, directory)
        self.redis = Redis(directory)
        self.addCleanup(self.redis.kill)
        if start:
            self.redis.start()
        made = self.copier(clients, topology=self.topology, settings={"REDIS_URL": self.redis.url, **settings})
        made.simulator.control("prices", {"AAPL": "100", "MSFT": "200", "SPY": "50", "KO": "80", "JPM": "160", "V": "40"})
        return made

    def buy(self, world, symbol, qty=10):
        """The master buys at the market; each client gets its size. Returns X; what is held is remembered."""
        x = world.simulator.order("master", "buy", symbol, qty)["id"]
        price = world.fill_price("master", x)
        self.sizes = getattr(self, "sizes", {})
        self.sizes[symbol] = {one["label"]: entry_size(one, qty, price) for one in world.clients}
        world.wait_holdings(symbol, self.sizes[symbol], NEARLY)
        world.wait_completed(x)
        return x

    def away(self, world, count):
        world.wait("%d alerts that Redis is away" % count, lambda: len(
            world.lines("alert", kind="storage_away", subject="redis")) >= count)

    def back(self, world, count):
        world.wait("%d alerts that Redis is back" % count, lambda: len(
            world.lines("alert", kind="storage_back", subject="redis")) >= count)

    def marked(self, world, *xs):
        """Every one of these marks is in Redis, with its quantity."""
        world.wait("the marks in Redis", lambda: all(
            self.redis.hash("tc:dedup:master:" + x).get("qty") == "10" for x in xs))

    def check_copies(self, world):
        for symbol, sizes in self.sizes.items():
            self.check_nothing_doubled(world, symbol, "buy", sizes)

    def test_what_happens_to_redis_changes_no_copy(self):
        """A trade each: while all is well; after kill -9; after it came back empty; while it is stopped; while it is full;
        after it was wiped. Then everything is sold."""
        world = self.world()
        world.start()
        xs = [self.buy(world, "AAPL")]
        self.marked(world, *xs)
        world.wait("a breaker a client", lambda: len(self.redis.keys("tc:breaker:*")) == len(FIVE))
        self.assertEqual({self.redis.hash(key)["state"] for key in self.redis.keys("tc:breaker:*")}, {"closed"})

        self.redis.kill()
        xs.append(self.buy(world, "MSFT"))
        self.away(world, 1)
        self.redis.start()
        self.back(world, 1)
        self.marked(world, *xs)
        self.assertEqual(len(self.redis.keys("tc:breaker:*")), len(FIVE))

        self.redis.pause()
        xs.append(self.buy(world, "SPY"))
        self.away(world, 2)
        self.redis.go_on()
        self.back(world, 2)
        self.marked(world, *xs)

        self.redis.cli("CONFIG", "SET", "maxmemory", "1")
        xs.append(self.buy(world, "KO"))
        self.away(world, 3)
        self.redis.cli("CONFIG", "SET", "maxmemory", "0")
        self.back(world, 3)
        self.marked(world, *xs)

        self.redis.cli("FLUSHALL")
        xs.append(self.buy(world, "JPM"))
        self.back(world, 4)
        self.marked(world, *xs)

        for symbol in self.sizes:
            world.simulator.order("master", "sell", symbol, 10)
        for symbol, sizes in self.sizes.items():
            world.wait_holdings(symbol, {label: 0 for label in sizes})
        self.assertEqual(world.lines("redis_key"), [])
        world.stop()
        self.check_copies(world)
        for symbol, sizes in self.sizes.items():
            self.check_nothing_doubled(world, symbol, "sell", sizes)
        self.check_no_password(world)

    def check_no_password(self, world):
        """Neither in what was said nor on disk; .env alone has it."""
        for path in find_files(world.directory):
            if os.path.basename(path) == ".env":
                continue
            with open(path, "rb") as file:
                content = file.read()
            self.assertNotIn(PASSWORD.encode(), content, path)
            self.assertNotIn(ENCODED.encode(), content, path)
        self.assertNotIn(PASSWORD.encode(), bytes(world.tap.raw))

    def test_it_is_not_there_at_the_start(self):
        world = self.world(FIVE[:2], start=False)
        world.start()
        self.away(world, 1)
        x = self.buy(world, "AAPL")
        self.redis.start()
        self.back(world, 1)
        self.marked(world, x)
        world.stop()
        self.check_copies(world)

    def test_it_trades_while_redis_comes_and_goes(self):
        """Redis is killed, wiped and stopped all the time, for eighteen trades."""
        world = self.world(FIVE[:3])
        world.start()
        over = threading.Event()
        trouble = threading.Thread(target=self.trouble, args=(over,))
        trouble.start()
        try:
            for _ in range(3):
                for symbol in ("AAPL", "MSFT", "SPY"):
                    self.buy(world, symbol)
                for symbol in self.sizes:
                    world.simulator.order("master", "sell", symbol, 10)
                for symbol, sizes in self.sizes.items():
                    world.wait_holdings(symbol, {label: 0 for label in sizes})
        finally:
            over.set()
            trouble.join()
        world.wait("every mark in Redis", lambda: len(self.redis.keys("tc:dedup:*")) == 18)
        world.stop()
        for symbol in self.sizes:
            for label in self.sizes[symbol]:
                orders = world.simulator.history(label, symbol)
                self.assertEqual([one["side"] for one in orders], ["buy", "sell"] * 3)

    def trouble(self, over):
        while not over.is_set():
            self.redis.kill()
            over.wait(0.3)
            self.redis.start()
            over.wait(0.5)
            self.redis.cli("FLUSHALL")
            over.wait(0.5)
            self.redis.pause()
            over.wait(2.5)
            self.redis.go_on()
            over.wait(0.5)

    def breaker(self, world, client, state):
        """Its hash, once it has this state."""
        key = "tc:breaker:" + client

        def read():
            found = self.redis.hash(key)  # once: the next state may come before a second look
            return found if found.get("state") == state else None
        return world.wait("%s %s in Redis" % (client, state), read, explain=lambda: self.redis.hash(key))

    def test_a_breaker_opens_and_closes_before_our_eyes(self):
        """closed; the broker answers one client's orders with 503: open, with the reason; two seconds later a read of the
        account is the probe: half_open, for as long as the broker takes for it; closed."""
        world = self.world(FIVE[:2], FAILURE_THRESHOLD="1", MAX_RETRY_ATTEMPTS="1", RETRY_INITIAL_DELAY="0.05",
                           CIRCUIT_TIMEOUT="2")
        world.start()
        self.assertEqual(self.breaker(world, "half", "closed")["opened_at"], "")
        world.simulator.control("faults", {"account": "half", "status": 503, "status_count": 1000, "status_method": "POST"})
        world.simulator.order("master", "buy", "AAPL", 10)
        breaker = self.breaker(world, "half", "open")
        world.simulator.control("faults", {"account": "half", "latency_ms": 3000})
        self.assertEqual(set(breaker), {"state", "failures", "opened_at", "retry_at", "last_error", "stored_at"})
        self.assertGreaterEqual(int(breaker["failures"]), 1)
        for field in ("opened_at", "retry_at", "stored_at"):
            self.assertRegex(breaker[field], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertLess(breaker["opened_at"], breaker["retry_at"])
        self.assertNotEqual(breaker["last_error"], "")
        self.assertEqual(self.redis.cli("TTL", "tc:breaker:half"), "-1")
        self.assertEqual(self.breaker(world, "half", "half_open")["opened_at"], breaker["opened_at"])
        closed = self.breaker(world, "half", "closed")
        self.assertEqual((closed["failures"], closed["opened_at"]), ("0", ""))
        self.assertEqual(self.redis.hash("tc:breaker:bold")["state"], "closed")
        self.assertEqual(self.redis.hash("tc:breaker:bold")["stored_at"], "")
        world.stop()


class Processes(Stories, Case):
    """`run`: a process an actor, over ipc."""
    topology = "local"

    def loaded(self, world, since):
        return {m["x"]: m["qty_e9"] for subject, m, at in world.tap.seen if subject == "state.mark" and at > since}

    def kill_actor(self, world, name):
        pid, killed = world.pid(name), time.monotonic()
        os.kill(pid, signal.SIGKILL)
        world.wait("another " + name, lambda: world.actors()[name] != pid)
        world.wait_warm(killed)
        return killed

    def test_marks_outlive_the_databases_progress(self):
        """The database's marks are deleted while it is stopped; Redis still has them, and the dispatcher gets them."""
        world = self.world(FIVE[:2])
        world.start()
        x = self.buy(world, "AAPL")
        self.marked(world, x)
        world.stop()
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(world.path("copier.db" + suffix)):
                shutil.copy(world.path("copier.db" + suffix), world.path("whole.db" + suffix))
        import sqlite3
        with sqlite3.connect(world.path("copier.db")) as database:
            for table in ("events", "outcomes", "outcome_history", "replications", "marks", "breakers", "alerts"):
                database.execute("DELETE FROM " + table)
        database.close()
        world.start()
        killed = self.kill_actor(world, "dispatcher")  # the tap listens to this load from its beginning
        world.wait("the mark at a load", lambda: self.loaded(world, killed).get(x) == 10 * 10**9)
        self.buy(world, "MSFT")
        world.stop()
        self.check_copies(world)

    def test_a_load_does_not_wait_for_a_redis_that_is_stopped(self):
        world = self.world(FIVE[:2])
        world.start()
        x = self.buy(world, "AAPL")
        self.marked(world, x)
        self.redis.pause()
        self.away(world, 1)
        killed = self.kill_actor(world, "dispatcher")
        world.wait("the mark at a load", lambda: self.loaded(world, killed).get(x) == 10 * 10**9)
        self.buy(world, "MSFT")
        self.redis.go_on()
        self.back(world, 1)
        world.stop()
        self.check_copies(world)

    def test_the_audit_dies_while_redis_is_wiped(self):
        """Nobody asks the new one for everything; it knows by itself what to write."""
        world = self.world(FIVE[:2])
        world.start()
        x = self.buy(world, "AAPL")
        self.marked(world, x)
        self.redis.kill()
        self.away(world, 1)
        self.kill_actor(world, "audit")
        self.redis.start()
        self.marked(world, x)
        world.wait("a breaker a client", lambda: len(self.redis.keys("tc:breaker:*")) == 2)
        self.marked(world, self.buy(world, "MSFT"))
        world.stop()
        self.check_copies(world)

    def test_a_stop_does_not_wait_for_it(self):
        world = self.world(FIVE[:1])
        world.start()
        self.redis.pause()
        self.buy(world, "AAPL")
        world.stop()
        self.check_copies(world)

    def test_bad_addresses(self):
        world = self.world(FIVE[:1], start=False)
        for url, expected in (("redis://:%s@host:port" % ENCODED, "port"), ("http://:%s@host" % ENCODED, "redis://"),
                              ("redis://:%s@host/two" % ENCODED, "database"), ("rediss://:%s@host" % ENCODED, "TLS")):
            if url.startswith("rediss") and "without" not in world.command("run", REDIS_URL=url)[2]:
                continue  # this hiredis has TLS
            code, out, err = world.command("run", REDIS_URL=url)
            self.assertEqual(code, 78, err)
            self.assertIn("REDIS_URL", err)
            self.assertIn(expected, err)
            self.assertNotIn(ENCODED, out + err)
            self.assertNotIn(PASSWORD, out + err)


class Single(Stories, Case):
    """`run --topology single`: the same actors as threads of one process."""
    topology = "single"


if __name__ == "__main__":
    unittest.main(verbosity=2)
