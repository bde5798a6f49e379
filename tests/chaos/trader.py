"""trader.py: the master of a chaos run: entries, additions, partial and full exits, flips, short and long, each order in
several executions. Per symbol one order after the other (the next one when the last one is filled at the broker, not when it
is copied), several symbols at once. Everything random comes from the seed it is given."""
import random
import time

SYMBOLS = {"AAPL": "100", "MSFT": "200", "SPY": "50", "KO": "80", "JPM": "160", "V": "40"}
MOST = 90  # shares held of a symbol


class Trader:
    def __init__(self, simulator, seed, fills_a_minute):
        self.simulator, self.random, self.rate = simulator, random.Random("trader %d" % seed), fills_a_minute
        self.held = dict.fromkeys(SYMBOLS, 0)
        self.then = {}  # symbol -> the second order of a flip
        self.open = {}  # order id -> (symbol, signed quantity, seq)
        self.seen = 0  # every order of the master up to this seq is at its end
        self.ordered = self.filled = self.orders = 0  # executions asked for, seen; orders
        self.kinds = {}
        self.quantities, self.sent = {}, {}  # order id -> executed at its end, when it was sent
        simulator.control("prices", SYMBOLS)
        simulator.control("prices", {"walk": False})

    def choose(self, symbol):
        """The next order: a signed quantity, and what it is."""
        held, pick = self.held[symbol], self.random.random()
        if held == 0:
            return self.random.randint(8, 40) * (1 if pick < 0.7 else -1), "entry"
        side = 1 if held > 0 else -1
        if pick < 0.3 and abs(held) < MOST - 30:
            return self.random.randint(8, 30) * side, "addition"
        if pick < 0.65 and abs(held) > 3:
            return -self.random.randint(2, abs(held) - 1) * side, "partial exit"
        if pick < 0.85:
            self.then[symbol] = -self.random.randint(8, 40) * side
            return -held, "flip"
        return -held, "full exit"

    def parts(self, qty):
        """Two to five executions of whole shares, milliseconds apart."""
        count = min(qty, self.random.randint(2, 5))
        cuts = sorted(self.random.sample(range(1, qty), count - 1)) if count > 1 else []
        return [{"qty": str(b - a), "delay_ms": self.random.choice((3, 20, 60, 120))} for a, b in zip([0] + cuts, cuts + [qty])]

    def send(self, symbol):
        signed, kind = (self.then.pop(symbol), "flip") if symbol in self.then else self.choose(symbol)
        parts = self.parts(abs(signed))
        self.simulator.control("faults", {"account": "master", "fill_script": parts})
        order = self.simulator.order("master", "buy" if signed > 0 else "sell", symbol, abs(signed))
        self.open[order["id"]] = (symbol, signed)
        self.sent[order["id"]] = time.time_ns()
        self.ordered += len(parts)
        self.orders += 1
        self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def look(self):
        """Which of the open orders are at their end by now."""
        if not self.open:
            return
        passed = True
        for order in self.simulator.control("history?account=master&since_seq=%d" % self.seen)["orders"]:
            final = order["status"] == "filled"
            if final and order["id"] in self.open:
                symbol, signed = self.open.pop(order["id"])
                self.held[symbol] += signed
                self.filled += len(order["executions"])
                self.quantities[order["id"]] = abs(signed) * 10**9
            passed = passed and final
            if passed:
                self.seen = order["seq"]

    def step(self, elapsed):
        """After so many seconds of trading: the orders that are due."""
        self.look()
        busy = {symbol for symbol, _ in self.open.values()}
        for symbol in [one for one in self.then if one not in busy]:
            self.send(symbol)  # the second half of a flip follows at once
            busy.add(symbol)
        idle = [symbol for symbol in SYMBOLS if symbol not in busy]
        if idle and self.ordered < self.rate * elapsed / 60:
            self.send(self.random.choice(idle))

    def finish(self):
        """Nothing new; True when every order is at its end."""
        self.look()
        return not self.open

    def last_word(self):
        """One more entry or addition in the first symbol: whoever does not follow it has not come back."""
        symbol = next(iter(SYMBOLS))
        self.then.clear()
        signed = 10 if self.held[symbol] >= 0 else -10
        order = self.simulator.order("master", "buy" if signed > 0 else "sell", symbol, 10)
        self.open[order["id"]] = (symbol, signed)
        self.sent[order["id"]] = time.time_ns()
        self.ordered += 1
        self.orders += 1
        self.kinds["last word"] = 1

    def executed(self, since_ns=0):
        """order id -> quantity executed, 1e-9 shares; of orders sent since then."""
        return {x: qty for x, qty in self.quantities.items() if self.sent[x] >= since_ns}
