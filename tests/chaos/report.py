"""report.py: the numbers of a chaos run as a table."""
from checker import SLOT, tag_of
from killer import SIGNS


def rank(values, percent):
    """The nearest rank."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def first_orders(checker, history):
    """(X, when its first execution was, the client's first order of X and leg), for every copy."""
    trades = {tag_of(checker.master_id, trade.x, client.label): trade for trade in checker.trades for client in checker.clients}
    firsts = {}
    for order in history:
        match = SLOT.match(order["client_order_id"])
        if match and match.group(1) in trades:
            firsts.setdefault(match.group(1, 2), order)
    return [(trades[tag].x, trades[tag].steps[0].at_ns, order) for (tag, _), order in firsts.items()]


def copy_times(checker, history):
    """Seconds from the master's execution to each copy's first order at the broker: what the kills cost."""
    took = sorted((order["arrived_at_ns"] - at) / 1e9 for _, at, order in first_orders(checker, history))
    return {"p50": rank(took, 50), "p95": rank(took, 95), "p99": rank(took, 99), "max": took[-1]} if took else {}


def recoveries(times, again):
    """kind -> seconds from the kill until its work went on."""
    found = {}
    for kind in SIGNS:
        values = sorted(times.get(kind, []))
        if values:
            found[kind] = {"count": len(values), "min": values[0], "p50": rank(values, 50), "p95": rank(values, 95),
                           "max": values[-1], "again": again.get(kind, 0)}
    return found


def pairs(counts):
    return ", ".join("%s %s" % (name, value) for name, value in sorted(counts.items())) or "none"


def briefly(findings, most=60):
    """The first ones, and how many there are."""
    shown = findings[:most]
    return shown + (["… and %d more: findings.txt" % (len(findings) - most)] if len(findings) > most else [])


def text(result):
    lines = ["", "%-11s %6s %8s %8s %8s %8s %6s  %s" % ("recovery, s", "times", "min", "p50", "p95", "max", "again", "recovered when")]
    for kind, one in result["recovery_s"].items():
        lines.append("%-11s %6d %8.2f %8.2f %8.2f %8.2f %6d  %s" % (
            kind, one["count"], one["min"], one["p50"], one["p95"], one["max"], one["again"], SIGNS[kind]))
    lines += ["(again: killed once more before that)", ""]
    rows = [
        ("seed", result["seed"]), ("rate limit", "%d requests a minute and account" % result["rate_limit"]),
        ("kills", "%d: %s" % (result["kills"], pairs(result["kills_by"]))),
        ("also", "%d pauses, progress deleted %d times, Redis back empty %d times" % (
            result["pauses"], result["deletions"], result["redis_wipes"])),
        ("executors", "%d came, %d left (the longest took %.1f s), %d died for good" % (
            result["executors_came"], result["executors_left"], result["longest_leave_s"], result["executors_died"])),
        ("simulator's faults", pairs(result["faults"])), ("its answers", pairs(result["refused"])),
        ("master", "%d orders (%s), %d executions" % (result["trades"], pairs(result["trades_by"]), result["fills"])),
        ("copies due", "%d (client, order); %d exactly right, %d entries overtaken by an exit of all; %d orders of clients" % (
            result["due"], result["copied"], result["superseded"], result["orders"])),
        ("execution to copy", ", ".join("%s %.2f s" % one for one in result["copy_s"].items())),
        ("outcomes", pairs(result["outcomes"])), ("quiet", "%s s after the last kill" % result["settled_s"])]
    lines += ["%-19s %s" % row for row in rows]
    lines += ["actor ended by itself: %s, status %s: %s" % tuple(one) for one in result["crashes"]]
    lines += briefly(result["findings"])
    if result["failures"]:
        lines.append("FAILED: %s" % "; ".join(result["failures"]))
    lines.append("chaos: %d kills, %d fills x %d clients: lost %d, doubled %d, wrong %d" % (
        result["kills"], result["fills"], result["clients"], result["lost"], result["doubled"], result["wrong"]))
    return "\n".join(lines)
