"""TLS, HTTP/2, pipelining, broken requests, the control token, a port in use, a clean stop."""
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest

from client import PATIENCE, Simulator


class Transport(unittest.TestCase):
    def start(self, *options):
        simulator = Simulator(*options)
        self.addCleanup(lambda: self.assertEqual(simulator.stop(), 0))
        return simulator

    def curl(self, simulator, *arguments):
        keys = simulator.accounts[0]
        return subprocess.run(["curl", "-s", "-H", "APCA-API-KEY-ID: " + keys["key_id"], "-H",
                               "APCA-API-SECRET-KEY: " + keys["secret"], *arguments],
                              capture_output=True, text=True, check=True, timeout=PATIENCE).stdout

    def test_tls_speaks_both_versions(self):
        with tempfile.TemporaryDirectory() as folder:
            trust = os.path.join(folder, "ca.pem")
            simulator = self.start("--tls", "--cert-out", trust)
            self.assertTrue(simulator.url.startswith("https://127.0.0.1:"))
            shown = ["-o", os.path.join(folder, "out"), "-w", "%{http_version} %{http_code}", "--cacert", trust]
            for version, wanted in (("--http2", "2 200"), ("--http1.1", "1.1 200")):
                self.assertEqual(self.curl(simulator, version, *shown, simulator.url + "/v2/account"), wanted)
            urls = [simulator.url + "/v2/clock"] * 2000
            outputs = [word for url in urls for word in ("-o", "/dev/null", url)]
            codes = self.curl(simulator, "--http2", "-Z", "--parallel-max", "200", "--cacert", trust, "-w",
                              "%{http_code}\n", *outputs).split()
            self.assertEqual(codes, ["200"] * 2000)

    def test_http2_in_the_clear_large_answer(self):
        simulator = self.start()
        simulator.control("POST", "accounts", [{"label": f"c{i}"} for i in range(5000)])
        out = self.curl(simulator, "--http2-prior-knowledge", simulator.url + "/control/accounts")
        self.assertEqual(out.count('"account_id"'), 5002)

    def answers_of(self, simulator, request):
        with socket.create_connection((simulator.host, simulator.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
            return answer

    def test_pipelined_requests_are_answered_in_order(self):
        simulator = self.start()
        simulator.control("POST", "faults", {"latency_ms": 30})
        one = simulator.accounts[0]
        head = f"APCA-API-KEY-ID: {one['key_id']}\r\nAPCA-API-SECRET-KEY: {one['secret']}\r\n"
        request = (f"GET /v2/clock HTTP/1.1\r\n{head}\r\nGET /v2/nope HTTP/1.1\r\n{head}\r\n"
                   f"POST /v2/orders HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
                   f"GET /v2/account HTTP/1.1\r\nConnection: close\r\n{head}\r\n").encode()
        answer = self.answers_of(simulator, request)
        statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
        self.assertEqual(statuses[:2] + statuses[3:], [b"200", b"404", b"200"])
        self.assertIn(statuses[2], (b"400", b"422"))

    def test_broken_requests(self):
        simulator = self.start()
        for request, status in ((b"nonsense\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\nA : b\r\n\r\n", b"400"),
                                (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n", b"431"),
                                (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 4000 + b"\r\n", b"431"),
                                (b"POST /v2/orders HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", b"413"),
                                (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"400")):
            self.assertEqual(self.answers_of(simulator, request).split()[1], status, request[:40])

    def test_control_token(self):
        simulator = self.start("--control-token", "sesame")
        self.assertEqual(simulator.control("GET", "state")[0], 403)
        self.assertEqual(simulator.raw("GET", "/control/state", headers={"Authorization": "Bearer sesame"})[0], 200)

    def test_who_comes_from_elsewhere_needs_the_token(self):
        """Over an address of this machine that is no loopback: in containers the driver is another one."""
        address = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=True).stdout.split()[:1]
        self.assertTrue(address, "this machine has no address to come from")
        token = {"Authorization": "Bearer sesame"}
        for options, headers, wanted in (((), {}, 403), ((), token, 403), (("--control-token", "sesame"), {}, 403),
                                         (("--control-token", "sesame"), token, 200)):
            simulator = self.start("--host", "0.0.0.0", *options)
            simulator.host = address[0]
            self.assertEqual(simulator.raw("GET", "/control/state", headers=headers)[0], wanted, (options, headers))

    def test_port_in_use(self):
        simulator = self.start()
        second = subprocess.run([sys.argv[1], "--port", str(simulator.port)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((second.returncode, second.stdout), (1, ""))
        self.assertIn(f"127.0.0.1:{simulator.port}", second.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
