#!/usr/bin/env python3
"""A copier on PostgreSQL: what `run` and the commands do with it, the server away meanwhile, and the move from SQLite to it and
back.

Run by ctest with TRADE_COPIER; `postgres_test.py Processes.test_…` runs one."""
import json
import os
import shutil
import stat
import tempfile
import unittest

from copier import FIVE, NEARLY, Case, entry_size, find_files
from postgres_server import ENCODED, PASSWORD, Postgres

UNREACHABLE, EXISTS, IO, SETTING = 69, 73, 74, 78


class Server(Case):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="tc-postgres-")
        self.addCleanup(shutil.rmtree, directory)
        self.server = Postgres(directory)
        self.addCleanup(self.server.kill)

    def world(self, clients=FIVE, topology="local", url=None, **settings):
        made = self.copier(clients, topology=topology, settings={"DATABASE_URL": url or self.server.url, **settings})
        made.simulator.control("prices", {"AAPL": "100", "MSFT": "200", "SPY": "50"})
        self.sizes = {}
        return made

    def buy(self, world, symbol, clients=None):
        x = world.simulator.order("master", "buy", symbol, 10)["id"]
        price = world.fill_price("master", x)
        self.sizes[symbol] = {one["label"]: entry_size(one, 10, price) for one in clients or world.clients}
        world.wait_holdings(symbol, self.sizes[symbol], NEARLY)
        return x

    def check_copies(self, world):
        for symbol, sizes in self.sizes.items():
            self.check_nothing_doubled(world, symbol, "buy", sizes)

    def reloads(self, world):
        return len(world.lines("master_reloaded"))

    def check_no_password(self, world):
        """Neither in what was said nor on disk; .env alone has it."""
        for path in find_files(world.directory):
            if os.path.basename(path) == ".env":
                continue
            with open(path, "rb") as file:
                content = file.read()
            self.assertNotIn(PASSWORD.encode(), content, path)
            self.assertNotIn(ENCODED.encode(), content, path)

    def refused(self, world, code, pattern, *arguments, **env):
        got, out, err = world.command(*arguments, **env)
        self.assertEqual(got, code, err)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertRegex(err, pattern)
        for word in (PASSWORD, ENCODED):
            self.assertNotIn(word, out + err)


class Running:
    topology = None

    def test_it_trades_while_the_server_goes_and_comes_back(self):
        """A trade each: all is well; after kill -9; back, with a client that was added since. Every outcome is stored."""
        world = self.world(FIVE[:3], self.topology, url=self.server.bare_url,
                           DATABASE_PASSWORD_FILE=self.server.password_file)
        world.start()
        first = self.buy(world, "AAPL")
        world.wait_completed(first)
        self.refused(world, 75, "already running", "run")
        self.server.kill()
        second = self.buy(world, "MSFT")
        world.wait("an alert that it is away", lambda: world.lines("alert", kind="storage_away", subject="database"))
        self.refused(world, UNREACHABLE, r"postgresql://localhost:\d+/copier", "client", "list")
        self.assertEqual(world.lines("replication_completed", master_order_id=second), [])
        one = world.accounts["master"]  # the same keys, now from .env: taken when it is back
        world.write_env(MASTER_ACCOUNT_ID="master", MASTER_API_KEY=one["key_id"], MASTER_SECRET_KEY=one["secret"])
        world.wait("the edit waits", lambda: world.lines("env_waits"))
        self.assertEqual(self.reloads(world), 0)
        self.server.start()
        world.wait("the edit was taken", lambda: self.reloads(world) == 1)
        world.wait_completed(second)
        world.wait("an alert that it is back", lambda: world.lines("alert", kind="storage_back", subject="database"))
        late = world.new_client("late", "50000")
        world.add_client(late)
        world.clients.append(late)
        world.wait_warm()
        third = self.buy(world, "SPY")
        world.wait_completed(third)
        world.wait("the orders' ends in the database", lambda: self.server.query("SELECT count (*) AS n FROM outcomes WHERE final = 1")
                   == [(10,)])
        world.stop()
        self.check_copies(world)
        self.assertEqual(self.server.query("SELECT x, count (*) AS n, sum (final) AS ended FROM outcomes WHERE kind = 'filled' "
                                           "GROUP BY x ORDER BY n, x"),
                         sorted([(first, 3, 3), (second, 3, 3)]) + [(third, 4, 4)])
        self.assertEqual(self.server.query("SELECT count (*) AS n FROM copies WHERE qty::numeric > 0 AND filled = qty"), [(10,)])
        self.check_no_password(world)


class Processes(Running, Server):
    """`run`: a process an actor, over ipc."""
    topology = "local"

    def lines_of(self, world, name):
        with open(world.path(name)) as file:
            return file.read().splitlines()[1:]  # the first has the time of the export

    def test_it_moves_from_sqlite_and_back(self):
        """t=0 trades on SQLite; t=1 exported, imported, traded on PostgreSQL; t=2 back again. Nothing is copied twice, and what
        was exported comes out as it was."""
        world = self.world(FIVE[:3], url="sqlite:///copier.db")
        world.ok("client", "add", "--account-id", "gone", "--api-key", "PKGONE", "--secret-key-file", "-", stdin="x\n")
        world.ok("client", "remove", "gone")
        world.start()
        world.wait_completed(self.buy(world, "AAPL"))
        world.stop()
        counts = json.loads(world.ok("db", "export", "one.jsonl", "--json"))
        self.assertEqual(counts["clients"], 4)
        self.assertEqual(counts["outcomes"], 3)
        self.assertEqual(stat.S_IMODE(os.stat(world.path("one.jsonl")).st_mode), 0o600)

        with open(world.path("one.jsonl")) as file:
            schema = json.loads(file.readline())["schema"]
        world.write_env(DATABASE_URL=self.server.url)
        self.assertEqual(json.loads(world.ok("db", "migrate", "--json")),
                         {"schema": schema,
                          "database": "postgresql://localhost:%d/copier" % self.server.port})
        self.assertEqual(json.loads(world.ok("db", "import", "one.jsonl", "--json")), counts)
        world.ok("db", "export", "two.jsonl")
        self.assertEqual(self.lines_of(world, "one.jsonl"), self.lines_of(world, "two.jsonl"))
        world.start()
        world.wait_completed(self.buy(world, "MSFT"))
        world.stop()

        world.ok("db", "export", "three.jsonl")
        world.write_env(DATABASE_URL="sqlite:///back.db")
        with open(world.path("three.jsonl")) as file:
            world.ok("db", "import", "-", stdin=file.read())
        code, out, err = world.command("db", "export", "-")
        self.assertEqual(code, 0, err)
        self.assertEqual(out.splitlines()[1:], self.lines_of(world, "three.jsonl"))
        self.assertRegex(err, r"^\d+ rows exported: ")
        world.start()
        world.wait_completed(self.buy(world, "SPY"))
        world.stop()
        self.check_copies(world)
        self.check_no_password(world)

    def test_an_import_is_all_or_nothing(self):
        """Files cut short, changed or foreign, and databases that hold something: a line that names what is wrong, and nothing
        is there."""
        world = self.world(FIVE[:2], url="sqlite:///copier.db")
        world.start()
        world.wait_completed(self.buy(world, "AAPL"))
        world.stop()
        world.ok("db", "export", "good.jsonl")
        self.refused(world, EXISTS, "good.jsonl", "db", "export", "good.jsonl")
        self.refused(world, EXISTS, "copier.db.*not empty", "db", "import", "good.jsonl")
        self.refused(world, IO, "absent", "db", "import", "absent.jsonl")
        with open(world.path("good.jsonl")) as file:
            good = file.read().splitlines(True)
        client = next(number for number, line in enumerate(good) if line.startswith('{"clients"'))
        outcome = next(number for number, line in enumerate(good) if line.startswith('{"outcomes"'))

        def changed(number, old, new):
            self.assertIn(old, good[number])
            return good[:number] + [good[number].replace(old, new)] + good[number + 1:]
        cases = (([], "ends too early"), (good[:-1], "ends too early"), (good[1:], ":1: is not the beginning"),
                 (good[:3] + good[4:], "says .* rows, there were"), (good + good[-1:], "stands behind the end"),
                 (good[:2] + good[:1] + good[2:], ":3: begins once more"), (["x\n"] + good, ":1: is not a JSON object"),
                 (changed(0, '"format":1', '"format":2'), ":1: is of format 2"),
                 (changed(0, '"schema":', '"schema":9'), "schema version 9"),
                 (changed(client, '"active":true', '"active":1'), "table clients, field active"),
                 (changed(client, '"active":true,', ''), "table clients, field active is not there"),
                 (changed(client, '"active":true', '"active":true,"more":1'), "no such field"),
                 (changed(client, '"scaling":"', '"scaling":"guess'), "table clients, row .*, field scaling"),
                 (changed(outcome, '"kind":"', '"kind":"un'), "table outcomes, row .*, field kind"),
                 (changed(outcome, '"outcomes"', '"incomes"'), "no table of that name"),
                 (good[:client] + [good[client]] + good[client:-1] + [json.dumps({"end": {"rows": len(good) - 1}})], "UNIQUE|unique"))
        for url in (self.server.url, "sqlite:///new.db"):
            world.write_env(DATABASE_URL=url)
            world.ok("db", "migrate")
            for lines, pattern in cases:
                world.write("bad.jsonl", "".join(lines))
                code, _, err = world.command("db", "import", "bad.jsonl")
                self.assertIn(code, (IO, SETTING), err)
                self.assertRegex(err, pattern)
                self.assertEqual(err.count("\n"), 1, err)
            world.ok("db", "import", "good.jsonl")  # the database is still empty
            self.refused(world, EXISTS, "not empty", "db", "import", "good.jsonl")

    def test_bad_addresses(self):
        world = self.world(FIVE[:1])
        self.server.ask("CREATE DATABASE other")
        self.server.ask("CREATE TABLE accounts (id BIGINT)", "other")
        for url, code, pattern in (
                (self.server.url.replace(ENCODED, "wrong"), SETTING, "password authentication failed"),
                (self.server.url.replace("copier", "nowhere").replace("nowhere:", "copier:"), SETTING, "nowhere"),
                (self.server.url.replace("copier", "other").replace("other:", "copier:"), IO, "another program's"),
                (self.server.url.removesuffix("copier"), SETTING, "DATABASE_URL.*names no database"),
                (self.server.url + "?password=x", SETTING, "DATABASE_URL"),
                (self.server.url.replace(":%d" % self.server.port, ":1"), UNREACHABLE, "postgresql://localhost:1/copier"),
                ("postgresql://copier:%s@no-such-host.invalid/copier" % ENCODED, UNREACHABLE, "no-such-host.invalid")):
            self.refused(world, code, pattern, "client", "list", DATABASE_URL=url)
            self.refused(world, code, pattern, "run", DATABASE_URL=url)
        self.refused(world, SETTING, "DATABASE_PASSWORD_FILE.*absent", "client", "list", DATABASE_URL=self.server.bare_url,
                     DATABASE_PASSWORD_FILE="absent")
        out = world.ok("settings")
        self.assertIn("postgresql://copier:****@localhost", out)


class Single(Running, Server):
    """`run --topology single`: the same actors as threads of one process."""
    topology = "single"


if __name__ == "__main__":
    unittest.main(verbosity=2)
