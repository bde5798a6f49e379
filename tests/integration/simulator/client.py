"""client.py: a simulator process and the smallest HTTP and WebSocket clients that can test it. Standard library only."""
import base64
import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 120  # for what never happens: how fast the machine is decides nothing


def until(condition):
    """Its first true value."""
    end = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError("not within %d s" % PATIENCE)
        time.sleep(0.005)
    return value


class Simulator:
    def __init__(self, *options):
        program = sys.argv[1] if len(sys.argv) > 1 else os.environ["SIMULATOR"]
        self.process = subprocess.Popen([program, "--json", "--accounts", "2", *options], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.host, port = self.url.split("//")[1].rsplit(":", 1)
        self.port = int(port)
        self.accounts = json.loads(self.process.stdout.readline())["accounts"]

    def stop(self):
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def call(self, method, path, body=None, account=0):
        """(status, JSON or None), as an account; a str body is sent as it is."""
        keys = {"APCA-API-KEY-ID": self.accounts[account]["key_id"],
                "APCA-API-SECRET-KEY": self.accounts[account]["secret"]}
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        status, answer, _ = self.raw(method, path, text, keys)
        return status, json.loads(answer) if answer else None

    def control(self, method, path, body=None):
        status, answer, _ = self.raw(method, "/control/" + path, None if body is None else json.dumps(body))
        return status, json.loads(answer) if answer else None


class WebSocket:
    def __init__(self, simulator, path="/stream"):
        self.socket = socket.create_connection((simulator.host, simulator.port), timeout=PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        head, self.bytes = self.bytes.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError
        self.bytes += piece

    def send(self, payload, opcode=1):
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xfe]) + struct.pack(">H", len(data))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data)))

    def frame(self):
        """(opcode, payload)"""
        while True:
            if len(self.bytes) >= 2:
                size, at = self.bytes[1], 2
                if size == 126 and len(self.bytes) >= 4:
                    size, at = struct.unpack(">H", self.bytes[2:4])[0], 4
                if size != 126 or at == 4:
                    if len(self.bytes) >= at + size:
                        opcode, payload = self.bytes[0] & 15, self.bytes[at:at + size]
                        self.bytes = self.bytes[at + size:]
                        return opcode, payload
            self.more()

    def message(self):
        return json.loads(self.frame()[1])

    def close(self):
        self.socket.close()
