"""copier.py: what every end-to-end test needs: a simulator, a copier configured by its own commands, and patience.

The binary is $TRADE_COPIER. Everything lives under one temporary directory and ends with the test, whatever happens.
Waits have generous bounds: they end a test that hangs, they never decide whether a working copier passes.
"""
import glob
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from decimal import ROUND_DOWN, Decimal

import msgpack
import zmq
import zmq.auth

BINARY = os.path.abspath(os.environ["TRADE_COPIER"])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE = float(os.environ.get("PATIENCE", "60"))  # seconds that a thing may take before it counts as hanging
NANO = Decimal("0.000000001")
COMPLETED = "trade_replication_completed"

#  five clients, all methods; the master has 100000
FIVE = [
    {"label": "half", "cash": "50000"},
    {"label": "bold", "cash": "33333.33", "options": ["--multiplier", "1.5"]},
    {"label": "fixed", "cash": "70000", "options": ["--scaling-method", "fixed_multiplier", "--multiplier", "0.25"]},
    {"label": "risk", "cash": "80000", "options": ["--scaling-method", "risk_based", "--risk-percent", "0.5"]},
    {"label": "whole", "cash": "47000", "options": ["--fractional", "false"]},
]


def floor(value, unit=NANO):
    return (Decimal(value) / unit).to_integral_value(ROUND_DOWN) * unit


def entry_size(client, qty, price, order_qty=None, master_equity="100000"):
    """What a client should hold after the master bought qty of an order of order_qty: docs/copy-rules.md, in decimals."""
    options = client.get("options", [])
    given = dict(zip(options[::2], options[1::2]))
    method = given.get("--scaling-method", "equity_based")
    cash, qty = Decimal(client["cash"]), Decimal(qty)
    if method == "fixed_multiplier":
        target = floor(qty * Decimal(given["--multiplier"]))
    elif method == "risk_based":
        ordered = Decimal(order_qty or qty)
        shares = floor(floor(cash * Decimal(given["--risk-percent"]) / 100) / Decimal(price))
        target = floor(qty * min(ordered, shares) / ordered)
    else:
        weight = floor(cash * Decimal(given.get("--multiplier", "1")))
        target = floor(qty * weight / Decimal(master_equity))
    return floor(target, Decimal(1)) if given.get("--fractional") == "false" else target


#  earlier trades move equities by their spread, and with them later sizes by a little: far less than any mistake
NEARLY = "0.002"


def near(have, wanted, tolerance):
    return abs(have - wanted) <= abs(wanted) * Decimal(tolerance) + (NANO if Decimal(tolerance) else 0)


def tail(path, size=5000):
    if not os.path.exists(path):
        return "(no %s)" % path
    with open(path, errors="replace") as file:
        return "---- end of %s\n%s" % (path, file.read()[-size:])


def alive(pid):
    """Whether this process still runs (a zombie does not)."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def free_ports(count):
    """The first of so many free ports in a row on 127.0.0.1."""
    for base in range(20000 + os.getpid() % 5000 * 2, 60000, count):
        sockets = []
        try:
            for port in range(base, base + count):
                one = socket.socket()
                sockets.append(one)
                one.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()
    raise AssertionError("no free ports")


class Simulator:
    def __init__(self, directory, *arguments):
        self.log = os.path.join(directory, "simulator.log")
        with open(self.log, "a") as errors:
            self.process = subprocess.Popen([BINARY, "simulator", "--port", "0", *arguments], stdout=subprocess.PIPE,
                                            stderr=errors, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        if not found:
            self.close()
            raise AssertionError("the simulator did not start: %r\n%s" % (line, tail(self.log)))
        self.url = found.group(0)

    def control(self, what, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request("%s/control/%s" % (self.url, what), data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise AssertionError("/control/%s: %d %s" % (what, error.code, error.read().decode())) from None

    def history(self, label=None, symbol=None):
        """The orders, oldest first, of a client and a symbol."""
        query = "&".join("%s=%s" % pair for pair in (("account", label), ("symbol", symbol)) if pair[1])
        return self.control("history" + ("?" + query if query else ""))["orders"]

    def holdings(self, symbol):
        """label -> quantity held, 0 when there is no position."""
        return {one["label"]: sum((Decimal(p["qty"]) for p in one["positions"] if p["symbol"] == symbol), Decimal(0))
                for one in self.control("accounts")["accounts"]}

    def order(self, label, side, symbol, qty, **fields):
        return self.control("order", {"account": label, "symbol": symbol, "side": side, "type": "market",
                                      "time_in_force": "day", "qty": str(qty), **fields})

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()


class Tap:
    """A subscriber at the copier's tap; keeps the newest beat of each shard and all bytes it saw."""

    def __init__(self, endpoint, keys=None):
        """keys: directory of `keygen --actors`; the certificate is the monitor's."""
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.SUB)
        if keys:
            self.socket.curve_publickey, self.socket.curve_secretkey = zmq.auth.load_certificate(
                os.path.join(keys, "secret", "monitor.key_secret"))
            self.socket.curve_serverkey = zmq.auth.load_certificate(os.path.join(keys, "public", "tap.key"))[0]
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"")
        self.socket.connect(endpoint)
        self.raw = bytearray()
        self.seen = []  # (subject, message, time)

    def read(self, seconds):
        """What comes within this time; returns at once with what is there when something is."""
        if self.socket.poll(seconds * 1000) == 0:
            return []
        fresh = []
        while self.socket.poll(0):
            subject, body = self.socket.recv_multipart()
            self.raw += subject + b"\n" + body + b"\n"
            fresh.append((subject.decode(), msgpack.unpackb(body), time.monotonic()))
        self.seen += fresh
        return fresh

    def close(self):
        self.socket.close()
        self.context.term()


class Copier:
    """A database with a master and clients, and `run` on it."""
    prefix = "tc-e2e-"

    def __init__(self, clients=(), topology="local", wrapper=(), settings=None, import_csv=False, keys=None):
        self.directory = tempfile.mkdtemp(prefix=self.prefix)
        self.topology, self.wrapper, self.clients = topology, list(wrapper), [dict(one) for one in clients]
        self.process = self.simulator = self.tap = None
        self.known = set()  # pids of the actors
        self.begun = 0  # where this run's log begins
        self.log = os.path.join(self.directory, "run.log")
        self.env = {"PATH": os.environ["PATH"], "HOME": self.directory}
        self.tap_endpoint = "ipc://%s/tap.sock" % self.directory
        try:
            self.prepare(settings or {}, import_csv, keys or {})
        except BaseException:
            self.close()
            raise

    def prepare(self, settings, import_csv, keys):
        self.simulator = Simulator(self.directory)
        wanted = [{"label": "master", "cash": "100000"}] + [
            {"label": one["label"], "cash": one["cash"]} for one in self.clients]
        for one in wanted:
            one.update(keys.get(one["label"], {}))
        made = self.simulator.control("accounts", wanted)["accounts"]
        self.accounts = {one["label"]: one for one in made}
        self.key = self.ok("keygen", env_file=False).strip()
        self.settings = {"ENCRYPTION_KEY": self.key, "DATABASE_URL": "sqlite:///copier.db", "RUN_DIR": self.directory,
                         "ALPACA_BASE_URL": self.simulator.url, "TAP_ENDPOINT": self.tap_endpoint, "MAX_CLIENTS": "64",
                         "GATEWAY_PORT": "0",
                         "REQUEST_TIMEOUT": "30", "REFRESH_INTERVAL": "2", "WEBSOCKET_RECONNECT_DELAY": "0.2"}
        self.settings.update(settings)
        self.write_env()
        self.set_master("master")
        if import_csv:
            self.import_clients()
        else:
            for one in self.clients:
                self.add_client(one)

    #  ---- configuration, by the commands

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def write_env(self, **changes):
        self.settings.update(changes)
        self.write(".env", "".join("%s=%s\n" % pair for pair in self.settings.items() if pair[1] is not None))

    def command(self, *arguments, stdin="", env_file=True, **env):
        done = subprocess.run([BINARY, *arguments], cwd=self.directory if env_file else "/", env={**self.env, **env},
                              input=stdin, capture_output=True, text=True, timeout=PATIENCE)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments, **more):
        code, out, err = self.command(*arguments, **more)
        if code != 0:
            raise AssertionError("%s: exit %d: %s" % (" ".join(arguments[:2]), code, err))
        return out

    def set_master(self, label, account_id="master"):
        one = self.accounts[label]
        self.ok("master", "set", "--account-id", account_id, "--api-key", one["key_id"], "--secret-key-file", "-",
                stdin=one["secret"] + "\n")

    def add_client(self, client):
        one = self.accounts[client["label"]]
        self.ok("client", "add", "--account-id", client["label"], "--api-key", one["key_id"], "--secret-key-file", "-",
                *client.get("options", []), stdin=one["secret"] + "\n")

    def import_clients(self):
        rows = ["account_id,api_key,secret_key,account_name,email,is_active"]
        for one in self.clients:
            account = self.accounts[one["label"]]
            rows.append("%s,%s,%s,Name of %s,,true" % (one["label"], account["key_id"], account["secret"], one["label"]))
        self.ok("client", "import", self.write("clients.csv", "\n".join(rows) + "\n"))
        os.unlink(self.path("clients.csv"))

    def new_client(self, label, cash, *options):
        """One more account at the broker, not yet a client."""
        made = self.simulator.control("accounts", [{"label": label, "cash": cash}])["accounts"][0]
        self.accounts[label] = made
        return {"label": label, "cash": cash, "options": list(options)}

    #  ---- the running copier

    def start(self, *arguments, preexec=None):
        with open(self.log, "a") as log:
            self.begun = log.tell()
            self.process = subprocess.Popen([*self.wrapper, BINARY, "run", "--topology", self.topology, *arguments],
                                            cwd=self.directory, env=self.env, stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, preexec_fn=preexec)
        if not self.tap:
            self.tap = Tap(self.tap_endpoint)
        self.wait_warm()

    def fail(self, text):
        raise AssertionError("%s\n%s\n%s" % (text, tail(self.log), tail(self.simulator.log)))

    def wait(self, what, condition, seconds=None, explain=lambda: ""):
        """The first true value of condition (); it is asked again and again while messages of the tap pass by."""
        end = time.monotonic() + (seconds or PATIENCE)
        while True:
            if self.tap:
                self.tap.read(0.05)
            else:
                time.sleep(0.05)
            value = condition()
            if value:
                return value
            if self.process and self.process.poll() is not None:
                self.fail("the copier ended with %d, waiting for %s" % (self.process.returncode, what))
            if time.monotonic() > end:
                self.fail("not within %d s: %s %s" % (seconds or PATIENCE, what, explain()))

    def active(self):
        return [one["account_id"] for one in json.loads(self.ok("client", "list", "--active-only", "--json"))]

    def wait_warm(self, since=None):
        """Until every shard has said since then that all its clients are warm, and the master's stream is listening.

        Beats are the shards' own word; there are as many clients in them as the database has active ones."""
        wanted = len(self.active())
        age = 0 if since is None else time.monotonic() - since
        since_ns = time.time_ns() - int(age * 1e9)  # when it was sent counts: what a life before said may be read only now
        shards = int(self.settings.get("EXECUTOR_SHARDS", "2"))

        def warm():
            beats = {}
            for subject, message, _ in self.tap.seen:
                if subject == "shard.beat" and message["at_ns"] > since_ns:
                    beats[message["shard"]] = message
            return (len(beats) == shards and sum(beat["clients"] for beat in beats.values()) == wanted
                    and sum(beat["warm"] for beat in beats.values()) == wanted)
        self.wait("%d warm clients" % wanted, warm)
        self.wait("the master's stream", self.listening)

    def listening(self):
        states = [line for line in self.lines("stream_state") if line.get("role") in (None, "listener", "master")
                  or line["actor"] == "listener"]
        return bool(states) and states[-1]["state"] == "listening"

    def lines(self, event=None, begun=0, **fields):
        """The log's JSON lines from there; one that is not JSON is an error (a half-written last one is left for later)."""
        found = []
        with open(self.log, "rb") as file:
            file.seek(begun)
            for raw in file:
                text = raw.decode(errors="replace")
                if not text.endswith("\n") or not text.startswith("{"):
                    continue
                line = json.loads(text)
                if (event is None or line["event"] == event) and all(line.get(k) == v for k, v in fields.items()):
                    found.append(line)
        return found

    def actors(self):
        """name -> pid of the processes now: what the supervisor of this run said of them last, of those it spoke of."""
        found = {}
        for line in self.lines("actor_state", self.begun):
            if line["state"] in ("started", "restarted"):
                found[line["name"]] = line["pid"]
        self.known.update(found.values())
        return found

    def pid(self, name):
        """Of this run's; its line in the log may come a moment after its first beat."""
        return self.wait("the start of " + name, lambda: self.actors().get(name))

    def wait_completed(self, x, count=1):
        """The line that says that every client has its outcome for this order of the master."""
        return self.wait("%d × %s of %s" % (count, COMPLETED, x),
                         lambda: len(self.lines(COMPLETED, master_order_id=x)) >= count and
                         self.lines(COMPLETED, master_order_id=x)[-1])

    def fill_price(self, label, order_id):
        """What the broker gave for it, once it is filled."""
        def filled():
            return [one for one in self.simulator.history(label) if one["id"] == order_id and one["status"] == "filled"]
        return Decimal(self.wait("the master's fill", filled)[0]["filled_avg_price"])

    def wait_holdings(self, symbol, wanted, tolerance="0"):
        wanted = {label: Decimal(qty) for label, qty in wanted.items()}
        seen = {}

        def reached():
            seen.update(self.simulator.holdings(symbol))
            return all(near(seen[label], qty, tolerance) for label, qty in wanted.items())
        try:
            self.wait("positions", reached)
        except AssertionError as error:
            raise AssertionError("%s holdings are %s, wanted %s\n%s" % (
                symbol, {k: str(seen.get(k)) for k in wanted}, {k: str(v) for k, v in wanted.items()}, error)) from None

    def stop(self, code=0):
        """A clean stop: SIGTERM, the exit code, and no actor left behind."""
        self.actors()
        self.process.send_signal(signal.SIGTERM)
        try:
            got = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.fail("the copier does not end on SIGTERM")
        if got != code:
            self.fail("the copier ended with %d, expected %d" % (got, code))
        left = [pid for pid in self.known if alive(pid)]
        if left:
            self.fail("these actors outlived it: %s" % left)
        self.process = None

    def query(self, sql, *values):
        database = sqlite3.connect("file:%s?mode=ro" % self.path("copier.db"), uri=True, timeout=30)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def close(self):
        if self.process and self.process.poll() is None:
            self.actors()
            self.process.kill()
            self.process.wait()
        for pid in self.known:
            if alive(pid) and self.is_ours(pid):
                os.kill(pid, signal.SIGKILL)
        if self.tap:
            self.tap.close()
        if self.simulator:
            self.simulator.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def is_ours(self, pid):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                return self.directory.encode() in file.read()
        except OSError:
            return False


class Case(unittest.TestCase):
    """A test with copiers of its own; when it fails, the ends of their logs are printed."""

    def run(self, result=None):
        self.ends = []
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print("\n".join(self.ends), file=sys.stderr, flush=True)
        return result

    def copier(self, *arguments, **more):
        made = Copier(*arguments, **more)
        self.addCleanup(made.close)
        self.addCleanup(lambda: self.ends.append(tail(made.log)))
        return made

    def check_nothing_doubled(self, copier, symbol, side, wanted, tolerance=NEARLY):
        """By the broker's own history: what each client's orders filled is what it should have, and no id came twice."""
        for label, qty in wanted.items():
            orders = [one for one in copier.simulator.history(label, symbol) if one["side"] == side]
            filled = sum((Decimal(one["filled_qty"]) for one in orders), Decimal(0))
            self.assertTrue(near(filled, Decimal(qty), tolerance), "%s %s: %s, wanted %s: %s" % (label, side, filled, qty, orders))
            ids = [one["client_order_id"] for one in orders]
            self.assertEqual(len(ids), len(set(ids)), ids)
            for one in orders:
                self.assertRegex(one["client_order_id"], r"^tc1-[a-z0-9]{20}-[oc]\d+$")


def find_files(directory):
    return [path for path in glob.glob(os.path.join(directory, "**"), recursive=True, include_hidden=True)
            if os.path.isfile(path)]
