"""redis_server.py: a real redis-server for one test, on a port and in a directory of its own, with a password. It saves
nothing: killed, it comes back empty."""
import os
import signal
import socket
import subprocess
import time

PASSWORD = "only-this-test/knows@it"
ENCODED = "only-this-test%2Fknows%40it"
PATIENCE = 60


class Redis:
    def __init__(self, directory):
        self.directory, self.process = directory, None
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = "redis://:%s@localhost:%d/2" % (ENCODED, self.port)

    def start(self):
        with open(os.path.join(self.directory, "redis.log"), "a") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", "",
                 "--appendonly", "no", "--requirepass", PASSWORD], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while self.cli("PING", must=False) != "PONG":
            if time.monotonic() > end:
                raise AssertionError("redis-server does not answer")
            time.sleep(0.05)

    def cli(self, *words, must=True):
        """What redis-cli prints."""
        done = subprocess.run(["redis-cli", "--raw", "-p", str(self.port), "-n", "2", *words], capture_output=True, text=True,
                              env={"PATH": os.environ["PATH"], "REDISCLI_AUTH": PASSWORD}, timeout=PATIENCE)
        if must and done.returncode != 0:
            raise AssertionError("redis-cli %s: %s" % (words, done.stderr))
        return done.stdout.removesuffix("\n")  # one: an empty last value is a line too

    def hash(self, key):
        lines = self.cli("HGETALL", key).split("\n")
        return dict(zip(lines[::2], lines[1::2]))

    def keys(self, pattern):
        return sorted(self.cli("--scan", "--pattern", pattern).split())

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
