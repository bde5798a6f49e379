"""prepare.py [--keys]: once before the demo's actors start: their keys (--keys, for the services with passwords wait for
them); then the accounts at the simulator, the master, the clients.

Run again it adds what is missing: the simulator forgets its accounts when it stops, and gets them back with the same keys.
"""
import csv
import json
import os
import secrets
import subprocess
import sys
import tempfile

from broker import CLIENTS, control, label, wait_for_it

KEYS = "/run/keys"


def path(name):
    return os.path.join(KEYS, name)


def put(name, text):
    """A new file that every user of a container with this volume may read; what is there stays."""
    if os.path.exists(path(name)):
        return
    with open(path(name) + ".new", "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o444)
        file.write(text + "\n")
    os.rename(path(name) + ".new", path(name))


def copier(*arguments, stdin=""):
    return subprocess.run(["trade-copier", *arguments], input=stdin, text=True, check=True, capture_output=True).stdout


def certify(name):
    """A certificate of the service with this name, signed by itself, and its key."""
    if os.path.exists(path(name + ".crt")):
        return
    with tempfile.TemporaryDirectory(dir=KEYS) as made:
        files = [os.path.join(made, name + ".key"), os.path.join(made, name + ".crt")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "36500",
                        "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1" % name,
                        "-keyout", files[0], "-out", files[1]], check=True, capture_output=True, text=True)
        for one in files:
            os.chmod(one, 0o444)
            os.rename(one, path(os.path.basename(one)))


def make_keys():
    put("encryption_key", copier("keygen").strip())
    password = secrets.token_urlsafe(32)
    put("redis_conf", "requirepass " + password)
    with open(path("redis_conf"), encoding="utf-8") as file:
        password = file.read().split()[1]
    put("audit_env", "REDIS_URL=redis+unix://:%s@/run/redis/redis.sock" % password)
    put("database_password", secrets.token_urlsafe(32))
    for name in ("simulator", "postgres", "gateway"):
        certify(name)
    if not os.path.exists(path("curve")):
        copier("keygen", "--actors", "--out", path("curve"))


def make_accounts():
    """The demo's accounts with their keys: the master has 100,000 USD, the clients 10,000 to 59,900."""
    names = [("master", "100000")] + [(label(n), str(10000 + n % 500 * 100)) for n in range(CLIENTS)]
    try:
        with open(path("accounts.json"), encoding="utf-8") as file:
            accounts = json.load(file)
    except FileNotFoundError:
        accounts = []
    known = {one["label"] for one in accounts}
    accounts += [{"label": name, "cash": cash, "key_id": "PK" + secrets.token_hex(9).upper(), "secret": secrets.token_urlsafe(30)}
                 for name, cash in names if name not in known]
    with open(path("accounts.json.new"), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o400)
        json.dump(accounts, file)
    os.rename(path("accounts.json.new"), path("accounts.json"))
    return accounts


def open_accounts(accounts):
    there = {one["label"] for one in control("accounts")["accounts"]}
    missing = [one for one in accounts if one["label"] not in there]
    if missing:
        control("accounts", missing)
    return len(missing)


def add_clients(accounts):
    master = accounts[0]
    copier("master", "set", "--account-id", "master", "--api-key", master["key_id"], "--secret-key-file", "-",
           stdin=master["secret"] + "\n")
    known = {one["account_id"] for one in json.loads(copier("client", "list", "--json"))}
    missing = [one for one in accounts[1:] if one["label"] not in known]
    if not missing:
        return 0
    with tempfile.NamedTemporaryFile("w", dir="/run/keys", suffix=".csv", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["account_id", "api_key", "secret_key"])
        rows.writerows([one["label"], one["key_id"], one["secret"]] for one in missing)
        file.flush()
        copier("client", "import", file.name)
    return len(missing)


def main():
    if sys.argv[1:] == ["--keys"]:
        make_keys()
        return
    accounts = make_accounts()
    wait_for_it()
    opened = open_accounts(accounts)
    added = add_clients(accounts)
    print("demo: %d accounts opened at the broker, %d clients added" % (opened, added), flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        raise SystemExit("demo: %s: %s" % (" ".join(error.cmd[:3]), error.stderr.strip())) from None
