# SPDX-License-Identifier: GPL-2.0-only
"""
serve.py PROTOCOL/PORT...: sends back what it gets, by IPv4 and IPv6; tcp and udp. Says
"ready" when it listens.
"""

import selectors
import socket
import sys

ready = selectors.DefaultSelector()


def accept(listener):
	ready.register(listener.accept()[0], selectors.EVENT_READ, echo_stream)


def echo_stream(connection):
	try:
		octets = connection.recv(4096)
		if octets:
			connection.sendall(octets)
			return
	except OSError:
		pass
	ready.unregister(connection)
	connection.close()


def echo_datagram(sock):
	octets, sender = sock.recvfrom(4096)
	try:
		sock.sendto(octets, sender)
	except OSError:
		pass	# it is the sender who notices


for service in sys.argv[1:]:
	protocol, port = service.split("/")
	kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
	sock = socket.socket(socket.AF_INET6, kind)
	sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
	sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	sock.bind(("::", int(port)))
	if protocol == "tcp":
		sock.listen()
	ready.register(sock, selectors.EVENT_READ, accept if protocol == "tcp" else echo_datagram)

print("ready", flush=True)
while True:
	for key, _ in ready.select():
		key.data(key.fileobj)
