# SPDX-License-Identifier: GPL-2.0-only
"""
probe.py ADDRESS4 ADDRESS6 SERVICE... -- SERVICE...: which of the first services (tcp/PORT,
udp/PORT, ping) answer at the addresses? Exactly the second ones must, by both families
unless it says @4 or @6: all of them within 3 s, and then no other for a further 0.3 s.
"""

import os
import selectors
import socket
import struct
import sys
import time

split = sys.argv.index("--")
addresses = {"4": (socket.AF_INET, sys.argv[1]), "6": (socket.AF_INET6, sys.argv[2])}
services = sys.argv[3:split]
expected = {f"{service}@{by}" for service, _, family in
	    (word.partition("@") for word in sys.argv[split + 1:]) for by in family or "46"}
ready = selectors.DefaultSelector()
refused = set()


def echo_request(family):
	"""Without a checksum that IPv6 fills in by itself."""
	body = os.urandom(8)
	if family == "6":
		return struct.pack("!BBH", 128, 0, 0) + body
	words = struct.unpack("!4H", body)
	total = sum(words) + 0x0800
	total = (total & 0xffff) + (total >> 16)
	total = (total & 0xffff) + (total >> 16)
	return struct.pack("!BBH", 8, 0, total ^ 0xffff) + body


def make_socket(protocol, family):
	if protocol == "ping":
		icmp = socket.IPPROTO_ICMP if family == "4" else socket.IPPROTO_ICMPV6
		return socket.socket(addresses[family][0], socket.SOCK_RAW, icmp)
	kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
	return socket.socket(addresses[family][0], kind)


def dial(service, family):
	protocol, _, port = service.partition("/")
	sock = make_socket(protocol, family)
	sock.setblocking(False)
	sock.connect_ex((addresses[family][1], int(port or 0)))
	if protocol != "tcp":
		sock.send(echo_request(family) if protocol == "ping" else b"hello")
	ready.register(sock, selectors.EVENT_WRITE if protocol == "tcp" else selectors.EVENT_READ,
		       f"{service}@{family}")


def answers(sock, what):
	"""Is what came an answer? Raw sockets get more than that."""
	error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
	if error:
		refused.add(f"{what}: {os.strerror(error)}")
		ready.unregister(sock)
		return False
	if what.startswith("ping"):
		octets = sock.recv(100)
		return octets[20] == 0 if what == "ping@4" else octets[0] == 129
	ready.unregister(sock)
	return True


for service in services:
	for family in addresses:
		dial(service, family)
found = set()
end = time.monotonic() + 3
while (left := end - time.monotonic()) > 0:
	for key, _ in ready.select(left):
		if answers(key.fileobj, key.data):
			found.add(key.data)
	if found >= expected:
		end = min(end, time.monotonic() + 0.3)
if found != expected or refused:
	sys.exit(f"{sorted(found)} answer, expected {sorted(expected)} {sorted(refused)}")
