"""killer.py: who is killed when, by a seed; starts again what was killed or ended by itself, and measures how long each was
missed: from the kill to the first sign that its work goes on."""
import collections
import random
import signal
import time

#  how often each is chosen; executors and dispatcher carry the promises
WEIGHTS = {"executor-1": 4, "executor-2": 4, "dispatcher": 4, "listener": 4, "audit": 4, "redis": 3, "alert": 1, "tap": 1,
           "postgres": 3}
SIGNS = {
    "listener": "its stream listens or it sends the master's order",
    "dispatcher": "it sends a command or a lease, or acknowledges",
    "executor": "its beat says that all its clients are warm",
    "audit": "it acknowledges what it stored, or has loaded the configuration",
    "alert": "it delivers an alert (that it started, to the log)",
    "tap": "a message comes through it",
    "redis": "the copier is connected to it again",
    "postgres": "the audit acknowledges what it stored",
}

Event = collections.namedtuple("Event", "at what name pause")  # seconds of trading; kill or pause; seconds until it goes on


def schedule(seed, seconds, kills, pauses, names, weight_of):
    """Kills and pauses at random moments, oldest first."""
    dice = random.Random("killer %d" % seed)
    weights = [weight_of[name] for name in names]
    events = [Event(dice.uniform(0, seconds), "kill", dice.choices(names, weights)[0], dice.uniform(0.05, 0.6))
              for _ in range(kills)]
    paused = [name for name in names if name not in ("redis", "postgres")]
    events += [Event(dice.uniform(0, seconds), "pause", dice.choice(paused), dice.uniform(1, 5)) for _ in range(pauses)]
    return sorted(events)


def kind_of(name):
    return name.split("-")[0]


class Killer:
    def __init__(self, world, names, events, seed, delete_progress):
        self.world, self.names, self.events, self.done = world, names, list(events), []
        self.dice = random.Random("restart %d" % seed)
        self.delete_progress = delete_progress
        self.gone = {}  # name -> when it is to be started again
        self.stopped = {}  # name -> when it may go on (SIGSTOP)
        self.missed = {}  # name -> (killed at, started again at or None)
        self.times = collections.defaultdict(list)  # kind -> seconds until its work went on
        self.kills = collections.Counter()
        self.again = collections.Counter()  # killed again before its work went on
        self.crashes = []  # (name, status): ended by itself
        self.deletions = []  # UTC ns
        self.wipes = self.pauses = 0
        world.tap.listeners.append(self.on_message)

    def step(self, elapsed):
        """After so many seconds of trading."""
        while self.events and self.events[0].at <= elapsed:
            event = self.events.pop(0)
            (self.kill if event.what == "kill" else self.pause)(event)
        self.go_on()

    def kill(self, event):
        name, now = event.name, time.monotonic()
        if name in self.gone:  # it is dead already: another one instead, or the same as soon as it lives
            alive = [one for one in self.names if one not in self.gone]
            if not alive:
                return self.events.insert(0, event._replace(at=event.at + 0.3))
            name = self.dice.choice(alive)
        self.world.kill(name)
        self.stopped.pop(name, None)
        self.kills[name] += 1
        self.done.append((time.time_ns(), "kill -9 " + name))
        if name in self.missed:
            self.again[kind_of(name)] += 1
        self.missed[name] = (now, None)
        self.gone[name] = now + event.pause

    def pause(self, event):
        if event.name in self.gone or event.name in self.stopped:
            return
        self.world.children[event.name].send_signal(signal.SIGSTOP)
        self.stopped[event.name] = time.monotonic() + event.pause
        self.pauses += 1
        self.done.append((time.time_ns(), "stopped for %.1f s: %s" % (event.pause, event.name)))

    def go_on(self):
        now = time.monotonic()
        for name, until in list(self.stopped.items()):
            if until <= now:
                self.world.children[name].send_signal(signal.SIGCONT)
                del self.stopped[name]
        for name, status in self.world.ended():
            if name not in self.gone:
                self.done.append((time.time_ns(), "%s ended by itself: %s" % (name, status)))
                self.crashes.append((name, status, self.world.last_words(name)))
                self.stopped.pop(name, None)
                self.missed[name] = (now, None)
                self.gone[name] = now + 0.5
        if "postgres" not in self.gone:
            self.world.postgres_lives()
        for name, at in list(self.gone.items()):
            if at <= now:
                self.start(name)
        if "redis" in self.missed and "redis" not in self.gone and self.world.redis.users() > 0:
            self.back("redis")
        if "alert" in self.missed and "alert" not in self.gone and self.world.said("alert", "alert_delivered"):
            self.back("alert")

    def start(self, name):
        if self.delete_progress and self.dice.random() < 0.1 and self.world.delete_progress():
            self.deletions.append(time.time_ns())
            self.done.append((self.deletions[-1], "progress deleted"))
        if name == "redis" and self.dice.random() < 0.3:
            self.world.redis.wipe()
            self.wipes += 1
        self.world.restart(name)
        self.done.append((time.time_ns(), "start " + name))
        del self.gone[name]
        self.missed[name] = (self.missed[name][0], time.monotonic())

    def back(self, name):
        killed_at, started_at = self.missed.pop(name)
        assert started_at
        self.times[kind_of(name)].append(time.monotonic() - killed_at)

    def on_message(self, subject, message, at):
        for name, (_, started_at) in list(self.missed.items()):
            if started_at and at > started_at and self.is_sign(name, subject, message):
                self.back(name)

    @staticmethod
    def is_sign(name, subject, message):
        kind = kind_of(name)
        if kind == "executor":
            return subject == "shard.beat" and message["shard"] == name and message["warm"] == message["clients"] > 0
        if kind == "listener":
            return subject == "master.order" or (subject == "stream.state" and message["state"] == "listening")
        return (kind == "tap" or
                kind == "dispatcher" and subject in ("copy.command", "shard.lease", "master.ack") or
                kind == "audit" and subject in ("replication.stored", "config.loaded") or
                kind == "postgres" and subject == "replication.stored")

    def finish(self):
        """No more kills; True when everybody runs."""
        self.events = []
        self.go_on()
        return not self.gone and not self.stopped
