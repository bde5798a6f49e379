"""world.py: a gateway process alone: the test is its tap and says what the copier's actors would say."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import msgpack
import zmq

from websocket import WebSocket

BINARY = os.path.abspath(os.environ["TRADE_COPIER"])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PATIENCE = 120  # for what never happens: how fast the machine is decides nothing
TOKEN = "a-token-of-this-test_0123456789"
ACTORS = "".join("actor %s %s\n" % pair for pair in (
    ("tap", "tap"), ("alert", "alert"), ("audit", "audit"), ("dispatcher", "dispatcher"), ("executor-1", "executor"),
    ("executor-2", "executor"), ("listener", "listener"), ("gateway", "gateway")))
EMPTY = {"text": "", "i64": 0, "u64": 0, "bool": False, "list": [], "bytes": b""}


def message(kind, /, **fields):
    """A message with every field of its schema, empty where nothing is given."""
    with open(os.path.join(ROOT, "messages", "schema", kind + ".json")) as file:
        schema = json.load(file)
    body = {one["name"]: one["values"][0] if one["type"] == "enum" else EMPTY[one["type"]] for one in schema["fields"]}
    assert set(fields) <= set(body), fields
    return {**body, **fields}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Gateway:
    """settings: of its .env; what it logs is in self.log."""

    def __init__(self, case, port=None, **settings):
        self.directory = tempfile.mkdtemp(prefix="tc-gateway-")
        self.port = port or free_port()
        case.addCleanup(self.close)
        self.process = None
        self.context = zmq.Context()
        self.tap, self.ear = self.context.socket(zmq.XPUB), self.context.socket(zmq.SUB)
        for one in (self.tap, self.ear):
            one.setsockopt(zmq.LINGER, 0)
            one.setsockopt(zmq.SNDHWM, 0)
        self.ear.setsockopt(zmq.SUBSCRIBE, b"")
        self.tap.bind("ipc://%s/tap" % self.directory)
        self.ear.bind("ipc://%s/tap-in" % self.directory)
        self.write("t.topology", "transport ipc\nbase %s\n%s" % (self.directory, ACTORS))
        values = {"GATEWAY_PORT": self.port, "DATABASE_URL": "sqlite:///copier.db", "GATEWAY_TOKEN": TOKEN, **settings}
        self.write(".env", "".join("%s=%s\n" % pair for pair in values.items() if pair[1] is not None))
        self.log = os.path.join(self.directory, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen([BINARY, "actor", "gateway", "--topology", "t.topology"], cwd=self.directory,
                                            stdout=log, stderr=subprocess.STDOUT, env={name: os.environ[name]
                                            for name in ("PATH", "ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ})

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def lines(self, event):
        with open(self.log) as file:
            found = [json.loads(line) for line in file if line.startswith("{") and line.endswith("\n")]
        return [line for line in found if line["event"] == event]

    def wait(self, what, condition, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        with open(self.log) as file:
            raise AssertionError("not within %d s: %s\n%s" % (seconds, what, file.read()[-3000:]))

    def start(self):
        """Until it listens and has subscribed."""
        self.wait("gateway_listens", lambda: self.lines("gateway_listens"))
        for _ in range(5):  # its subscriptions
            if self.tap.poll(PATIENCE * 1000):
                self.tap.recv()
        return self

    #  ---- what the copier says

    def say(self, kind, /, **fields):
        self.tap.send_multipart([kind.encode(), msgpack.packb(message(kind, **fields))])

    def stats(self, name, role, **readings):
        self.say("actor.stats", name=name, role=role, started_at_ns=1,
                 readings=[{"name": key.replace("__", "."), "value": value} for key, value in readings.items()])

    def everybody_is_well(self):
        self.stats("listener", "listener", stream=3, listening=10**9, unacked=0, process__resident=1 << 20, process__cpu=10**9,
                   process__files=20, link__waiting=0, link__refused=0, log__dropped=0)
        self.stats("audit", "audit", database=1, redis=2, backlog=0, durable=7, failures=0)
        self.stats("dispatcher", "dispatcher", shards=2, replications=3, success=10, failure=1, skipped=2, latency__4=9,
                   latency__20=1, latency__sum=10**9, total__4=3, total__sum=10**7, open=0, held=0, completed=0, unfinished=0)
        for n in (1, 2):
            self.stats("executor-%d" % n, "executor", clients=5, warm=5, lease=10**9, epoch=7, orders=10, working=0,
                       unanswered=0, waiting=0, answer__3=10, answer__sum=10**7, outcome__filled__none=9,
                       outcome__rejected__code_40310000=1, breakers__open=n - 1, breakers__half_open=0)

    def replicated(self, sequence, **fields):
        self.say("replication.completed", **{"sequence": sequence, "master_order_id": "x-%d" % sequence, "symbol": "AAPL",
                                             "success_count": 499, "failure_count": 1, "total_time_ns": 12500000, **fields})

    #  ---- what a client does

    def ask(self, path, token=TOKEN, method="GET", body=None, headers=None):
        """(status, text, headers)"""
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path), method=method, data=body,
                                         headers=dict(headers or {}))
        if token is not None:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def raw(self, sent):
        """Whatever comes back until the connection ends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as one:
            got = b""
            try:
                one.sendall(sent)
                while piece := one.recv(65536):
                    got += piece
            except (ConnectionResetError, BrokenPipeError):
                pass
            return got

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code = self.process.returncode if self.process else 0
        self.tap.close()
        self.ear.close()
        self.context.term()
        with open(self.log) as file:
            log = file.read()
        shutil.rmtree(self.directory, ignore_errors=True)
        if code != 0:
            raise AssertionError("the gateway ended with %d\n%s" % (code, log[-6000:]))


class Case(unittest.TestCase):
    def gateway(self, **settings):
        made = Gateway(self, **settings).start()
        self.addCleanup(lambda: self.print_when_failed(made))
        return made

    def print_when_failed(self, made):
        if any(error for _, error in getattr(self._outcome, "errors", [])) and os.path.exists(made.log):
            with open(made.log) as file:
                print(file.read()[-3000:], file=sys.stderr)

    def websocket(self, gateway, *arguments, **more):
        made = WebSocket(gateway.port, *arguments, **more)
        self.addCleanup(made.close)
        return made

    def refused(self, answer, status, field):
        self.assertEqual(answer[0], status, answer[1])
        self.assertEqual(json.loads(answer[1])["error"]["field"], field)
        self.assertTrue(json.loads(answer[1])["error"]["text"])
