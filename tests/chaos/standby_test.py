#!/usr/bin/python3 -B
"""Dispatcher and listener stand twice, and whoever leads dies, is stopped, or is cut off from Redis while the master trades.

Nothing is lost, doubled or wrong by the outside checker, two leaders at once included; how long each take-over took is
printed and bounds nothing but a test that hangs (the issue asks for 3 s)."""
import time
import unittest

from calm import Load
from pairs import KEYS, Pairs

PATIENCE = 60
FACTS = {"dispatcher": ("shard.lease", "copy.command"), "listener": ("master.order",)}


class Standby(unittest.TestCase):
    def load(self, seed):
        made = Load(seed=seed, world=Pairs, with_redis=True)
        self.addCleanup(made.world.close)
        self.load_, self.world = made, made.world
        made.start()
        for role in KEYS:
            self.world.wait("a %s leads" % role, lambda role=role: self.world.leader(role))
        return made

    def until(self, what, condition):
        """The master trades until it holds."""
        self.load_.trade(PATIENCE, condition)
        self.assertTrue(condition(), "not within %d s: %s" % (PATIENCE, what))

    def take_over(self, role, strike):
        """Something happens to the leader, and the other one leads. Prints when; returns who led and who leads."""
        old = self.world.leader(role)
        self.assertIsNotNone(old)
        new, seen = self.world.other(old), {}
        began = time.monotonic()
        strike(old)
        leads = []

        def look(subject, message, at):
            if leads and subject in FACTS[role]:
                seen.setdefault(subject, at - began)

        def led():
            if not leads and self.world.leader(role) == new:
                leads.append(time.monotonic() - began)
            return leads
        told = []
        self.world.tap.listeners.append(look)
        self.world.tap.listeners.append(lambda subject, message, at: subject == "alert.raised" and message["subject"] == role and
                                        "taken over" in message["text"] and told.append(message["text"]))
        self.until("%s leads" % new, led)
        self.until("%s works" % new, lambda: len(seen) == len(FACTS[role]))
        self.until("people are told", lambda: told)
        self.world.tap.listeners.remove(look)
        print("\n%s: nominated after %.2f s, first %s" % (new, leads[0], ", first ".join(
            "%s after %.2f s" % pair for pair in seen.items())), flush=True)
        return old, new

    def end(self, superseded):
        self.load_.trade(3)
        self.load_.settle()
        self.assertLessEqual(set(superseded), {name for name, _ in self.world.superseded})
        checker, _ = self.load_.check()
        print("%d copies due: lost %d, doubled %d, wrong %d" % (
            checker.due, checker.counts["lost"], checker.counts["doubled"], checker.counts["wrong"]), flush=True)
        self.assertEqual(checker.findings, [])
        self.assertGreater(checker.due, 0)

    def kill(self, role):
        """t=0 trading; t=3 kill -9 of the leader, the other one takes over; t+3 the dead one comes back, to stand by."""
        self.load(seed=11).trade(3)
        old, new = self.take_over(role, lambda name: (self.world.kill(name), self.world.children.pop(name)))
        self.load_.trade(3)
        self.world.start_actor(old)
        self.until("%s stands by" % old, lambda: self.world.said(old, '"event":"standby"'))
        self.load_.trade(2)
        self.assertEqual(self.world.leader(role), new)
        self.end([])

    def test_the_dispatcher_is_killed(self):
        self.kill("dispatcher")

    def test_the_listener_is_killed(self):
        self.kill("listener")

    def pause(self, role):
        """t=0 trading; t=3 the leader is stopped, the other one takes over; t=8 it goes on, in the belief that it leads,
        finds the other one's name, and ends with 75."""
        self.load(seed=12).trade(3)
        began = time.monotonic()
        old, new = self.take_over(role, self.world.pause)
        self.load_.trade(max(0.0, 5 - (time.monotonic() - began)))
        self.world.go_on(old)
        self.until("%s ends" % old, lambda: self.world.superseded)
        self.assertIn("superseded", self.world.superseded[0][1])
        self.until("%s stands by" % old, lambda: self.world.said(old, '"event":"standby"'))
        self.load_.trade(2)
        self.assertEqual(self.world.leader(role), new)
        self.end([old])

    def test_the_dispatcher_is_stopped(self):
        self.pause("dispatcher")

    def test_the_listener_is_stopped_and_its_stream_lingers(self):
        """Meanwhile the broker refuses a second stream: its heir copies by polling until the first one's is gone."""
        self.pause("listener")
        heir = self.world.leader("listener") or self.world.superseded and self.world.other(self.world.superseded[0][0])
        with open(self.world.log_of(heir)) as log:
            self.assertIn("copying_by_polling", log.read())

    def two(self, role):
        """t=0 trading; t=3 the leader is cut off from Redis: it leads on, and the other one is nominated, too. The first is
        stopped for 4 s, so that everybody goes over to the second: when it goes on there are two, for five seconds. Then it
        may ask Redis again, and ends."""
        self.load(seed=13).trade(3)
        old = self.world.leader(role)
        new = self.world.other(old)
        self.world.relays[old].cut()
        self.until("%s is nominated" % new, lambda: self.world.leader(role) == new)
        self.load_.trade(2)
        self.world.pause(old)
        self.load_.trade(4)
        self.world.go_on(old)
        self.load_.trade(5)
        self.assertNotIn(old, [name for name, _ in self.world.superseded], "there were not two leaders")
        self.world.relays[old].heal()
        self.until("%s ends" % old, lambda: self.world.superseded)
        print("\ntwo %ss led" % role, flush=True)
        self.end([old])

    def test_two_dispatchers_lead(self):
        self.two("dispatcher")

    def test_two_listeners_lead(self):
        self.two("listener")


if __name__ == "__main__":
    unittest.main(verbosity=2)
