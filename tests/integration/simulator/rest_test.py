"""Every trading route, as one account's day at the broker; and what is refused."""
import sys
import unittest

from client import Simulator, until

ORDER = {"symbol": "AAPL", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"}


class Rest(unittest.TestCase):
    def setUp(self):
        self.simulator = Simulator()
        self.addCleanup(lambda: self.assertEqual(self.simulator.stop(), 0))

    def ok(self, method, path, body=None, status=200):
        code, answer = self.simulator.call(method, path, body)
        self.assertEqual(code, status, (path, answer))
        return answer

    def wait_for(self, order, status):
        until(lambda: self.ok("GET", "/v2/orders/" + order["id"])["status"] == status)

    def test_a_day(self):
        account = self.ok("GET", "/v2/account")
        self.assertEqual((account["status"], account["equity"]), ("ACTIVE", "100000"))
        order = self.ok("POST", "/v2/orders", {**ORDER, "client_order_id": "one"})
        self.assertEqual((order["qty"], order["order_class"], order["legs"]), ("10", "", None))
        self.wait_for(order, "filled")
        self.assertEqual(self.ok("GET", "/v2/orders/" + order["id"].replace("-", ""))["status"], "filled")
        self.assertEqual(self.ok("GET", "/v2/orders:by_client_order_id?client_order_id=one")["filled_qty"], "10")
        self.assertEqual(self.ok("GET", "/v2/positions/AAPL")["qty"], "10")
        self.assertEqual(len(self.ok("GET", "/v2/positions")), 1)
        for path in ("/v2/account/activities", "/v2/account/activities/FILL"):
            fill, = self.ok("GET", path)
            self.assertEqual((fill["order_id"], fill["qty"], fill["type"]), (order["id"], "10", "fill"))
        sold = self.ok("DELETE", "/v2/positions/AAPL?qty=4")
        self.assertEqual(sold["side"], "sell")
        self.wait_for(sold, "filled")
        item, = self.ok("DELETE", "/v2/positions?cancel_orders=true", status=207)
        self.assertEqual((item["symbol"], item["status"], item["body"]["qty"]), ("AAPL", 200, "6"))
        self.wait_for(item["body"], "filled")
        self.assertEqual(self.ok("GET", "/v2/positions/AAPL", status=404)["code"], 40410000)
        self.assertEqual(len(self.ok("GET", "/v2/orders?status=all&limit=2")), 2)

    def test_a_limit_order_is_replaced_and_cancelled(self):
        limit = self.ok("POST", "/v2/orders", {**ORDER, "type": "limit", "limit_price": 1.5, "time_in_force": "gtc"})
        self.wait_for(limit, "new")
        other = self.ok("PATCH", "/v2/orders/" + limit["id"], {"qty": "3"})
        self.assertEqual((other["replaces"], other["qty"], other["limit_price"]), (limit["id"], "3", "1.5"))
        self.assertEqual(len(self.ok("GET", "/v2/orders")), 1)
        self.assertIsNone(self.ok("DELETE", "/v2/orders/" + other["id"], status=204))
        self.assertEqual(self.ok("DELETE", "/v2/orders", status=207), [])

    def test_the_market(self):
        self.assertEqual(self.ok("GET", "/v2/assets/AAPL")["class"], "us_equity")
        self.assertGreater(len(self.ok("GET", "/v2/assets?status=active")), 5)
        self.assertEqual(set(self.ok("GET", "/v2/clock")), {"timestamp", "is_open", "next_open", "next_close"})
        self.assertEqual(self.ok("GET", "/v2/calendar?start=2026-03-02&end=2026-03-02")[0]["open"], "09:30")
        self.assertGreater(self.ok("GET", "/v2/stocks/AAPL/trades/latest")["trade"]["p"], 0)
        quote = self.ok("GET", "/v2/stocks/AAPL/quotes/latest")["quote"]
        self.assertGreater(quote["ap"], quote["bp"])
        self.assertEqual(set(self.ok("GET", "/v2/stocks/quotes/latest?symbols=AAPL,SPY")["quotes"]), {"AAPL", "SPY"})
        self.assertIn("base_value", self.ok("GET", "/v2/account/portfolio/history?period=1D"))
        changed = self.ok("PATCH", "/v2/account/configurations", {"no_shorting": True})
        self.assertEqual(changed, self.ok("GET", "/v2/account/configurations"))
        self.assertTrue(changed["no_shorting"])

    def test_refusals(self):
        raw = self.simulator.raw
        self.assertEqual(raw("GET", "/v2/account")[:2], (403, b'{"message":"forbidden."}'))
        bad = {"APCA-API-KEY-ID": "x", "APCA-API-SECRET-KEY": "y"}
        self.assertEqual(raw("GET", "/v2/account", headers=bad)[:2], (401, b'{"message":"unauthorized."}'))
        one = self.simulator.accounts[0]
        bearer = {"Authorization": f"Bearer {one['key_id']}:{one['secret']}"}
        status, _, headers = raw("GET", "/v2/account", headers=bearer)
        self.assertEqual(status, 200)
        for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Date"):
            self.assertIn(name, headers)
        self.assertEqual(len(headers["X-Request-ID"]), 32)
        self.assertEqual(self.ok("GET", "/v2/nothing", status=404), {"message": "endpoint not found"})
        for body in ("", "{", "[]", '{"qty":1,"qty":2}', '{"qty":{}}', '{1:2}', "[" * 100, '{"symbol":01}'):
            self.assertEqual(self.ok("POST", "/v2/orders", body, 400)["code"], 40010000, body)
        self.ok("POST", "/v2/orders", '{"symbol":"' + "x" * 70000 + '"}', 413)
        self.ok("POST", "/v2/orders", {**ORDER, "client_order_id": "twice"})
        self.assertEqual(self.ok("POST", "/v2/orders", {**ORDER, "client_order_id": "twice"}, 422)["code"], 40010001)
        self.assertEqual(self.ok("GET", "/v2/orders/not-an-id", status=422)["code"], 40010001)
        self.assertEqual(self.ok("POST", "/v2/orders", '{"symbol":"AAPL","qty":1e-05,"side":"buy","type":"market",'
                                 '"time_in_force":"gtc"}', 422)["code"], 42210000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
