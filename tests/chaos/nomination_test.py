#!/usr/bin/python3 -B
"""Redis nominates who leads, and what happens to Redis and to its keys changes nothing of it: a real redis-server, both
pairs, and a master whose trades go on all the while. No time decides anything here; bounds end what hangs."""
import signal
import socket
import subprocess
import unittest

from calm import Load
from pairs import KEYS, PAIRS, SUPERSEDED, Pairs, house

PATIENCE = 60


class Nomination(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.load = Load(seed=14, clients=4, fills=120, world=Pairs, with_redis=True)
        cls.addClassCleanup(cls.load.world.close)
        cls.world = cls.load.world
        cls.load.start()

    @classmethod
    def tearDownClass(cls):
        """The outside checker's word on all of it."""
        cls.load.settle()
        checker, _ = cls.load.check()
        if checker.findings or not checker.due:
            raise AssertionError("%d copies due: %s" % (checker.due, checker.findings))

    def setUp(self):
        for role in KEYS:
            self.until("one %s leads and one stands by" % role, lambda role=role: self.leads(role))
        self.leaders = {role: self.world.leader(role) for role in KEYS}
        self.before = len(self.world.superseded)

    def leads(self, role):
        leader = self.world.leader(role)
        return leader and self.world.said(leader, '"event":"leads"') and self.world.said(self.world.other(leader), '"event":"standby"')

    def until(self, what, condition):
        self.load.trade(PATIENCE, condition)
        self.assertTrue(condition(), "not within %d s: %s" % (PATIENCE, what))

    def copies_go_on(self):
        closed = self.world.closed()
        self.until("another trade is copied", lambda: self.world.closed() > closed)

    def leaders_stay(self):
        """Those that led lead, in the same lives. (A machine that stalls for a second may have others take over: it says so.)"""
        for role, leader in self.leaders.items():
            self.until("%s is nominated" % role, lambda role=role: self.world.leader(role))
            if len(self.world.superseded) == self.before:
                self.assertEqual(self.world.leader(role), leader)

    def test_the_key_names_the_process(self):
        """`redis-cli GET tc:leader` as docs/redis.md has it: host:pid:random, for 600 ms at a time."""
        for role, key in KEYS.items():
            host, pid, number = self.world.redis.ask("GET", key).split(":")
            self.assertEqual(int(pid), self.world.children[self.leaders[role]].pid)
            self.assertEqual(host, socket.gethostname()[:39])
            self.assertRegex(number, "^[0-9a-f]{16}$")
            self.assertLessEqual(int(self.world.redis.ask("PTTL", key)), 600)

    def test_wiped(self):
        for _ in range(5):
            self.assertEqual(self.world.redis.ask("FLUSHALL"), "OK")
            self.load.trade(0.3)
        self.leaders_stay()
        self.copies_go_on()

    def test_redis_dies_and_comes_back_empty(self):
        """The leaders lead on, those who stand by say that they cannot take over."""
        self.world.kill("redis")
        for name in PAIRS:
            self.until("%s says so" % name, lambda name=name: self.world.said(name, '"event":"redis_away"'))
        self.copies_go_on()
        for leader in self.leaders.values():
            self.assertIsNone(self.world.children[leader].poll())
        self.world.redis.wipe()
        self.world.restart("redis")
        for name in PAIRS:
            self.until("%s says so" % name, lambda name=name: self.world.said(name, '"event":"redis_well"'))
        self.leaders_stay()
        self.copies_go_on()

    def test_something_else_under_the_key(self):
        """A hash: nobody is nominated by that, and nobody ends; one line of the log names the key."""
        key = KEYS["dispatcher"]
        self.world.redis.ask("EVAL", "redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'a', 'b')", "1", key)
        name = self.leaders["dispatcher"]
        self.until("it says so", lambda: self.world.said(name, '"event":"redis_key"'))
        self.copies_go_on()
        self.world.redis.ask("DEL", key)
        self.leaders_stay()

    def test_asked_to_stop_it_makes_room(self):
        """SIGTERM: exit code 0, and the key is free at once; the other one leads, and it can come back."""
        for role, leader in self.leaders.items():
            process = self.world.children.pop(leader)
            process.send_signal(signal.SIGTERM)
            self.until("%s ends" % leader, lambda process=process: process.poll() is not None)
            self.assertEqual(process.returncode, 0, self.world.last_words(leader))
            self.until("the other one leads", lambda role=role, leader=leader: self.world.leader(role) == self.world.other(leader))
            self.world.start_actor(leader)
        self.copies_go_on()

    def test_one_that_stands_by_ends_when_asked(self):
        for leader in self.leaders.values():
            other = self.world.other(leader)
            process = self.world.children.pop(other)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(house.PATIENCE), 0)
            self.world.start_actor(other)
        self.leaders_stay()

    def changed(self, path, name, old, new):
        with open(path) as file:
            return self.world.write(name, file.read().replace(old, new))

    def test_a_leader_without_company_gives_up(self):
        """It holds the nomination, but the others cannot reach it: a dispatcher with a Redis key and a place of its own."""
        topology = self.changed(self.world.topology, "alone.topology", self.world.base, "127.0.0.1:%d" % house.free_ports(3))
        env = dict(self.world.env, REDIS_URL=self.world.redis.url[:-1] + "7", LOG_LEVEL="info")
        process = subprocess.Popen([house.BINARY, "actor", "dispatcher", "--topology", topology, "--standby"],
                                   cwd=self.world.directory, env=env, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        self.until("it ends", lambda: process.poll() is not None)
        self.assertEqual(process.returncode, SUPERSEDED)
        said = process.stdout.read()
        self.assertIn('"event":"leads"', said)
        self.assertIn("nobody was there", said)

    def test_who_may_not_stand_by(self):
        """Exit code 78 and the reason."""
        plain = self.changed(self.world.path(".env"), "plain.env", "REDIS_URL", "NO_URL")
        for arguments, reason in ((("executor-1", "--topology", self.world.topology), "only dispatcher and listener"),
                                  (("dispatcher", "--topology", "local", "--run-dir", "."), "transport tcp"),
                                  (("dispatcher", "--topology", self.world.topology, "--env-file", plain), "REDIS_URL")):
            code, out, _ = self.world.command("actor", *arguments, "--standby")
            self.assertEqual(code, 78)
            self.assertIn(reason, out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
