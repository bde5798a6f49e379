#!/usr/bin/env python3
"""check_sizes.py [ROOT]: no hand-written file over 500 lines, no function over 70 (tests and generated code left out).

Prints one line a violation and the medians; exit code 1 when there is any violation."""
import pathlib
import re
import statistics
import sys

FILE_LINES = 500
FUNCTION_LINES = 70
HEAD = re.compile(r"^[A-Za-z_][\w\s\*]*?\**(\w+) \(")


def functions(lines):
    """(name, first line, length) of each definition: a head at column 0, `{` alone at column 0, up to `}` there."""
    name, start = None, 0
    for number, line in enumerate(lines, 1):
        head = HEAD.match(line)
        if head and not line.rstrip().endswith(";"):
            name, start = head.group(1), number
        elif line.startswith("}") and name and line.rstrip() == "}":
            yield name, start, number - start + 1
            name = None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found, files, lengths = [], [], []
    for top in ("messages", "storage", "broker", "actors", "scripts"):
        for path in sorted((root / top).rglob("*.[ch]")):
            shown = path.relative_to(root)
            if "gen" in shown.parts:
                continue
            lines = path.read_text(errors="replace").splitlines()
            if path.suffix == ".c":
                files.append(len(lines))
            if len(lines) > FILE_LINES:
                found.append(f"{shown}: {len(lines)} lines (at most {FILE_LINES})")
            for name, start, length in functions(lines):
                lengths.append(length)
                if length > FUNCTION_LINES:
                    found.append(f"{shown}:{start}: {name} has {length} lines (at most {FUNCTION_LINES})")
    for line in found:
        print(line)
    if files and lengths:
        print(f"files {len(files)}, median {statistics.median(files):.0f} lines; "
              f"functions {len(lengths)}, median {statistics.median(lengths):.0f}, longest {max(lengths)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
