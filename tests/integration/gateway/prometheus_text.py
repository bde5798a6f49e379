"""prometheus_text.py: Prometheus' text format, read strictly: what a scraper would take but a person should not write is an
error, too. parse (text) -> {name: {"type", "help", "samples": [(sample name, {label: value}, number)]}}."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (\S+)$" % NAME)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
NUMBER = re.compile(r"-?\d+(\.\d+)?$")
TYPES = ("counter", "gauge", "histogram")


def labels_of(text, line):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        assert found, "labels: %s" % line
        assert found.group(1) not in labels, "a label twice: %s" % line
        labels[found.group(1)] = found.group(2)
        at = found.end()
    assert not text.endswith(","), line
    return labels


def check_histogram(name, family):
    series = {}
    for sample, labels, number in family["samples"]:
        rest = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        series.setdefault(rest, {"le": []})
        if sample == name + "_bucket":
            series[rest]["le"].append((float(labels["le"].replace("+Inf", "inf")), number))
        else:
            assert "le" not in labels, sample
            series[rest][sample[len(name):]] = number
    for rest, one in series.items():
        bounds, counts = [le for le, _ in one["le"]], [count for _, count in one["le"]]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), (name, rest)
        assert counts == sorted(counts), (name, rest)
        assert one["_count"] == counts[-1] and one["_sum"] >= 0, (name, rest)


def parse(text):
    assert text.endswith("\n"), "the last line has no end"
    families, current, seen = {}, None, set()
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, about = line[7:].partition(" ")
            assert re.fullmatch(NAME, name) and about, line
            assert name not in families, "told twice: %s" % line
            families[name] = {"help": about, "type": None, "samples": []}
            current = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and families[name]["type"] is None and kind in TYPES, line
            families[name]["type"] = kind
        else:
            found = SAMPLE.match(line)
            assert found, "no sample: %r" % line
            name, labels = found.group(1), labels_of(found.group(2) or "", line)
            family = families[current]
            kind = family["type"]
            ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [current + end for end in ends], "%s stands below %s" % (line, current)
            assert NUMBER.match(found.group(3)), line
            key = (name, tuple(sorted(labels.items())))
            assert key not in seen, "told twice: %s" % line
            seen.add(key)
            family["samples"].append((name, labels, float(found.group(3))))
    for name, family in families.items():
        assert family["type"], name
        assert (family["type"] == "counter") == name.endswith("_total"), "%s is a %s" % (name, family["type"])
        if family["type"] == "histogram":
            check_histogram(name, family)
    return families
