"""pairs.py: a copier of which dispatcher and listener stand twice: two processes each, of which the one runs that Redis
nominates. Whoever ends because another one leads (exit code 75) is started again, as a service manager would."""
import os
import signal
import socket
import threading

from world import SHARDS, World, house

KEYS = {"dispatcher": "tc:leader", "listener": "tc:leader:listener"}
PAIRS = [role + "-" + which for role in KEYS for which in "ab"]
SUPERSEDED = 75


class Relay:
    """Redis for one process alone, which can be cut off from it."""

    def __init__(self, port):
        self.port, self.links, self.server = port, [], socket.create_server(("127.0.0.1", 0))
        self.whole = True
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d/0" % self.server.getsockname()[1]

    def accept(self):
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            try:
                if not self.whole:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self.links += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    @staticmethod
    def end(link):
        try:
            link.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def pump(self, one, other):
        try:
            for data in iter(lambda: one.recv(1 << 16), b""):
                other.sendall(data)
        except OSError:
            pass
        self.end(other)
        one.close()

    def cut(self):
        self.whole = False
        for link in self.links:
            self.end(link)
        self.links = []

    def heal(self):
        self.whole = True

    def close(self):
        self.end(self.server)
        self.server.close()
        self.cut()


class Pairs(World):
    names = PAIRS[2:] + ["executor-%d" % n for n in range(1, SHARDS + 1)] + PAIRS[:2] + ["audit", "alert", "tap"]
    ports = 5  # as ever, and one more for the other dispatcher

    def __init__(self, *arguments, **more):
        self.superseded, self.relays = [], {}
        super().__init__(*arguments, **more)

    def prepare(self, settings, import_csv, keys):
        self.base += ",127.0.0.1:%d" % (self.port + 4)
        super().prepare(settings, import_csv, keys)

    def command_of(self, name):
        if name not in PAIRS:
            return super().command_of(name)
        return [house.BINARY, "actor", name.rsplit("-", 1)[0], "--topology", self.topology, "--standby"]

    def env_of(self, name):
        """A pair's process has a Redis that can be taken from it alone."""
        if name not in PAIRS:
            return self.env
        relay = self.relays.setdefault(name, Relay(self.redis.port))
        return {**self.env, "REDIS_URL": relay.url}

    def leader(self, role):
        """Whoever is nominated; None: nobody, or a process that is gone."""
        holder = (self.redis.ask("GET", KEYS[role]) or "").split(":")
        pids = {str(process.pid): name for name, process in self.children.items() if process.poll() is None}
        return pids.get(holder[1]) if len(holder) == 3 else None

    def other(self, name):
        return name[:-1] + ("b" if name[-1] == "a" else "a")

    def ended(self):
        """Those that end because another one leads are expected, and come back to stand by."""
        gone = []
        for name, status in super().ended():
            if name in PAIRS and status == SUPERSEDED:
                self.superseded.append((name, self.last_words(name)))
                self.start_actor(name)
            else:
                gone.append((name, status))
        return gone

    def stop_all(self):
        """Who stands by first, or it would lead at last."""
        standing_by = [name for name in PAIRS if name not in [self.leader(role) for role in KEYS]]
        self.names = standing_by + [name for name in self.names if name not in standing_by]
        return super().stop_all()

    def pause(self, name):
        os.kill(self.children[name].pid, signal.SIGSTOP)

    def go_on(self, name):
        os.kill(self.children[name].pid, signal.SIGCONT)

    def close(self):
        super().close()
        for relay in self.relays.values():
            relay.close()
