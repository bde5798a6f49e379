#!/usr/bin/env python3
"""What is wrong is said once, in one line that names the file, the line or the field; then nothing was changed.

Exit codes are those of docs/commands.md."""
import hashlib
import os
import re
import socket
import unittest

from copier import Case

USAGE, DAMAGED, NOT_FOUND, UNREACHABLE, IO, BUSY, REFUSED, SETTING = 64, 65, 66, 69, 74, 75, 77, 78
CLIENTS = [{"label": "alice", "cash": "50000"}, {"label": "bob", "cash": "25000"}]
HEADER = "account_id,api_key,secret_key,account_name,email,is_active\n"


class BadInput(Case):
    def setUp(self):
        self.world = self.copier(CLIENTS)

    def state(self):
        """What stands in the database: every row of every table, and the main file's bytes when nothing is in the WAL."""
        path = self.world.path("copier.db")
        rows = {}
        for (table,) in self.world.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"):
            rows[table] = self.world.query('SELECT * FROM "%s"' % table)
        wal = path + "-wal"
        quiet = not os.path.exists(wal) or os.path.getsize(wal) == 0
        with open(path, "rb") as file:
            return rows, hashlib.sha256(file.read()).hexdigest() if quiet else None

    def refused(self, code, pattern, *arguments, unchanged=True, **more):
        """Exactly one line on stderr; nothing on stdout that looks like success; the database as it was."""
        before = self.state() if unchanged else None
        got, out, err = self.world.command(*arguments, **more)
        self.assertEqual(got, code, "%s: %s%s" % (" ".join(arguments), err, out[-2000:]))
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertTrue(err.startswith("trade-copier: error: "), err)
        self.assertRegex(err, pattern)
        if unchanged:
            self.assertEqual(before, self.state())
        self.assertEqual([name for name in os.listdir(self.world.directory) if name.endswith((".tmp", "-journal"))], [])
        return err

    def line_of(self, name):
        return [line.split("=")[0] for line in self.read(".env").decode().splitlines()].index(name) + 1

    def read(self, name):
        with open(self.world.path(name), "rb") as file:
            return file.read()

    #  ---- settings

    def test_bad_values_in_the_env_file(self):
        """Each of them: the file, the line, the setting, and what was found."""
        for name, value, expected in (("MIN_ORDER_SIZE", "many", "many"), ("EXECUTOR_SHARDS", "0", "1 to 64"),
                                      ("EXECUTOR_SHARDS", "2.5", "2.5"), ("REQUEST_TIMEOUT", "-1", "0.1 to 120"),
                                      ("ALLOW_FRACTIONAL_SHARES", "perhaps", "true or false"), ("LOG_LEVEL", "LOUD", "DEBUG"),
                                      ("ALPACA_BASE_URL", "nowhere", "http"), ("FAILURE_THRESHOLD", "99999999999999999999", "1 to 1000"),
                                      ("DATABASE_URL", "mysql://x", "DATABASE_URL")):
            with self.subTest(name=name, value=value):
                old = self.world.settings.get(name)
                self.world.write_env(**{name: value})
                try:
                    where = r"\.env:%d\b.*%s" % (self.line_of(name), name)
                    self.assertIn(expected, self.refused(SETTING, where, "run"))
                    self.refused(SETTING, where, "client", "list")
                finally:
                    self.world.write_env(**{name: old})

    def test_a_line_that_is_none(self):
        with open(self.world.path(".env"), "a") as file:
            file.write("this is no line\n")
        number = len(self.read(".env").splitlines())
        self.refused(SETTING, r"\.env:%d\b" % number, "run")
        self.refused(SETTING, r"\.env:%d\b" % number, "client", "list")

    def test_a_bad_value_in_the_environment(self):
        self.refused(SETTING, r"MAX_CLIENTS", "run", MAX_CLIENTS="none")

    def test_live_trading_must_be_meant(self):
        err = self.refused(SETTING, "USE_PAPER_TRADING", "run", USE_PAPER_TRADING="false")
        self.assertIn("--live", err)

    #  ---- the CSV

    def test_a_csv_with_a_bad_line(self):
        good = "c%d,PK%d,SK%d,,,true\n"
        rows = "".join(good % (n, n, n) for n in range(50))
        for text, pattern in ((HEADER + rows + "c50,PK,,,,true\n" + good % (51, 51, 51), r"in\.csv:52 secret_key"),
                              (HEADER + rows + "c50,PK,SK,,,maybe\n", r"in\.csv:52 is_active"),
                              (HEADER + rows + "c7,PK,SK,,,true\n", r"in\.csv:52 account_id.*line 9"),
                              (HEADER + rows + "alice,PK,SK,,,true\n", r"in\.csv:52 account_id"),
                              (HEADER + rows + "c50,PK,SK,,not-an-address,true\n", r"in\.csv:52 email"),
                              (HEADER + rows + "c50,PK\n", r"in\.csv:52\b"),
                              (HEADER + rows + 'c50,"PK,SK,,,true\n', r"in\.csv:5[23]\b"),
                              ("account_id,api_key\n" + rows, r"in\.csv:1\b.*secret_key"), ("", r"in\.csv")):
            with self.subTest(pattern=pattern):
                self.world.write("in.csv", text)
                self.refused(SETTING, pattern, "client", "import", "in.csv")
        self.refused(SETTING, r"absent\.csv", "client", "import", "absent.csv")

    #  ---- keys and accounts

    def test_a_wrong_encryption_key(self):
        other = self.world.ok("keygen").strip()
        for arguments in (("run",), ("client", "add", "--account-id", "eve", "--api-key", "K", "--secret-key", "S"),
                          ("master", "set", "--account-id", "m", "--api-key", "K", "--secret-key", "S"), ("test-connection",)):
            with self.subTest(arguments[0]):
                self.refused(SETTING, "ENCRYPTION_KEY", *arguments, ENCRYPTION_KEY=other)
                self.refused(SETTING, "ENCRYPTION_KEY", *arguments, ENCRYPTION_KEY="too-short")

    def test_no_encryption_key(self):
        self.world.write_env(ENCRYPTION_KEY=None)
        self.refused(SETTING, "ENCRYPTION_KEY", "run")

    def test_no_master(self):
        self.refused(SETTING, "master", "run", DATABASE_URL="sqlite:///fresh.db")

    def test_keys_that_the_broker_refuses(self):
        self.world.ok("master", "set", "--account-id", "master", "--api-key", "PKWRONG", "--secret-key-file", "-", stdin="wrong\n")
        self.refused(REFUSED, r"master|127\.0\.0\.1", "run")
        self.refused(REFUSED, r"master", "test-connection", "--master")

    def test_a_broker_that_does_not_answer(self):
        with socket.socket() as unheard:  # bound, not listening: refused at once
            unheard.bind(("127.0.0.1", 0))
            url = "http://127.0.0.1:%d" % unheard.getsockname()[1]
            self.refused(UNREACHABLE, re.escape(url), "run", ALPACA_BASE_URL=url)
            self.refused(UNREACHABLE, re.escape(url), "test-connection", ALPACA_BASE_URL=url)
        self.refused(UNREACHABLE, r"no-such-host\.invalid", "run", ALPACA_BASE_URL="http://no-such-host.invalid")

    #  ---- what others hold

    def test_the_simulators_port_is_in_use(self):
        port = self.world.simulator.url.rsplit(":", 1)[1]
        got, out, err = self.world.command("simulator", "--port", port)
        self.assertNotEqual(got, 0)
        self.assertEqual((len(err.splitlines()), out), (1, ""), err)
        self.assertIn(port, err)
        self.assertIn(got, (BUSY, UNREACHABLE, IO), err)

    def test_a_second_run_on_the_same_database(self):
        for topology in ("local", "single"):
            with self.subTest(topology):
                self.world.topology = topology
                self.world.start()
                pid = self.world.process.pid
                self.refused(BUSY, r"pid %d" % pid, "run", "--topology", topology, unchanged=False)
                self.assertIsNone(self.world.process.poll())
                self.world.wait_completed(self.world.simulator.order("master", "buy", "AAPL", 10)["id"])
                self.world.stop()

    #  ---- files

    def test_a_corrupt_database(self):
        with open(self.world.path("bad.db"), "wb") as file:
            file.write(b"this is no database, " * 1000)
        before = self.read("bad.db")
        for arguments in (("run",), ("client", "list"), ("client", "add", "--account-id", "x", "--api-key", "K", "--secret-key", "S")):
            with self.subTest(arguments[0]):
                self.refused(DAMAGED, r"bad\.db", *arguments, DATABASE_URL="sqlite:///bad.db")
                self.assertEqual(self.read("bad.db"), before)

    def test_a_database_with_damaged_pages(self):
        """A real one, cut and overwritten in the middle, as a failing disk leaves it."""
        self.world.query("SELECT 1")
        with open(self.world.path("copier.db"), "rb") as file:
            content = bytearray(file.read())
        for offset in range(4096, len(content), 4096):
            content[offset:offset + 512] = b"\xa5" * 512
        with open(self.world.path("torn.db"), "wb") as file:
            file.write(content)
        self.refused(DAMAGED, r"torn\.db", "run", DATABASE_URL="sqlite:///torn.db")
        self.assertEqual(self.read("torn.db"), bytes(content))

    def test_no_database(self):
        self.refused(IO, r"absent\.db", "client", "list", DATABASE_URL="sqlite:///absent.db")
        self.assertFalse(os.path.exists(self.world.path("absent.db")))
        self.refused(IO, r"nowhere", "client", "list", DATABASE_URL="sqlite:///nowhere/x.db")

    def test_a_topology_file(self):
        self.refused(SETTING, r"absent\.topology", "run", "--topology", "absent.topology")
        roles = "".join("actor %s %s\n" % (role, role) for role in ("tap", "alert", "audit", "dispatcher", "listener"))
        for text, pattern in (("transport ipc\n" + roles + "actor e1 executer\n", r"bad\.topology:7\b.*executer"),
                              ("transport pigeon\n", r"bad\.topology:1\b"), ("# only this\nflower power\n", r"bad\.topology:2\b.*flower"),
                              ("transport ipc\n" + roles, r"bad\.topology.*executor"),
                              ("transport ipc\n" + roles + "actor e1 executor\nactor e1 executor\n", r"bad\.topology:8\b.*e1"),
                              ("transport tcp\n" + roles + "actor e1 executor\n", r"bad\.topology.*HOST:PORT")):
            with self.subTest(pattern=pattern):
                self.world.write("bad.topology", text)
                self.refused(SETTING, pattern, "run", "--topology", "bad.topology")

    def test_options_that_are_none(self):
        self.refused(USAGE, "--colour", "run", "--colour", "red")
        self.refused(USAGE, "dance", "dance")
        self.refused(USAGE, "--count", "tap", "--count", "none")
        self.refused(NOT_FOUND, "nobody", "client", "remove", "alice", "nobody")
        self.refused(NOT_FOUND, "nobody", "test-connection", "--client", "nobody")


if __name__ == "__main__":
    unittest.main(verbosity=2)
