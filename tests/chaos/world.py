"""world.py: the processes of a chaos run: the simulator, Redis, each actor of a copier as a process of its own over tcp, and a
subscriber at its tap. Builds on tests/e2e/copier.py; here every actor is started by us, as a service manager on another
machine would, and started again whenever it is gone."""
import collections
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
os.environ.setdefault("TRADE_COPIER", os.path.join(ROOT, "build", "dev", "trade-copier"))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import copier as house  # noqa: E402  (it reads TRADE_COPIER)

SHARDS = 2
#  in the order of a clean stop, as the supervisor's
ACTORS = ["listener"] + ["executor-%d" % n for n in range(1, SHARDS + 1)] + ["dispatcher", "audit", "alert", "tap"]
PROGRESS = ("events", "outcomes", "outcome_history", "replications", "marks", "breakers", "alerts")


class Redis:
    """A real redis-server, to be killed; `wipe`: it comes back empty, else with what it had written."""

    def __init__(self, directory, port):
        self.directory, self.port, self.process = os.path.join(directory, "redis"), port, None
        self.log = os.path.join(directory, "redis.log")
        os.mkdir(self.directory)
        self.start()
        self.wait()

    @property
    def url(self):
        return "redis://127.0.0.1:%d/0" % self.port

    def start(self):
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.directory, "--save", "",
                 "--appendonly", "yes", "--appendfsync", "no"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def wait(self):
        end = time.monotonic() + 20
        while self.ask("PING") != "PONG":
            if time.monotonic() > end:
                raise AssertionError("redis-server does not answer\n" + house.tail(self.log))
            time.sleep(0.05)

    def ask(self, *words):
        """One command, a simple or bulk answer as text; None when it is away."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
                answer = link.recv(1 << 16).decode(errors="replace")
            return answer.split("\r\n")[1] if answer[:1] == "$" else answer[1:].split("\r\n")[0] or None
        except OSError:
            return None

    def info(self, name):
        """A field of INFO; None when it is away."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(b"*1\r\n$4\r\nINFO\r\n*1\r\n$4\r\nQUIT\r\n")
                text = b"".join(iter(lambda: link.recv(1 << 16), b"")).decode(errors="replace")
        except OSError:
            return None
        found = [line for line in text.split("\r\n") if line.startswith(name + ":")]
        return found[0].split(":", 1)[1] if found else None

    def users(self):
        """How many connections the copier holds (the one that asks is ours)."""
        return int(self.info("connected_clients") or 1) - 1

    def wipe(self):
        shutil.rmtree(self.directory)
        os.mkdir(self.directory)

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()


class Watch(house.Tap):
    """The tap, and of each subject only what a recovery is told by: the last message and when it came."""
    SUBJECTS = ("shard.beat", "shard.lease", "shard.assign", "copy.command", "master.order", "master.ack", "config.loaded",
                "replication.completed", "replication.stored", "stream.state", "actor.state", "alert.raised")

    def __init__(self, endpoint, keys=None):
        super().__init__(endpoint, keys)
        self.socket.setsockopt(house.zmq.UNSUBSCRIBE, b"")
        for subject in self.SUBJECTS:
            self.socket.setsockopt(house.zmq.SUBSCRIBE, subject.encode())
        self.beats, self.counts, self.listeners = {}, collections.Counter(), []
        self.heard_at = 0.0

    def read(self, seconds):
        if self.socket.poll(max(0, seconds) * 1000) == 0:
            return []
        for _ in range(2000):  # bounded: a flood must not keep us from our other work
            if not self.socket.poll(0):
                break
            subject, body = self.socket.recv_multipart()
            self.on_message(subject.decode(), house.msgpack.unpackb(body), time.monotonic())
        return []

    def on_message(self, subject, message, at):
        self.counts[subject] += 1
        self.heard_at = at
        if subject == "shard.beat":
            self.beats[message["shard"]] = (message, at)
        for listener in self.listeners:
            listener(subject, message, at)


class World(house.Copier):
    """The copier's processes. `with_redis`, `settings`: as the run asks for; `database`: the file, below the directory, or
    a tests/e2e/postgres_server.py; `curve`: with a certificate a role, as between machines."""

    prefix = "tc-chaos-"
    names = ACTORS
    ports = 4  # three of the topology, and Redis

    def __init__(self, clients, with_redis, settings, database="copier.db", curve=False, scaled=False):
        self.database, self.curve, self.keys, self.scaled = database, curve, None, scaled
        self.redis, self.children, self.log_begins, self.keep = None, {}, {}, False
        self.with_redis = with_redis
        self.port = house.free_ports(self.ports)
        self.base = "127.0.0.1:%d" % self.port
        super().__init__(clients, settings={"MAX_CLIENTS": None, "EXECUTOR_SHARDS": str(SHARDS),
                                            "DATABASE_URL": getattr(database, "url", None) or "sqlite:///" + database,
                                            **settings})

    def prepare(self, settings, import_csv, keys):
        if self.with_redis:
            self.redis = Redis(self.directory, self.port + 3)
            settings = {**settings, "REDIS_URL": self.redis.url}
        if self.curve:
            self.keys = self.path("keys")
            self.ok("keygen", "--actors", "--out", self.keys)
            settings = {**settings, "CURVE_DIR": self.keys}
        super().prepare(settings, import_csv, keys)
        actors = ["%s %s" % (name, name.split("-")[0]) for name in reversed(ACTORS)
                  if not (self.scaled and name.startswith("executor"))]
        self.topology = self.write("chaos.topology", "transport tcp\nbase %s\n%s\n" % (self.base, "\n".join(
            "actor " + actor for actor in actors + (["* executor"] if self.scaled else []))))
        os.mkdir(self.path("log"))

    def log_of(self, name):
        return self.path("log/%s.log" % name)

    def executors(self):
        return [name for name in self.children if name.startswith("executor")]

    def start_actor(self, name):
        with open(self.log_of(name), "a") as log:
            self.log_begins[name] = log.tell()
            self.children[name] = subprocess.Popen(self.command_of(name), cwd=self.directory, env=self.env_of(name),
                                                   stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def command_of(self, name):
        any_name = self.scaled and name.startswith("executor")
        return [house.BINARY, "actor", *(["executor", "--name", name] if any_name else [name]), "--topology", self.topology]

    def env_of(self, name):
        return self.env

    def said(self, name, text):
        """Whether this life of an actor has logged that."""
        with open(self.log_of(name), "rb") as log:
            log.seek(self.log_begins[name])
            return text.encode() in log.read(1 << 16)

    def start_all(self):
        for name in reversed(self.names):
            self.start_actor(name)
        self.tap = Watch("tcp://127.0.0.1:%d" % (self.port + 2), self.keys)
        self.wait("the clients are warm", self.warm, explain=lambda: self.tap.beats)
        self.wait("the master's stream is open", self.streaming)

    def warm(self):
        beats = [self.tap.beats[name][0] for name in self.executors() if name in self.tap.beats]
        return (len(beats) == len(self.executors()) and sum(beat["warm"] for beat in beats) == len(self.clients) and
                all(beat["warm"] == beat["clients"] for beat in beats))

    def streaming(self):
        return self.simulator.control("state")["streams"] > 0

    def idle(self):
        """By the shards' own word of the last seconds: every client warm, no order under way."""
        fresh = time.monotonic() - 3
        beats = [self.tap.beats[name] for name in self.executors() if name in self.tap.beats]
        return self.warm() and all(at > fresh and beat["working"] + beat["unanswered"] == 0 for beat, at in beats)

    def kill(self, name):
        """kill -9; returns when it is gone."""
        if name == "postgres":
            return self.database.kill()
        process = self.redis.process if name == "redis" else self.children[name]
        process.send_signal(signal.SIGKILL)
        process.wait()

    def restart(self, name):
        if name == "redis":
            self.redis.start()
        elif name == "postgres":
            self.database.start(wait=False)
        else:
            self.start_actor(name)

    def postgres_lives(self):
        """It ends at its start when the memory of the life before is still there: then once more."""
        if not isinstance(self.database, str) and self.database.process.poll() is not None:
            self.database.start(wait=False)

    def ended(self):
        """Actors that ended by themselves: (name, status). They are for the caller to start again."""
        return [(name, process.returncode) for name, process in self.children.items() if process.poll() is not None]

    def delete_progress(self):
        """Every row of the database that is not configuration, and every key of Redis. False: it is away."""
        if not isinstance(self.database, str):
            if self.database.psql("; ".join("DELETE FROM " + table for table in PROGRESS)).returncode != 0:
                return False
        else:
            self.delete_file_progress()
        if self.redis:
            self.redis.ask("FLUSHALL")
        return True

    def delete_file_progress(self):
        database = house.sqlite3.connect(self.path(self.database), timeout=60)
        try:
            with database:
                for table in PROGRESS:
                    database.execute("DELETE FROM " + table)
        finally:
            database.close()
        for name in os.listdir(self.directory):
            if name.startswith("copier.db") and name not in ("copier.db", "copier.db-wal", "copier.db-shm", "copier.db-lock"):
                os.unlink(self.path(name))  # what waited for the database in a file

    #  ---- the audit trail

    def query(self, sql, *values):
        if not isinstance(self.database, str):
            return self.database.query(sql)
        database = house.sqlite3.connect("file:%s?mode=ro" % self.path(self.database), uri=True, timeout=30)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def closings(self):
        """X -> the highest Q at which its replication was closed."""
        return dict(self.query("SELECT x, max (qty_e9) FROM replications GROUP BY x"))

    def closed(self):
        return self.query("SELECT count (*) FROM replications")[0][0]

    def outcomes(self):
        columns = "client_id, x, to_e9, client_order_id, kind, final, filled_e9"
        return (self.query("SELECT %s FROM outcome_history ORDER BY id" % columns) +
                self.query("SELECT %s FROM outcomes" % columns))

    def superseded_entries(self):
        return self.query("SELECT DISTINCT client_id, x FROM outcomes WHERE kind = 'skipped' AND reason = 'superseded'")

    def outcome_counts(self):
        return {"%s%s" % (kind, " (%s)" % reason if reason else ""): count for kind, reason, count in self.query(
            "SELECT kind, CASE WHEN kind = 'filled' THEN '' ELSE substr (reason, 1, 40) END, count (*) FROM outcomes GROUP BY 1, 2")}

    def last_words(self, name):
        """Of an actor that ended: the last lines of its log."""
        with open(self.log_of(name), errors="replace") as file:
            return " | ".join(file.read()[-600:].strip().split("\n")[-3:])

    def stop_all(self):
        """SIGTERM in the order of the supervisor; name -> exit code."""
        codes = {}
        executors = [name for name in self.names if name.startswith("executor")]
        first = self.names.index(executors[0])
        for name in self.names[:first] + self.executors() + self.names[first + len(executors):]:
            process = self.children[name]
            process.send_signal(signal.SIGTERM)
            try:
                codes[name] = process.wait(house.PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                codes[name] = "killed after %d s" % house.PATIENCE
        return codes

    def close(self):
        for process in self.children.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        if self.redis:
            self.redis.close()
        if self.keep:
            print("kept: %s" % self.directory, file=sys.stderr, flush=True)
            self.directory = os.path.join(self.directory, "nothing")  # what close () removes
        super().close()
