#!/usr/bin/env python3
"""check_includes.py [ROOT]: who may include whom (docs/architecture.md, "The house").

    messages            libc, msgpack, messages
    storage, broker     libc, messages, their own folder, and one third-party library a file
    actors/<role>       libc without clocks, sockets, threads; actors/actor.h, deliberate.h, measure.h; messages, its own folder
    actors/host, scripts/commands    everything
    nothing             tests

Prints one line a violation, `file:line: what`; exit code 1 when there is any."""
import pathlib
import re
import sys

LIBRARIES = {
    "czmq": ("czmq.h",), "zmq": ("zmq.h",), "uv": ("uv.h",), "curl": ("curl/",), "websockets": ("libwebsockets.h",),
    "msgpack": ("msgpack.h", "msgpack/"), "sodium": ("sodium.h",), "hiredis": ("hiredis/",), "sqlite": ("sqlite3.h",),
    "jansson": ("jansson.h",), "nghttp2": ("nghttp2/",), "openssl": ("openssl/",), "postgres": ("libpq-fe.h",),
}
IMPURE = re.compile(r"(time|pthread|threads|unistd|fcntl|signal|poll|dirent)\.h$|^(sys|net|netinet|arpa|linux)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def library_of(name):
    for library, prefixes in LIBRARIES.items():
        if any(name == p or (p.endswith("/") and name.startswith(p)) for p in prefixes):
            return library
    return None


def allowed_folders(path):
    """Folders (or single headers) whose headers this file may include, and the libraries: a set, or 'one', or 'all'."""
    parts = path.parts
    if parts[0] == "messages":
        return ("messages/",), {"msgpack"}
    if parts[0] == "storage":
        return ("messages/", "storage/"), "one"
    if parts[0] == "broker":
        own = f"broker/{parts[1]}/" if len(parts) > 2 else "broker/"
        return ("messages/", "broker/broker.h", own), "one"
    if parts[0] == "actors" and len(parts) == 2:
        return ("messages/", "actors/actor.h", "actors/deliberate.h", "actors/measure.h"), set()
    if parts[0] == "actors" and parts[1] != "host":
        return ("messages/", "actors/actor.h", "actors/deliberate.h", "actors/measure.h", f"actors/{parts[1]}/"), set()
    return ("messages/", "storage/", "broker/", "actors/", "scripts/"), "all"


def check_file(root, path):
    folders, libraries = allowed_folders(path)
    used = set()
    core = path.parts[0] == "actors" and not (len(path.parts) > 2 and path.parts[1] == "host")
    for number, line in enumerate((root / path).read_text(errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, name = match.group(1) == '"', match.group(2)
        library = library_of(name)
        if library:
            used.add(library)
            if libraries not in ("all", "one") and library not in libraries:
                yield f"{path}:{number}: {library} ({name}) does not belong here"
            elif libraries == "one" and len(used) > 1:
                yield f"{path}:{number}: a second third-party library ({', '.join(sorted(used))})"
        elif quoted and name.startswith("tests/"):
            yield f"{path}:{number}: nothing includes tests"
        elif quoted and not any(name == f or (f.endswith("/") and name.startswith(f)) for f in folders):
            yield f"{path}:{number}: {path.parent} must not include {name}"
        elif not quoted and core and IMPURE.search(name):
            yield f"{path}:{number}: a core has no clock, socket, file or thread ({name})"


def check(root):
    found = []
    for top in ("messages", "storage", "broker", "actors", "scripts"):
        for path in sorted((root / top).rglob("*.[ch]")):
            found += check_file(root, path.relative_to(root))
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = check(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
