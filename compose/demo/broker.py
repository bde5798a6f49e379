"""broker.py: the simulator's control API, for what prepares the demo and for who trades in it."""
import json
import os
import ssl
import time
import urllib.error
import urllib.request

URL = os.environ.get("ALPACA_BASE_URL", "https://simulator:8080")
TRUST = ssl.create_default_context(cafile=os.environ.get("ALPACA_CA_FILE"))
TOKEN = os.environ.get("SIMULATOR_CONTROL_TOKEN", "demo")
CLIENTS = int(os.environ.get("CLIENTS", "500"))


def label(number):
    return "client-%04d" % number


def control(what, body=None):
    request = urllib.request.Request("%s/control/%s" % (URL, what), headers={"Authorization": "Bearer " + TOKEN},
                                     data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60, context=TRUST) as answer:
        return json.load(answer)


def wait_for_it(seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            return control("state")
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
