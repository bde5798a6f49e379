#!/usr/bin/env python3
"""The gateway of a running copier: a strategy change moves the next trade's sizes and not those of an open order, a
WebSocket tells of every trade, and a gateway that is gone, or has no port, costs no trade."""
import json
import os
import signal
import socket
import sqlite3
import sys
import unittest
import urllib.error
import urllib.request
from decimal import Decimal

from copier import FIVE, ROOT, Case, entry_size, free_ports

sys.path.insert(0, os.path.join(ROOT, "tests", "integration", "gateway"))
import prometheus_text  # noqa: E402
from websocket import WebSocket  # noqa: E402

CHANGE = "/api/strategy/change"


class Gateways(Case):
    def world(self, topology="local", **settings):
        port = free_ports(1)
        made = self.copier(FIVE, topology=topology, settings={"GATEWAY_PORT": str(port), **settings})
        made.port = port
        made.simulator.control("prices", {"AAPL": "100", "MSFT": "200"})
        return made

    def token(self, world):
        with open(world.path("copier.db.gateway-token")) as file:
            return file.read().strip()

    def ask(self, world, path, body=None, token=True):
        """(status, JSON or text)"""
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (world.port, path),
                                         data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header("Authorization", "Bearer " + self.token(world))
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text, status = answer.read().decode(), answer.status
        except urllib.error.HTTPError as error:
            text, status = error.read().decode(), error.code
        return status, json.loads(text) if text.startswith("{") else text

    def answers(self, world):
        try:
            return self.ask(world, "/healthz", token=False)[0] == 200
        except OSError:
            return False

    def trade(self, world, side, qty, symbol="AAPL"):
        order = world.simulator.order("master", side, symbol, qty)
        price = world.fill_price("master", order["id"])
        return order["id"], price, world.wait_completed(order["id"])

    def sizes(self, clients, qty, price):
        return {one["label"]: entry_size(one, qty, price) for one in clients}

    def test_a_change_moves_the_next_trade_and_a_websocket_tells_of_it(self):
        world = self.world()
        world.start()
        events = WebSocket(world.port, headers=["Authorization: Bearer " + self.token(world)], timeout=60)
        self.addCleanup(events.close)
        self.assertEqual(events.status, 101)
        world.wait("readiness", lambda: self.ask(world, "/readyz", token=False)[0] == 200)
        x, price, _ = self.trade(world, "buy", 10)
        world.wait_holdings("AAPL", self.sizes(world.clients, 10, price))
        event = events.event()
        while event["type"] != "trade_replicated":
            event = events.event()
        self.assertEqual((event["master_order_id"], event["symbol"], event["success_count"], event["failure_count"]), (x, "AAPL", 5, 0))
        self.assertGreater(event["latency_ms"], 0)

        wish = {"strategy_id": "calm", "parameters": {"scaling_method": "fixed_multiplier", "multiplier": 0.1, "clients": ["half", "bold"]}}
        self.assertEqual(self.ask(world, CHANGE, wish, token=False)[0], 401)
        before = world.ok("client", "list", "--json")
        status, answer = self.ask(world, CHANGE, {**wish, "parameters": {"multiplier": 3, "clients": ["half", "nobody"]}})
        self.assertEqual((status, answer["error"]["field"]), (422, "parameters.clients"))
        self.assertEqual(world.ok("client", "list", "--json"), before)  # all or nothing
        status, answer = self.ask(world, CHANGE, wish)
        self.assertEqual((status, answer["clients"], answer["changed"]), (200, 2, 2), answer)

        #  at once: whoever has the answer sees it in the next trade
        changed = [dict(one) for one in world.clients]
        for one in changed[:2]:
            one["options"] = ["--scaling-method", "fixed_multiplier", "--multiplier", "0.1"]
        _, price, _ = self.trade(world, "buy", 10, "MSFT")
        world.wait_holdings("MSFT", self.sizes(changed, 10, price), "0.002")
        rows = world.query("SELECT strategy_id, who, scaling, multiplier_e9, named, clients, changed FROM strategy_changes")
        self.assertEqual(rows, [("calm", "gateway token, from 127.0.0.1", "fixed_multiplier", 100000000, "half,bold", 2, 2)])
        self.assertEqual(self.ask(world, CHANGE, wish)[1]["changed"], 0)  # nothing is left to change
        self.assertEqual(len(world.query("SELECT 1 FROM strategy_changes")), 2)
        world.stop()

    def test_an_order_that_is_open_keeps_its_rate(self):
        world = self.world()
        world.start()
        world.simulator.control("faults", {"account": "master", "fill_script": [{"qty": "10"}, {"qty": "0", "delay_ms": 6000}]})
        order = world.simulator.order("master", "buy", "AAPL", 20)
        world.wait_completed(order["id"])
        fixed = next(one for one in world.clients if one["label"] == "fixed")
        world.wait("its first half", lambda: world.simulator.holdings("AAPL")["fixed"] == entry_size(fixed, 10, "100"))
        status, _ = self.ask(world, CHANGE, {"strategy_id": "big", "parameters": {"multiplier": 2, "clients": ["fixed"]}})
        self.assertEqual(status, 200)
        world.wait("its second half", lambda: world.simulator.holdings("AAPL")["fixed"] == entry_size(fixed, 20, "100"))
        self.trade(world, "buy", 10, "MSFT")
        world.wait("the new rate", lambda: world.simulator.holdings("MSFT")["fixed"] == Decimal(20))
        world.stop()

    def test_a_gateway_that_dies_costs_no_trade_and_knows_again(self):
        world = self.world()
        world.start()
        self.trade(world, "buy", 10)
        os.kill(world.pid("gateway"), signal.SIGKILL)
        _, price, _ = self.trade(world, "buy", 10, "MSFT")
        world.wait_holdings("MSFT", self.sizes(world.clients, 10, price), "0.002")
        world.wait("the gateway again", lambda: self.answers(world) and self.ask(world, "/readyz", token=False)[0] == 200)
        status = self.ask(world, "/api/status")[1]
        self.assertEqual(status["stream"]["state"], "listening")
        self.assertEqual(sum(one["clients"] for one in status["shards"]), 5)
        self.assertGreaterEqual(status["replication"]["total"], 2)
        families = prometheus_text.parse(self.ask(world, "/metrics")[1])
        copies = {labels["result"]: number for _, labels, number in families["tradecopier_copies_total"]["samples"]}
        self.assertEqual(copies, {"success": 10, "failure": 0, "skipped": 0})
        world.stop()

    def test_a_port_that_is_taken_is_said_at_the_start_and_trading_goes_on(self):
        for topology in ("local", "single"):
            world = self.world(topology)
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", world.port))
                other.listen()
                world.start()
                told = world.lines("gateway_port_taken", actor="supervisor")
                self.assertIn("GATEWAY_PORT: 127.0.0.1:%d" % world.port, told[0]["text"])
                _, price, _ = self.trade(world, "buy", 10)
                world.wait_holdings("AAPL", self.sizes(world.clients, 10, price))
            world.wait("the port to be free", lambda: self.answers(world))
            world.stop()

    def test_a_database_that_is_away_is_a_reason_and_then_none(self):
        """Somebody holds the database's lock: the trade is copied, /readyz says why not, and afterwards all is there."""
        world = self.world()
        world.start()
        world.wait("readiness", lambda: self.ask(world, "/readyz", token=False)[0] == 200)
        other = sqlite3.connect(world.path("copier.db"), isolation_level=None, timeout=30)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        order = world.simulator.order("master", "buy", "AAPL", 10)
        price = world.fill_price("master", order["id"])
        world.wait_holdings("AAPL", self.sizes(world.clients, 10, price))

        def storage_is_a_reason():
            answer = self.ask(world, "/readyz", token=False)[1]
            return any(one["what"] == "storage" for one in answer["reasons"])
        world.wait("the reason", storage_is_a_reason)
        status, answer = self.ask(world, CHANGE, {"strategy_id": "late", "parameters": {"multiplier": 3}})
        self.assertIn(status, (503, 504), answer)
        other.execute("COMMIT")
        world.wait("readiness again", lambda: self.ask(world, "/readyz", token=False)[0] == 200)
        world.wait_completed(order["id"])
        world.wait("the replication's row", lambda: world.query("SELECT 1 FROM replications"))
        world.stop()

    def test_the_token_is_nowhere_but_in_its_file(self):
        world = self.world()
        world.start()
        token = self.token(world)
        self.assertEqual(os.stat(world.path("copier.db.gateway-token")).st_mode & 0o777, 0o600)
        self.ask(world, CHANGE, {"strategy_id": "calm", "parameters": {"multiplier": 1}})
        world.wait("some messages", lambda: len(world.tap.seen) > 20)
        with open(world.log, errors="replace") as file:
            self.assertNotIn(token, file.read())
        self.assertNotIn(token.encode(), bytes(world.tap.raw))
        with open("/proc/%d/cmdline" % world.pid("gateway"), "rb") as file:
            self.assertNotIn(token.encode(), file.read())
        world.stop()
        world.start()
        self.assertEqual(self.token(world), token)
        world.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
