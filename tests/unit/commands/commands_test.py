#!/usr/bin/env python3
"""commands_test.py BINARY ROOT: the commands as processes, against a temporary database and a real simulator."""
import glob
import http.server
import json
import os
import pty
import re
import resource
import select
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
OK, USAGE, DAMAGED, NOT_FOUND, UNREACHABLE, EXISTS, IO, REFUSED, SETTING = 0, 64, 65, 66, 69, 73, 74, 77, 78
HEADER = "account_id,api_key,secret_key,account_name,email,is_active\n"


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.dir = self.temporary.name
        self.env = {"PATH": os.environ["PATH"], "HOME": self.dir, "TRADE_COPIER": BINARY}
        self.write(".env", "ENCRYPTION_KEY=%s\n" % self.run_ok("keygen").strip())

    def tearDown(self):
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode) as file:
            file.write(text)
        return name

    def run_command(self, *arguments, stdin="", program=(BINARY,), **env):
        done = subprocess.run([*program, *arguments], cwd=self.dir, env={**self.env, **env}, input=stdin, text=True,
                              capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def run_ok(self, *arguments, **more):
        code, out, err = self.run_command(*arguments, **more)
        self.assertEqual((code, err), (OK, ""), arguments)
        return out

    def refused(self, code, pattern, *arguments, **more):
        """One line on stderr, nothing of success on stdout."""
        got, _, err = self.run_command(*arguments, **more)
        self.assertEqual(got, code, err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertRegex(err, pattern)

    def add(self, name, *more):
        return self.run_ok("client", "add", "--account-id", name, "--api-key", "PK" + name * 5, "--secret-key-file", "-",
                           *more, stdin="SECRET-%s\n" % name)

    def clients(self, *more):
        return {one["account_id"]: one for one in json.loads(self.run_ok("client", "list", "--json", *more))}


class Clients(Case):
    def test_a_client_lives(self):
        self.add("alice", "--name", 'A "quoted" name', "--email", "a@example.com", "--scaling-method", "fixed_multiplier",
                 "--multiplier", "0.25", "--deny", "gme,AMC")
        alice = self.clients()["alice"]
        self.assertEqual((alice["name"], alice["email"], alice["multiplier"], alice["deny"], alice["is_active"]),
                         ('A "quoted" name', "a@example.com", "0.25", "GME,AMC", True))
        self.run_ok("client", "update", "alice", "--active", "false", "--direction", "long", "--risk-percent", "2.5",
                    "--deny", "")
        alice = self.clients()["alice"]
        self.assertEqual((alice["is_active"], alice["direction"], alice["risk_percent"], alice["deny"], alice["multiplier"]),
                         (False, "long", "2.5", "", "0.25"))
        self.assertEqual(self.clients("--active-only"), {})
        self.run_ok("client", "remove", "alice")
        self.assertEqual(self.clients(), {})
        self.add("alice")
        self.assertEqual(self.clients()["alice"]["email"], "")

    def test_a_breaker_is_listed_and_reset(self):
        self.add("alice")
        self.add("bob")
        self.assertEqual(json.loads(self.run_ok("breaker", "list", "--json")), [])
        database = sqlite3.connect(self.path("trade_copier.db"))
        with database:  # as the copier stores it
            database.execute("INSERT INTO breakers (client_id, state, failures, opened_at_ns, retry_at_ns, last_error, "
                             "stored_at_ns) VALUES ('alice', 'open', 5, 1790000000000000000, 1790000060000000000, "
                             "'timed out', 1790000000000000000)")
        alice = {"account_id": "alice", "state": "open", "failures": 5, "opened_at": "2026-09-21T14:13:20.000000000Z",
                 "retry_at": "2026-09-21T14:14:20.000000000Z", "last_error": "timed out"}
        self.assertEqual(json.loads(self.run_ok("breaker", "list", "--open", "--json")), [alice])
        self.assertRegex(self.run_ok("breaker", "list"), "alice +open +5 .*timed out\n1 breaker\n$")
        revision = database.execute("SELECT revision FROM clients WHERE client_id = 'alice'").fetchone()
        self.refused(NOT_FOUND, "nobody", "breaker", "reset", "alice", "nobody")
        self.assertEqual(json.loads(self.run_ok("breaker", "list", "--open", "--json")), [alice])
        self.assertEqual(self.run_ok("breaker", "reset", "alice"), "breaker of alice reset\n")
        self.assertEqual(json.loads(self.run_ok("breaker", "list", "--open", "--json")), [])
        self.assertEqual(json.loads(self.run_ok("breaker", "list", "--json"))[0]["last_error"], "reset by an operator")
        after = database.execute("SELECT revision FROM clients WHERE client_id = 'alice'").fetchone()
        self.assertGreater(after, revision)
        self.assertEqual(self.run_command("breaker", "reset")[0], USAGE)
        for command in ("list", "reset"):
            self.assertIn("breaker " + command, self.run_ok("breaker", command, "--help"))
        database.close()

    def test_the_longest_id_has_room_for_an_email(self):
        name = "x" * 63
        self.run_ok("client", "add", name, "--api-key", "K", "--secret-key", "S", "--email", "long@example.com")
        self.assertEqual(self.clients()[name]["email"], "long@example.com")
        self.refused(USAGE, "1 to 63", "client", "add", name + "x", "--api-key", "K", "--secret-key", "S")

    def test_mistakes_name_the_field(self):
        self.add("bob")
        self.refused(EXISTS, "named bob already", "client", "add", "bob", "--api-key", "K", "--secret-key", "S")
        self.refused(NOT_FOUND, "none named nobody", "client", "update", "nobody", "--active", "true")
        self.refused(USAGE, "--scaling-method: \"magic\"", "client", "update", "bob", "--scaling-method", "magic")
        self.refused(USAGE, "--risk-percent: \"101\".*at most 100", "client", "update", "bob", "--risk-percent", "101")
        self.refused(USAGE, "--secret-key: not given", "client", "update", "bob", "--api-key", "K")
        self.refused(USAGE, "unknown option --colour", "client", "add", "--colour", "red")
        self.refused(USAGE, "no such command: client sing", "client", "sing")
        self.refused(NOT_FOUND, "named eve", "client", "remove", "bob", "eve")
        self.assertIn("bob", self.clients())

    def test_the_wrong_key_is_refused_before_anything_is_written(self):
        self.add("bob")
        other = self.run_ok("keygen").strip()
        self.refused(SETTING, "ENCRYPTION_KEY: the database was sealed with key id", "client", "add", "eve", "--api-key", "K",
                     "--secret-key", "S", ENCRYPTION_KEY=other)
        self.refused(SETTING, "ENCRYPTION_KEY", "master", "set", "--account-id", "m", "--api-key", "K", "--secret-key", "S",
                     ENCRYPTION_KEY=other)
        self.refused(SETTING, "ENCRYPTION_KEY", "client", "add", "eve", "--api-key", "K", "--secret-key", "S",
                     ENCRYPTION_KEY="nonsense")
        self.assertEqual(list(self.clients()), ["bob"])
        self.refused(NOT_FOUND, "none is stored", "master", "show")

    def test_a_damaged_or_missing_database(self):
        self.refused(IO, "trade_copier.db", "client", "list")
        self.write("bad.db", "this is no database, " * 400)
        self.refused(DAMAGED, "bad.db", "client", "list", DATABASE_URL="sqlite:///bad.db")
        self.refused(SETTING, "DATABASE_URL", "client", "list", DATABASE_URL="nonsense")


class Import(Case):
    def refuse_file(self, text, pattern):
        before = self.clients() if os.path.exists(self.path("trade_copier.db")) else {}
        self.refused(SETTING, pattern, "client", "import", self.write("x.csv", text))
        after = self.clients() if os.path.exists(self.path("trade_copier.db")) else {}
        self.assertEqual(before, after)

    def test_all_of_a_good_file(self):
        rows = "".join('c%d,PK%d,S%d,"Name, %d",c%d@example.com,%s\n' % (i, i, i, i, i, i % 2 == 0) for i in range(200))
        self.write("good.csv", HEADER + rows)
        self.assertEqual(self.run_ok("client", "import", "good.csv"), "200 clients imported\n")
        clients = self.clients()
        self.assertEqual((len(clients), clients["c7"]["name"], clients["c8"]["email"]), (200, "Name, 7", "c8@example.com"))
        self.assertEqual(len(self.clients("--active-only")), 100)

    def test_from_a_pipe(self):
        """What `docker run` and ssh hand on is no file."""
        self.assertEqual(self.run_ok("client", "import", "-", stdin=HEADER + "a,K,S,,,\nb,K,S,,,\n"), "2 clients imported\n")
        self.assertEqual(self.run_ok("client", "import", "/dev/stdin", stdin=HEADER + "c,K,S,,,\n"), "1 client imported\n")
        self.refused(SETTING, "-:2 secret_key", "client", "import", "-", stdin=HEADER + "d,K,,,,\n")
        self.refused(SETTING, "-: has more than", "client", "import", "-", stdin=HEADER + " " * (4 << 20))
        self.refused(SETTING, "is a directory", "client", "import", ".")
        self.assertEqual(sorted(self.clients()), ["a", "b", "c"])

    def test_none_of_a_bad_one(self):
        self.add("there")
        good = "a,K,S,,,\nb,K,S,,,\n"
        self.refuse_file(HEADER + good + "c,K,,,,\n", "x.csv:4 secret_key")
        self.refuse_file(HEADER + good + "a,K,S,,,\n", "x.csv:4 account_id: the same account as on line 2")
        self.refuse_file(HEADER + good + "there,K,S,,,\n", "x.csv:4 account_id: this account is in the database")
        self.refuse_file(HEADER + good + 'c,K,"S,,,\n', "x.csv:[45]: a quote is not closed")
        self.refuse_file(HEADER + good + "c,K,S,,nobody,\n", "x.csv:4 email")
        self.refuse_file(HEADER, "no account")
        self.refuse_file("", "header")
        self.refused(SETTING, "none.csv: cannot be opened", "client", "import", "none.csv")


class Secrets(Case):
    def test_no_secret_in_files_and_output(self):
        self.add("alice")
        self.run_ok("master", "set", "--account-id", "m", "--api-key", "PKMASTERKEY123", "--secret-key", "SECRET-master")
        shown = self.run_ok("client", "list", "--keys") + self.run_ok("client", "list", "--keys", "--json")
        shown += self.run_ok("master", "show") + self.run_ok("master", "show", "--json")
        shown += self.run_ok("settings", SMTP_PASSWORD="SECRET-smtp", DATABASE_URL="postgresql://u:SECRET-pg@h/d")
        self.assertNotIn("SECRET-", shown)
        self.assertNotIn("PKMASTERKEY123", shown)
        self.assertIn("PKMA****", shown)
        self.assertIn("postgresql://u:****@h/d", shown)
        for name in glob.glob(self.path("trade_copier.db*")):
            with open(name, "rb") as file:
                data = file.read()
            self.assertNotIn(b"SECRET", data)
            self.assertNotIn(b"PKMASTERKEY", data)

    def test_the_process_list_shows_no_secret(self):
        """The command waits at its prompt (stdin is a terminal): argv and prompt are looked at meanwhile."""
        master, slave = pty.openpty()
        process = subprocess.Popen([BINARY, "client", "add", "p", "--api-key", "PKHIDDEN-12345"], cwd=self.dir, env=self.env,
                                   stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(slave)
        try:
            self.assertEqual(process.stderr.read(12), b"Secret key: ")
            with open("/proc/%d/cmdline" % process.pid, "rb") as file:
                line = file.read()
            self.assertIn(b"--api-key\0*****", line)
            self.assertNotIn(b"HIDDEN", line)
            with open("/proc/%d/limits" % process.pid) as file:
                self.assertRegex(file.read(), r"Max core file size +0 +0")
            os.write(master, b"SECRET-typed\n")
            out, _ = process.communicate(timeout=30)
            self.assertEqual((process.returncode, out), (OK, b"client p added\n"))
            self.assertNotIn(b"SECRET", self.echo_of(master))
        finally:
            process.kill()
            process.wait()
            process.stderr.close()
            process.stdout.close()
            os.close(master)

    @staticmethod
    def echo_of(master):
        try:
            return os.read(master, 4096) if select.select([master], [], [], 0.2)[0] else b""
        except OSError:  # nobody has the other end open any more, and nothing was echoed
            return b""

    def test_a_key_file_is_private_and_never_overwritten(self):
        self.run_ok("keygen", "--out", "key")
        self.assertEqual(os.stat(self.path("key")).st_mode & 0o777, 0o600)
        self.refused(EXISTS, "key: .*not overwritten", "keygen", "--out", "key")
        self.write(".env", "ENCRYPTION_KEY_FILE=key\n")
        self.add("alice")
        self.refused(SETTING, "ENCRYPTION_KEY_FILE", "client", "list", "--keys", ENCRYPTION_KEY_FILE="nokey")

    def test_certificates_of_actors(self):
        roles = {"dispatcher", "listener", "executor", "audit", "alert", "gateway", "tap", "monitor"}
        printed = self.run_ok("keygen", "--actors", "--out", "keys")
        self.assertEqual(set(os.listdir(self.path("keys/secret"))), {role + ".key_secret" for role in roles})
        self.assertEqual(set(os.listdir(self.path("keys/public"))), {role + ".key" for role in roles})
        self.assertIn("keys/secret/tap.key_secret keys/public/tap.key\n", printed)
        for name in os.listdir(self.path("keys/secret")):
            self.assertEqual(os.stat(self.path("keys/secret/" + name)).st_mode & 0o777, 0o600)
            with open(self.path("keys/secret/" + name)) as file:
                secret = re.search(r'secret-key = "(.{40})"', file.read()).group(1)
            self.assertNotIn(secret, printed)

        def read(name):
            with open(self.path("keys/public/%s.key" % name)) as file:
                return file.read()
        before = read("executor")
        self.refused(EXISTS, "keys/secret/dispatcher.key_secret: .*--force", "keygen", "--actors", "--out", "keys")
        os.unlink(self.path("keys/secret/executor.key_secret"))  # all or none: the rest stands there
        self.refused(EXISTS, "nothing was made", "keygen", "--actors", "--out", "keys")
        self.assertFalse(os.path.exists(self.path("keys/secret/executor.key_secret")))
        self.run_ok("keygen", "--actors", "--out", "keys", "--name", "executor", "--force")
        self.assertNotEqual(read("executor"), before)
        audit = read("audit")
        self.run_ok("keygen", "--actors", "--out", "keys", "--name", "executor-7")
        self.assertNotEqual(read("executor-7"), read("executor"))
        self.assertEqual(read("audit"), audit)

    def test_certificates_of_a_topology(self):
        self.write("t.topology", "transport tcp\nbase 127.0.0.1:7600\nactor fast executor\nactor executor-1 executor\n" + "".join(
            "actor %s %s\n" % (one, one) for one in ("tap", "alert", "audit", "dispatcher", "listener")))
        self.run_ok("keygen", "--actors", "t.topology", "--out", "keys", "--name", "executor-1")
        self.refused(NOT_FOUND, "executor-2: there is no such actor", "keygen", "--actors", "t.topology", "--out", "keys",
                     "--name", "executor-2")
        self.refused(USAGE, "'fast': expected a role", "keygen", "--actors", "t.topology", "--out", "keys", "--name", "fast")
        self.refused(USAGE, "--actors needs --out", "keygen", "--actors")
        self.refused(USAGE, "belong to --actors", "keygen", "--force")
        self.refused(IO, "nowhere/keys: cannot be made", "keygen", "--actors", "--out", "nowhere/keys")
        self.assertEqual(os.listdir(self.path("keys/public")), ["executor-1.key"])


class Settings(Case):
    def test_the_committed_files_are_not_stale(self):
        for name, option in ((".env.example", "--example"), ("docs/settings.md", "--docs")):
            with open(os.path.join(ROOT, name)) as file:
                self.assertEqual(self.run_ok("settings", option), file.read(),
                                 "%s is stale: trade-copier settings %s > %s" % (name, option, name))

    def test_the_example_is_a_good_file(self):
        with open(os.path.join(ROOT, ".env.example")) as file:
            self.write("example.env", file.read())
        json.loads(self.run_ok("settings", "--json", "--env", "example.env"))

    def test_errors_name_file_line_and_setting(self):
        self.write("bad.env", "# one\nMAX_RETRY_ATTEMPTS=many\n")
        for command in (["settings"], ["client", "list"], ["run"], ["test-connection"]):
            self.refused(SETTING, r"bad\.env:2 MAX_RETRY_ATTEMPTS: \"many\" found, expected a whole number from 0 to 100",
                         *command, "--env", "bad.env")
        self.write("bad.env", "LOG_LEVEL=INFO\nnonsense\n")
        self.refused(SETTING, r"bad\.env:2: ", "settings", "--env", "bad.env")
        self.refused(SETTING, r"none\.env", "settings", "--env", "none.env")

    def test_an_unknown_name_is_a_warning(self):
        self.write(".env", "LOG_LEVLE=INFO\n")
        code, _, err = self.run_command("settings")
        self.assertEqual(code, OK)
        self.assertRegex(err, r"warning: \.env: unknown setting LOG_LEVLE")


class Wrappers(Case):
    def wrapper(self, name, *arguments, **more):
        return self.run_command(*arguments, program=(os.path.join(ROOT, "scripts", name),), **more)

    def test_the_python_copiers_commands(self):
        code, _, err = self.wrapper("add_client", "--account-id", "w1", "--api-key", "K", "--secret-key", "S", "--email",
                                    "w@example.com", "--name", "W", "--scaling-method", "risk_based")
        self.assertEqual((code, err), (OK, ""))
        self.write("more.csv", HEADER + "w2,K,S,,,false\n")
        self.assertEqual(self.wrapper("bulk_add_clients", "more.csv")[0], OK)
        self.assertIn("w2", self.wrapper("list_clients")[1])
        self.assertNotIn("w2", self.wrapper("list_clients", "--active-only")[1])
        self.assertEqual(self.wrapper("delete_clients", "w1", "w2")[0], OK)
        self.assertEqual(self.clients(), {})
        self.assertEqual(self.wrapper("test_connection")[0], NOT_FOUND)


class Connection(Case):
    def setUp(self):
        super().setUp()
        self.simulator = subprocess.Popen([BINARY, "simulator", "--accounts", "3", "--json"], stdout=subprocess.PIPE,
                                          cwd=self.dir, env=self.env, text=True)
        lines = [self.simulator.stdout.readline(), self.simulator.stdout.readline()]
        self.url = re.search(r"http://\S+", "".join(lines)).group(0)
        accounts = json.loads(next(line for line in lines if line.startswith(("[", "{"))))
        self.accounts = accounts["accounts"] if isinstance(accounts, dict) else accounts
        self.write(".env", "ALPACA_BASE_URL=%s\n" % self.url, "a")

    def tearDown(self):
        self.simulator.terminate()
        self.assertEqual(self.simulator.wait(timeout=30), 0)
        self.simulator.stdout.close()
        super().tearDown()

    @staticmethod
    def keys(account):
        key = next(account[name] for name in ("key_id", "api_key", "key") if name in account)
        return key, next(account[name] for name in ("secret_key", "secret") if name in account)

    def test_good_keys_bad_keys_and_nobody(self):
        for name, account in zip(("m", "a", "b"), self.accounts):
            key, secret = self.keys(account)
            command = ("master", "set") if name == "m" else ("client", "add")
            self.run_ok(*command, "--account-id", name, "--api-key", key, "--secret-key", secret)
        good = json.loads(self.run_ok("test-connection", "--json"))
        self.assertEqual([(one["role"], one["result"]) for one in good],
                         [("master", "ok"), ("client", "ok"), ("client", "ok")])
        self.assertIn("stream ok", self.run_ok("test-connection", "--master"))
        self.run_ok("client", "update", "b", "--api-key", "PKWRONG", "--secret-key", "WRONG")
        self.refused(REFUSED, "1 of 3 accounts failed, e.g. b: refused", "test-connection")
        self.run_ok("test-connection", "--client", "a")
        self.refused(NOT_FOUND, "none named zz", "test-connection", "--client", "zz")
        started = time.monotonic()
        self.refused(UNREACHABLE, r"http://127\.0\.0\.1:1: .*unreachable", "test-connection", "--all",
                     ALPACA_BASE_URL="http://127.0.0.1:1")
        self.assertLess(time.monotonic() - started, 30)

    def test_ids_of_ended_orders_stay_taken(self):
        key, secret = self.keys(self.accounts[1])
        self.run_ok("client", "add", "--account-id", "a", "--api-key", key, "--secret-key", secret)
        proof = json.loads(self.run_ok("test-connection", "--client", "a", "--paper", "--json"))
        self.assertEqual(proof, {"account_id": "a", "cancelled_id_refused": True, "filled_id_refused": True})
        self.assertEqual(self.run_ok("test-connection", "--client", "a", "--paper", "--symbol", "AAPL").count("refused again"), 2)
        self.refused(USAGE, "--paper needs --client", "test-connection", "--paper")
        self.refused(REFUSED, "a limit order that rests: rejected", "test-connection", "--client", "a", "--paper", "--symbol", "NOSUCH")
        self.refused(SETTING, "only to a paper account", "test-connection", "--client", "a", "--paper",
                     ALPACA_BASE_URL="https://api.alpaca.markets", USE_PAPER_TRADING="false")

    def test_a_broker_that_takes_ids_again_is_found_out(self):
        """t=0 an order is cancelled; t=1 its id is taken again: exactly-once cannot rest on ids at such a broker"""
        broker = Forgetful()
        try:
            self.run_ok("client", "add", "--account-id", "a", "--api-key", "PKA", "--secret-key", "S")
            url = {"ALPACA_BASE_URL": "http://127.0.0.1:%d" % broker.port}
            code, out, err = self.run_command("test-connection", "--client", "a", "--paper", "--json", **url)
            self.assertEqual((code, json.loads(out)), (REFUSED, {"account_id": "a", "cancelled_id_refused": False,
                                                            "filled_id_refused": False}), err)
            self.assertRegex(err, "takes an ended order's id again")
            self.assertEqual([sent["side"] for sent in broker.sent], ["buy", "buy", "buy", "buy", "sell", "sell"])
        finally:
            broker.close()


class Forgetful:
    """A broker that knows no id any more once its order has ended."""

    def __init__(self):
        outer, self.sent, self.orders = self, [], {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body):
                data = json.dumps(body).encode() if body is not None else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.sent.append(asked)
                market = asked["type"] == "market"
                order = {"id": "00000000-0000-0000-0000-%012d" % len(outer.sent), "status": "filled" if market else "new",
                         "filled_qty": asked["qty"] if market else "0", "filled_avg_price": None,
                         "submitted_at": "2026-03-02T14:30:00Z", **asked}
                outer.orders[order["id"]] = order
                self.answer(200, order)

            def do_DELETE(self):
                outer.orders[self.path.rsplit("/", 1)[1]]["status"] = "canceled"
                self.answer(204, None)

            def do_GET(self):
                self.answer(200, outer.orders[self.path.rsplit("/", 1)[1]])

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main(argv=sys.argv[:1])
