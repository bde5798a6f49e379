#!/usr/bin/env python3
"""Alpaca's own Python SDK, unmodified, as the master: what it orders is copied, what its stream says is what happened.

The SDK lives in a virtual environment beside the build ($SDK_VENV), made once; this program starts itself in it."""
import os
import subprocess
import sys
import time

VERSION = "0.43.2"
VENV = os.environ["SDK_VENV"]


def install():
    """The SDK from PyPI, with three tries: networks fail."""
    python = os.path.join(VENV, "bin", "python")
    have = subprocess.run([python, "-c", "import importlib.metadata as m, alpaca.trading.client; print(m.version('alpaca-py'))"],
                          capture_output=True, text=True) if os.path.exists(python) else None
    if have and have.stdout.strip() == VERSION:
        return python
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", VENV], check=True)
    environment = dict(os.environ)
    authorities = "/etc/ssl/certs/ca-certificates.crt"
    if os.path.exists(authorities):
        environment.setdefault("PIP_CERT", authorities)
    for attempt in range(3):
        done = subprocess.run([os.path.join(VENV, "bin", "pip"), "install", "--disable-pip-version-check", "-q",
                               "alpaca-py==" + VERSION], env=environment)
        if done.returncode == 0:
            return python
        time.sleep(5 * (attempt + 1))
    sys.exit("alpaca-py %s could not be installed into %s" % (VERSION, VENV))


if os.path.realpath(sys.prefix) != os.path.realpath(VENV):
    found = install()
    os.execv(found, [found, "-B", *sys.argv])
sys.path.append("/usr/lib/python3/dist-packages")  # last: only for what the environment does not have, zmq

import threading  # noqa: E402
import unittest  # noqa: E402
from decimal import Decimal  # noqa: E402

from alpaca.common.exceptions import APIError  # noqa: E402
from alpaca.trading.client import TradingClient  # noqa: E402
from alpaca.trading.enums import OrderSide, OrderStatus, QueryOrderStatus, TimeInForce  # noqa: E402
from alpaca.trading.requests import (ClosePositionRequest, GetAssetsRequest, GetOrdersRequest, LimitOrderRequest,  # noqa: E402
                                     MarketOrderRequest, ReplaceOrderRequest, StopLimitOrderRequest, StopOrderRequest)
from alpaca.trading.stream import TradingStream  # noqa: E402

from copier import FIVE, NEARLY, PATIENCE, Case, entry_size  # noqa: E402

CLIENTS = [FIVE[0], FIVE[2], FIVE[4]]  # equity based, fixed, whole shares
BUY, SELL, DAY, GTC = OrderSide.BUY, OrderSide.SELL, TimeInForce.DAY, TimeInForce.GTC


class Stream:
    """TradingStream in a thread of its own, as its documentation shows it."""

    def __init__(self, case, account, url):
        self.case, self.events = case, []
        self.stream = TradingStream(account["key_id"], account["secret"], paper=True,
                                    url_override=url.replace("http", "ws", 1) + "/stream")

        async def on_update(update):
            self.events.append(update)
        self.stream.subscribe_trade_updates(on_update)
        self.thread = threading.Thread(target=self.stream.run)
        self.thread.start()
        case.addCleanup(self.close)

    def close(self):
        self.stream.stop()
        self.thread.join(PATIENCE)

    def of(self, order_id):
        return [one for one in list(self.events) if str(one.order.id) == str(order_id)]

    def names(self, order_id):
        return [getattr(one.event, "value", one.event) for one in self.of(order_id)]


class Sdk(Case):
    def setUp(self):
        self.world = self.copier(CLIENTS)
        self.prices(AAPL=100, MSFT=200, SPY=50, KO=80, JPM=160, V=40, T=25)
        master = self.world.accounts["master"]
        self.client = TradingClient(master["key_id"], master["secret"], paper=True, url_override=self.world.simulator.url)

    def prices(self, **prices):
        self.world.simulator.control("prices", {symbol: str(price) for symbol, price in prices.items()})

    def status(self, order, status):
        """The order, once it is there."""
        return self.world.wait("%s %s" % (order.symbol, status), lambda: (
            one := self.client.get_order_by_id(order.id)).status == status and one)

    def sizes(self, order):
        price = order.filled_avg_price
        return {one["label"]: entry_size(one, order.filled_qty, price, order.qty or order.filled_qty) for one in CLIENTS}

    def copied(self, order):
        """The master's order is filled, and every client has its part of it."""
        done = self.status(order, OrderStatus.FILLED)
        sizes = self.sizes(done)
        self.world.wait_holdings(done.symbol, sizes, NEARLY)
        self.bought[done.symbol] = sizes
        return sizes

    def test_what_the_client_reads(self):
        account = self.client.get_account()
        self.assertEqual((Decimal(account.cash), account.status.value, account.currency), (100000, "ACTIVE", "USD"))
        self.assertIsNotNone(self.client.get_clock().timestamp)
        self.assertEqual(self.client.get_asset("AAPL").symbol, "AAPL")
        self.assertIn("MSFT", [one.symbol for one in self.client.get_all_assets(GetAssetsRequest(status="active"))])
        self.assertTrue(self.client.get_calendar())
        self.assertIsNotNone(self.client.get_account_configurations().no_shorting)
        self.assertIsNotNone(self.client.get_portfolio_history().equity)
        self.assertEqual((self.client.get_all_positions(), self.client.get_orders()), ([], []))
        with self.assertRaises(APIError) as refused:
            self.client.get_open_position("AAPL")
        self.assertEqual((refused.exception.status_code, refused.exception.code), (404, 40410000))
        with self.assertRaises(APIError) as refused:
            self.client.submit_order(MarketOrderRequest(symbol="AAPL", qty=100000, side=BUY, time_in_force=DAY))
        self.assertEqual((refused.exception.status_code, refused.exception.code), (403, 40310000))

    def test_what_the_stream_says(self):
        """new, fill, partial_fill, replaced, canceled: with the copier stopped, for an account has one socket."""
        stream = Stream(self, self.world.accounts["master"], self.world.simulator.url)
        self.world.wait("the stream", lambda: self.world.simulator.control("state")["streams"] == 1)
        market = self.client.submit_order(MarketOrderRequest(symbol="AAPL", qty=10, side=BUY, time_in_force=DAY))
        self.world.wait("the fill", lambda: "fill" in stream.names(market.id))
        self.assertEqual([one for one in stream.names(market.id) if one in ("new", "fill")], ["new", "fill"])
        fill = stream.of(market.id)[-1]
        self.assertEqual((fill.qty, fill.position_qty, fill.order.status), (10, 10, OrderStatus.FILLED))
        self.assertAlmostEqual(fill.price, 100, delta=0.1)

        self.world.simulator.control("faults", {"account": "master", "fill_script": [
            {"qty": "5"}, {"qty": "5", "delay_ms": 100}, {"qty": "0", "delay_ms": 100}]})
        parts = self.client.submit_order(MarketOrderRequest(symbol="SPY", qty=20, side=BUY, time_in_force=DAY))
        self.world.wait("the last part", lambda: "fill" in stream.names(parts.id))
        self.assertEqual(stream.names(parts.id)[-3:], ["partial_fill", "partial_fill", "fill"])
        self.assertEqual([one.qty for one in stream.of(parts.id)[-3:]], [5, 5, 10])
        self.assertEqual([one.position_qty for one in stream.of(parts.id)[-3:]], [5, 10, 20])

        resting = self.client.submit_order(LimitOrderRequest(symbol="MSFT", qty=5, side=BUY, limit_price=150, time_in_force=GTC))
        self.world.wait("it rests", lambda: "new" in stream.names(resting.id))
        moved = self.client.replace_order_by_id(resting.id, ReplaceOrderRequest(qty=7, limit_price=151))
        self.assertEqual(str(moved.replaces), str(resting.id))
        self.world.wait("replaced", lambda: "replaced" in stream.names(resting.id) + stream.names(moved.id))
        self.status(moved, OrderStatus.NEW)
        self.client.cancel_order_by_id(moved.id)
        self.world.wait("canceled", lambda: "canceled" in stream.names(moved.id))

    def test_what_it_orders_is_copied(self):
        world, client, self.bought = self.world, self.client, {}
        world.start()
        self.copied(client.submit_order(MarketOrderRequest(symbol="AAPL", qty=10, side=BUY, time_in_force=DAY)))
        self.assertEqual(self.bought["AAPL"], {"half": 5, "fixed": Decimal("2.5"), "whole": 4})
        fraction = self.copied(client.submit_order(MarketOrderRequest(symbol="MSFT", qty=2.5, side=BUY, time_in_force=DAY)))
        self.assertEqual(fraction, {"half": Decimal("1.25"), "fixed": Decimal("0.625"), "whole": 1})
        self.copied(client.submit_order(MarketOrderRequest(symbol="SPY", notional=500, side=BUY, time_in_force=DAY)))
        self.copied(client.submit_order(LimitOrderRequest(symbol="JPM", qty=10, side=BUY, limit_price=165, time_in_force=DAY)))

        #  a limit order rests, is replaced, rests, is replaced and fills: copied once, at the size of its last version
        resting = client.submit_order(LimitOrderRequest(symbol="KO", qty=10, side=BUY, limit_price=70, time_in_force=GTC))
        resting = client.replace_order_by_id(self.status(resting, OrderStatus.NEW).id, ReplaceOrderRequest(limit_price=71))
        filled = client.replace_order_by_id(self.status(resting, OrderStatus.NEW).id, ReplaceOrderRequest(qty=20, limit_price=85))
        self.copied(filled)

        #  a stop order fills when the price comes to it; another one is cancelled and never copied
        stop = client.submit_order(StopOrderRequest(symbol="V", qty=10, side=BUY, stop_price=42, time_in_force=GTC))
        never = client.submit_order(StopLimitOrderRequest(symbol="T", qty=10, side=BUY, stop_price=30, limit_price=31,
                                                          time_in_force=GTC))
        opened = client.get_orders(GetOrdersRequest(status=QueryOrderStatus.OPEN))
        self.assertEqual({str(one.id) for one in opened}, {str(stop.id), str(never.id)})
        self.prices(V="42.5")
        self.copied(stop)
        client.cancel_order_by_id(never.id)
        self.status(never, OrderStatus.CANCELED)

        #  half of a position, then the rest, then everything
        held = self.bought["AAPL"]
        client.close_position("AAPL", ClosePositionRequest(percentage="50"))
        world.wait_holdings("AAPL", {"half": held["half"] / 2, "fixed": held["fixed"] / 2, "whole": 2}, NEARLY)
        world.wait("the master's half", lambda: Decimal(client.get_open_position("AAPL").qty_available) == 5)
        client.close_position("AAPL")
        world.wait_holdings("AAPL", {label: 0 for label in held})
        closed = client.close_all_positions(cancel_orders=True)
        self.assertEqual({one.symbol for one in closed}, set(self.bought) - {"AAPL"})
        for symbol in self.bought:
            world.wait_holdings(symbol, {label: 0 for label in held})
        world.wait("no position of the master", lambda: client.get_all_positions() == [])
        world.stop()
        for symbol, sizes in self.bought.items():
            self.check_nothing_doubled(world, symbol, "buy", sizes)
            self.check_nothing_doubled(world, symbol, "sell", sizes)
        for label in held:
            self.assertEqual(world.simulator.history(label, "T"), [], "a copy of an order that never filled")


if __name__ == "__main__":
    unittest.main(verbosity=2)
