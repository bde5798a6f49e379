"""websocket.py: a WebSocket client of a few lines, which shows the handshake's answer and can be slow on purpose."""
import base64
import json
import os
import socket
import ssl
import struct


class WebSocket:
    def __init__(self, port, path="/ws", headers=(), receive_buffer=None, timeout=120, tls=False):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        if tls:  # whose certificate it is, is not asked
            self.socket = ssl._create_unverified_context().wrap_socket(self.socket)  # pylint: disable=protected-access
        lines = ["GET %s HTTP/1.1" % path, "Host: 127.0.0.1:%d" % port, "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Version: 13", *headers]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes and self.more():
            pass
        head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        self.status = int(words[1]) if len(words) > 2 else 0  # 0: closed without a word
        self.head = head.decode()

    def more(self):
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.bytes += piece
        return bool(piece)

    def take(self, size):
        while len(self.bytes) < size:
            if not self.more():
                raise EOFError
        piece, self.bytes = self.bytes[:size], self.bytes[size:]
        return piece

    def frame(self):
        """(opcode, payload); EOFError when the other side is gone."""
        opcode, size = self.take(2)
        if size == 126:
            size = struct.unpack(">H", self.take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.take(8))[0]
        return opcode & 15, self.take(size)

    def event(self):
        """The next event as JSON; pings are passed over."""
        while True:
            opcode, payload = self.frame()
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise EOFError

    def close(self):
        self.socket.close()
