"""checker.py: the outside checker of the chaos tests: what each client did at the broker against what it owed.

It reads the broker's history and the configuration the test gave, nothing of the copier but (apart, `check_outcomes`) its
audit trail. The rules are those of docs/copy-rules.md, computed here on their own in exact integers, as
scripts/commands/load_test/copy_rule.c does. It differs from that checker in one point: after a kill the equity of a first
decision may be known to nobody any more, so a rate is a range, from the least to the highest equity the broker showed during
the run. A client of `fixed_multiplier` has a range of one value: its sizes are checked to the last billionth.

    lost     something was due, and nothing or less was ordered; an execution without an outcome
    doubled  more than the largest target that could be decided; a slot used twice
    wrong    a size that no state of the master gives, the other side, another symbol, an order that nobody owed, one that
             came before the master's execution or out of the order of the master's, one that did not fill
"""
import base64
import hashlib
import re
from collections import defaultdict, namedtuple
from fractions import Fraction

ONE = 10**9
KINDS = ("lost", "doubled", "wrong")
SLOT = re.compile(r"^tc1-([a-z2-7]{20})-([oc])([1-9]\d*)$")

#  a client as it was configured; amounts _e9; multiplier also is the risk multiplier of equity_based
Client = namedtuple("Client", "label method multiplier risk_percent whole direction deny")
#  what the master had done of X after one of its executions
Step = namedtuple("Step", "at_ns q opened closed left flat price")
Range = namedtuple("Range", "least most")


def e9(text):
    """A decimal's text in billionths; more digits than nine are cut."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole or 0) * ONE + int((part + "0" * 9)[:9]))


def text_of(amount):
    return ("%s%d.%09d" % ("-" if amount < 0 else "", abs(amount) // ONE, abs(amount) % ONE)).rstrip("0").rstrip(".")


def tag_of(master, x, client):
    """The 20 characters that name (master, X, client) in a slot."""
    digest = hashlib.blake2b(b"".join(one.encode() + b"\0" for one in (master, x, client)), digest_size=16).digest()
    return base64.b32encode(digest).decode().lower()[:20]


class Trade:
    """A master order X, and its executions."""

    def __init__(self, order):
        self.x, self.symbol, self.buys = order["id"], order["symbol"], order["side"] == "buy"
        self.ordered = e9(order["qty"])
        self.steps = []

    def add(self, execution, held):
        """`held`: the master's position before it, signed. Returns the position after it."""
        qty = e9(execution["qty"])
        last = self.steps[-1] if self.steps else Step(0, 0, 0, 0, Fraction(1), False, 0)
        closed = min(qty, abs(held)) if held and (held < 0) == self.buys else 0
        left = last.left * Fraction(abs(held) - closed, abs(held)) if closed else last.left
        self.steps.append(Step(execution["at_ns"], last.q + qty, last.opened + qty - closed, last.closed + closed, left,
                               closed == abs(held) if closed else last.flat, e9(execution["price"])))
        return held + (qty if self.buys else -qty)

    @property
    def last(self):
        return self.steps[-1]


def master_trades(orders):
    """The master's orders that executed, in the order of their first execution."""
    moves = [(execution["at_ns"], order["seq"], n, order, execution)
             for order in orders for n, execution in enumerate(order["executions"])]
    held, trades = defaultdict(int), {}
    for _, _, _, order, execution in sorted(moves, key=lambda move: move[:3]):
        trade = trades.setdefault(order["id"], None) or Trade(order)
        trades[order["id"]] = trade
        held[trade.symbol] = trade.add(execution, held[trade.symbol])
    return list(trades.values())


def floor_share(amount):
    return amount - amount % ONE


class Checker:
    """`equities`: label -> Range seen at the broker ("master" among them). `forgetful`: progress was deleted during the run,
    so that a rate may have been decided twice (a rest below 2 % is skipped as drift), and an exit ends at the scaled position.
    `superseded`: (label, X) of which the audit trail says so: nothing was sent before the master had closed it all."""

    def __init__(self, master_id, clients, equities, min_notional=ONE, forgetful=False, superseded=()):
        self.master_id, self.clients, self.equities = master_id, clients, equities
        self.min_notional, self.forgetful = min_notional, forgetful
        self.superseded, self.passed = frozenset(superseded), 0
        self.findings = []
        self.counts = dict.fromkeys(KINDS, 0)
        self.due = self.copied = self.orders = self.fills = 0
        self.trades = []

    def tell(self, kind, client, trade, what):
        self.counts[kind] += 1
        where = "%s %s %s" % (trade.symbol, "buy" if trade.buys else "sell", trade.x) if trade else ""
        self.findings.append((kind, "%s, %s: %s" % (client.label, where, what)))

    #  ---- the rules

    def filtered(self, client, trade):
        return client.direction == ("short" if trade.buys else "long") or trade.symbol in client.deny

    def entry_target(self, client, trade, step, highest):
        """The least, or the highest, that may have been decided when this step was known."""
        if client.method == "fixed_multiplier":
            target = step.opened * client.multiplier // ONE
        else:
            own, masters = self.equities[client.label], self.equities["master"]
            equity = own.most if highest else own.least
            if client.method == "equity_based":
                target = step.opened * (equity * client.multiplier // ONE) // (masters.least if highest else masters.most)
            else:
                prices = [one.price for one in trade.steps]
                money = equity * client.risk_percent // (100 * ONE)
                shares = money * ONE // (min(prices) if highest else max(prices))
                target = step.opened * min(shares, trade.ordered) // trade.ordered
        return floor_share(target) if client.whole or not trade.buys else target

    def entries_due(self, client, trade):
        if trade.last.opened == 0 or self.filtered(client, trade):
            return [Range(0, 0)] * len(trade.steps)
        due = [Range(self.entry_target(client, trade, step, False), self.entry_target(client, trade, step, True))
               for step in trade.steps]
        if self.forgetful and client.method != "fixed_multiplier":
            due = [Range(least * 98 // 100, most) for least, most in due]
        return due

    def exits_due(self, client, trade, held, rounded):
        """`held`: signed, before X. `rounded`: shares by which floors may have put it off the scaled position."""
        closable = -held if trade.buys else held
        if trade.last.closed == 0 or closable <= 0:
            return [Range(0, 0)] * len(trade.steps)
        due = []
        whole = client.whole or trade.buys
        for step in trade.steps:
            part = closable if step.flat else int(closable * (1 - step.left))
            if whole and not step.flat:
                part = floor_share(part)
            slack = 0 if whole else 1
            if self.forgetful and not step.flat:
                slack += closable * 2 // 100 + (rounded * ONE if whole else 0)
            due.append(Range(max(0, part - slack), min(closable, part + slack)))
        return due

    #  ---- a client's orders of one X and leg

    def check_leg(self, client, trade, leg, orders, due):
        seen, done, at = set(), 0, 0
        name = {"o": "entry", "c": "exit"}[leg]
        if due[-1].most == 0 and orders:
            self.tell("wrong", client, trade, "an %s that nobody owed: %s" % (
                name, ", ".join("%s %s" % (one["client_order_id"][-3:], one["filled_qty"]) for one in orders)))
            return
        for order in orders:
            slot = order["client_order_id"]
            if slot in seen:
                self.tell("doubled", client, trade, "%s was used twice" % slot)
            seen.add(slot)
            if (order["side"] == "buy") != trade.buys or order["symbol"] != trade.symbol:
                self.tell("wrong", client, trade, "%s is a %s of %s" % (slot, order["side"], order["symbol"]))
            if order["filled_qty"] != order["qty"]:
                self.tell("wrong", client, trade, "%s %s: filled %s of %s, %s" % (
                    name, slot[-3:], order["filled_qty"], order["qty"], order["status"]))
            wanted = done + e9(order["qty"])
            answers = [n for n in range(at, len(due)) if due[n].least <= wanted <= due[n].most
                       and trade.steps[n].at_ns <= order["arrived_at_ns"]]
            if answers:
                at = answers[0]
            elif wanted > due[-1].most:
                self.tell("doubled" if done else "wrong", client, trade, "%s %s makes it %s, due %s" % (
                    name, slot[-3:], text_of(wanted), text_of(due[-1].most)))
            else:
                self.tell("wrong", client, trade, "%s %s makes it %s, which no state of the master asks for: %s" % (
                    name, slot[-3:], text_of(wanted), [text_of(one.least) for one in due]))
            done += e9(order["filled_qty"])
        self.check_rest(client, trade, name, done, due[-1])

    def check_rest(self, client, trade, name, done, due):
        rest = due.least - done
        if rest <= 0:
            return
        if name == "entry" and rest * trade.last.price // ONE < self.min_notional:
            return
        if name == "entry" and done == 0 and (client.label, trade.x) in self.superseded and self.closed_after(trade):
            self.passed += 1
            return
        self.tell("lost", client, trade, "%s: %s of %s" % (name, text_of(done), text_of(due.least)))

    def closed_after(self, trade):
        return any(step.flat and step.at_ns > trade.last.at_ns for other in self.trades if other.symbol == trade.symbol and other is not trade
                   for step in other.steps)

    #  ---- all of it

    def check_client(self, client, orders):
        by_tag = defaultdict(list)
        for order in sorted(orders, key=lambda one: one["seq"]):
            match = SLOT.match(order["client_order_id"])
            by_tag[match.group(1) if match else ""].append(order)
        held, last_seq, rounded = defaultdict(int), {}, defaultdict(int)
        for trade in self.trades:
            mine = by_tag.pop(tag_of(self.master_id, trade.x, client.label), [])
            before = len(self.findings)
            closing = [one for one in mine if SLOT.match(one["client_order_id"]).group(2) == "c"]
            opening = [one for one in mine if SLOT.match(one["client_order_id"]).group(2) == "o"]
            exits = self.exits_due(client, trade, held[trade.symbol], rounded[trade.symbol] + 1)
            entries = self.entries_due(client, trade)
            self.check_leg(client, trade, "c", closing, exits)
            self.check_leg(client, trade, "o", opening, entries)
            if mine and mine[0]["seq"] < last_seq.get(trade.symbol, 0):
                self.tell("wrong", client, trade, "it came before the last order for the master's trade before it")
            if mine:
                last_seq[trade.symbol] = max(one["seq"] for one in mine)
            for order in mine:
                held[trade.symbol] += e9(order["filled_qty"]) * (1 if order["side"] == "buy" else -1)
            rounded[trade.symbol] = 0 if held[trade.symbol] == 0 else rounded[trade.symbol] + 1
            owed = exits[-1].most > 0 or entries[-1].most > 0
            self.due += owed
            self.copied += owed and len(self.findings) == before
        for left in by_tag.values():
            for order in left:
                self.tell("wrong", client, None, "an order that no master order asks for: %s %s %s" % (
                    order["client_order_id"], order["side"], order["qty"]))
        self.orders += len(orders)
        return {symbol: amount for symbol, amount in held.items() if amount}

    def check(self, history):
        """`history`: every order of every account, as GET /control/history gives it. Returns label -> symbol -> position."""
        by_label = defaultdict(list)
        for order in history:
            by_label[order["label"]].append(order)
        self.trades = master_trades(by_label["master"])
        self.fills = sum(len(trade.steps) for trade in self.trades)
        return {client.label: self.check_client(client, by_label[client.label]) for client in self.clients}

    def check_outcomes(self, outcomes, closings, history, since_ns=0):
        """P1, from the audit trail: every (client, X) has an outcome up to the last execution, every X was closed there, every
        order's last word is the broker's. `outcomes`: (client, x, to_e9, client_order_id, kind, final, filled_e9);
        `closings`: (x, qty_e9); what the master did before `since_ns` is left out."""
        reached, words, closed = defaultdict(int), {}, defaultdict(int)
        for client, x, to, slot, kind, final, filled in outcomes:
            reached[client, x] = max(reached[client, x], to)
            if slot:
                words[client, slot] = (kind, final, filled)
        for x, qty in closings:
            closed[x] = max(closed[x], qty)
        fresh = {trade.x: trade for trade in self.trades if trade.steps[0].at_ns >= since_ns}
        for client in self.clients:
            for trade in fresh.values():
                if reached[client.label, trade.x] < trade.last.q:
                    self.tell("lost", client, trade, "no outcome beyond %s of %s" % (
                        text_of(reached[client.label, trade.x]), text_of(trade.last.q)))
        for trade in fresh.values():
            if closed[trade.x] < trade.last.q:
                self.tell("lost", self.clients[0]._replace(label="all"), trade, "its replication was closed at %s of %s" % (
                    text_of(closed[trade.x]), text_of(trade.last.q)))
        self.check_words(history, words, {tag_of(self.master_id, x, client.label): trade
                                          for x, trade in fresh.items() for client in self.clients})

    def check_words(self, history, words, known):
        by_label = {client.label: client for client in self.clients}
        for order in history:
            client, slot = by_label.get(order["label"]), SLOT.match(order["client_order_id"])
            if not client or not slot or slot.group(1) not in known:
                continue
            trade, word = known[slot.group(1)], words.get((client.label, order["client_order_id"]))
            if not word:
                self.tell("lost", client, trade, "no outcome tells of %s" % order["client_order_id"][-3:])
            elif not word[1] or word[2] != e9(order["filled_qty"]):
                self.tell("wrong", client, trade, "the outcome of %s says %s, final %d, filled %s; the broker %s" % (
                    order["client_order_id"][-3:], word[0], word[1], text_of(word[2]), order["filled_qty"]))
