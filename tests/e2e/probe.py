"""probe.py: what a stranger does in a container of his own; it goes there through standard input (compose_walls).

    listens                        the ports that anything here waits at for somebody else than itself
    open ADDRESS:PORT…             those of them that take a connection within three seconds
    speak HOST:PORT…               nonsense, HTTP and ZMTP's NULL to each; {"HOST:PORT word": what came back, hexadecimal}
    sniff SECONDS WORD…            {word: how often it passed any of this network's interfaces}, "frames": all that passed,
                                   "deaf": the interfaces where not even what it said itself was heard
"""
import json
import os
import select
import socket
import sys
import time


def connects(addresses, patience):
    """Those that take a connection, all asked at the same time."""
    waiting, found, poll = {}, [], select.poll()
    for address in addresses:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(address)
        waiting[one.fileno()] = (one, address)
        poll.register(one, select.POLLOUT)
    end = time.monotonic() + patience
    while waiting and time.monotonic() < end:
        for descriptor, _ in poll.poll(100):
            one, address = waiting.pop(descriptor)
            poll.unregister(descriptor)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(address)
            one.close()
    return found


def listens():
    """From the kernel's tables: every port, and no scan that takes minutes. What listens at 127.* is for itself."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as file:
            for line in list(file)[1:]:
                words = line.split()
                host, port = words[1].split(":")
                if words[3] == "0A" and not (len(host) == 8 and host.endswith("7F")):
                    found.add(int(port, 16))
    return sorted(found)


def pair(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


#  ZMTP 3.1 with the mechanism NULL, then READY as a SUB, and a subscription to everything
GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x01" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x19\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB"
WORDS = {"nonsense": os.urandom(4096), "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "null": GREETING + READY + b"\x00\x01\x01"}


def speak(address, word):
    heard = b""
    with socket.create_connection(address, 5) as one:
        one.settimeout(3)
        try:
            one.sendall(word)
            while len(heard) < 1 << 16:
                piece = one.recv(4096)
                if not piece:
                    break
                heard += piece
        except OSError:
            pass
    return heard.hex()


def call(interface):
    """Says the interface's name there, to everybody and nobody. What it said, for the ears."""
    word = b"this is said at %s in the clear" % interface.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.sendto(word, ("255.255.255.255", 9))
    return word


def sniff(seconds, words):
    ears = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 25)
    ears.settimeout(0.2)
    counts, frames, end = dict.fromkeys(words, 0), 0, time.monotonic() + seconds
    needles = [word.encode() for word in words]
    deaf = {name: call(name) for _, name in socket.if_nameindex() if name.startswith("eth")}
    while time.monotonic() < end:
        try:
            frame = ears.recv(1 << 17)
        except socket.timeout:
            continue
        frames += 1
        for word, needle in zip(words, needles):
            counts[word] += frame.count(needle)
        deaf = {name: said for name, said in deaf.items() if said not in frame}
    return {**counts, "frames": frames, "deaf": list(deaf)}


def main(what, *rest):
    if what == "listens":
        return listens()
    if what == "open":
        return ["%s:%d" % one for one in connects([pair(text) for text in rest], 3)]
    if what == "speak":
        return {"%s %s" % (text, name): speak(pair(text), word) for text in rest for name, word in WORDS.items()}
    return sniff(float(rest[0]), rest[1:])


print(json.dumps(main(*sys.argv[1:])))
