#!/usr/bin/env bash
# load_test.sh BINARY CASE: runs a load test of 20 clients and looks at what it says, its exit code and what it leaves.
# Rate limit: the broker's 200 requests a minute and account.
set -euo pipefail
binary=$1
case=$2
dir=$(mktemp -d /tmp/tc-it-XXXXXX)
trap 'rm -rf "$dir"' EXIT

fail() { echo "load_test.sh: $*" >&2; cat "$dir"/*.log "$dir"/out >&2 2>/dev/null || true; exit 1; }
# what is still running with our directory among its arguments
left() { pgrep -f -- "$dir" || true; }

arguments=(load-test --clients 20 --trades 8 --json --work-dir "$dir/work")
case $case in
    local) ;;
    single) arguments+=(--topology single --shards 1) ;;
    tls) arguments+=(--tls --seed 3) ;;
    interrupted)
        "$binary" load-test --clients 20 --trades 1000 --rate-limit off --work-dir "$dir/work" >"$dir/out" 2>&1 &
        pid=$!
        for _ in $(seq 100); do grep -q '20/20' "$dir/out" && break; sleep 0.1; done
        grep -q '20/20' "$dir/out" || fail "no trade was copied"
        kill -INT $pid
        code=0
        wait $pid || code=$?
        [ $code -ne 0 ] || fail "exit 0 although it was interrupted"
        grep -q 'interrupted' "$dir/out" || fail "it does not say that it was interrupted"
        [ -z "$(left)" ] || fail "still running: $(left)"
        exit 0
        ;;
    *) fail "no such case: $case" ;;
esac

"$binary" "${arguments[@]}" >"$dir/out" 2>"$dir/err.log" || fail "exit $?"
python3 - "$dir/out" <<'PYTHON' || fail "the result is not as it should be"
import json, sys
result = json.load(open(sys.argv[1]))
assert result["ok"] is True and result["lost"] == result["doubled"] == result["wrong"] == result["open"] == 0, result
assert result["trades"] == 8 and result["executions"] > 8 and result["clients"] == 20, result
assert result["due"] == result["copied"] and result["due"] + result["skipped"] == 8 * 20, result
assert result["orders"] >= result["due"] and result["skipped"] > 0, result
assert 0 < result["latency_ms"]["p50"] <= result["latency_ms"]["p99"] <= result["latency_ms"]["max"], result
PYTHON
[ -z "$(left)" ] || fail "still running: $(left)"
[ -s "$dir/work/copier.db" ] || fail "no database in --work-dir"
