"""scaler.py: executors come, are asked to leave, and die for good, at random moments by a seed, between one and four of them
(`kill --scale`); none of them is named in the topology."""
import random
import signal
import time

LEAST, MOST = 1, 4
PATIENCE_S = 30  # for an executor that was asked to leave


class Scaler:
    def __init__(self, world, seed, seconds):
        self.world, self.dice, self.done = world, random.Random("scaler %d" % seed), []
        self.number, self.next_at, self.seconds = len(world.executors()), 6.0, seconds
        self.leaving = {}  # name -> (process, asked at)
        self.came = self.left = self.died = 0
        self.longest_s, self.failures = 0.0, []

    def step(self, elapsed):
        self.reap()
        if elapsed < self.next_at or elapsed > self.seconds:
            return
        self.next_at = elapsed + self.dice.uniform(3, 12)
        names = self.world.executors()
        what = self.dice.choice(["come", "come", "leave", "leave", "die"])
        if len(names) <= LEAST:
            what = "come"
        elif len(names) >= MOST and what == "come":
            what = "leave"
        getattr(self, what)(names)

    def say(self, text):
        self.done.append((time.time_ns(), text))

    def come(self, _):
        self.number += 1
        self.came += 1
        self.world.start_actor("executor-%d" % self.number)
        self.say("executor-%d comes" % self.number)

    def leave(self, names):
        name = self.dice.choice(names)
        process = self.world.children.pop(name)
        process.send_signal(signal.SIGTERM)
        self.leaving[name] = (process, time.monotonic())
        self.left += 1
        self.say("%s is asked to leave" % name)

    def die(self, names):
        name = self.dice.choice(names)
        process = self.world.children.pop(name)
        process.kill()
        process.wait()
        self.died += 1
        self.say("%s dies for good" % name)

    def reap(self):
        for name, (process, asked_at) in list(self.leaving.items()):
            took = time.monotonic() - asked_at
            if process.poll() is None and took < PATIENCE_S:
                continue
            if process.poll() is None:
                process.kill()
                process.wait()
            del self.leaving[name]
            self.longest_s = max(self.longest_s, took)
            self.say("%s has left after %.1f s, code %s" % (name, took, process.returncode))
            if process.returncode != 0:
                self.failures.append("%s left with code %s" % (name, process.returncode))

    def finish(self):
        """True when nobody is on the way out."""
        self.reap()
        return not self.leaving
