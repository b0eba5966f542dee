# SPDX-License-Identifier: GPL-2.0-only
"""
ends.py NAMESPACE PORT NAME:NAMESPACE:ADDRESS:PORT...: TCP connections with both ends in this
process: each is made from a namespace to an address and comes out at a port of the first
namespace, whatever has been translated between. Does what a line of standard input says:

	forth	every connection: one end sends, the other one answers
	back	as forth, but the server's end begins
	cut	as back, but the server's end is to find the connection reset
	end	all of them, at once
	again	they are made anew, with "forth"

A line may name the connections that it is for; else it is for all of them. Says "well", or
what has not come.
"""

import os
import socket
import struct
import sys

from netlink import enter

PATIENCE = 5	# seconds


def dial(listener, connection):
	"""(name, client's end, server's end)"""
	name, namespace, rest = connection.split(":", 2)
	address, _, port = rest.rpartition(":")
	enter(namespace)
	client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
	client.settimeout(PATIENCE)
	try:
		client.connect((address, int(port)))
		server, _ = listener.accept()
	except OSError as error:
		sys.exit(f"{name}: {error}")
	server.settimeout(PATIENCE)
	return name, client, server


def crosses(sender, receiver):
	word = os.urandom(8)
	sender.send(word)
	return receiver.recv(len(word)) == word


def forth(client, server):
	return crosses(client, server) and crosses(server, client)


def back(client, server):
	return forth(server, client)


def cut(_, server):
	try:
		server.send(b"lost")
		server.recv(1)
	except ConnectionResetError:
		return True
	return False


def end(client, server):
	"""With a reset that nobody answers."""
	for sock in client, server:
		sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		sock.close()
	return True


DO = {"forth": forth, "back": back, "cut": cut, "end": end}


def every(ends, what):
	"""What is to be said."""
	failed = []
	for name, client, server in ends:
		try:
			if what(client, server):
				continue
			failed.append(name)
		except OSError as error:
			failed.append(f"{name}: {error}")
	return "; ".join(failed) or "well"


def main(namespace, port, *connections):
	enter(namespace)
	listener = socket.create_server(("", int(port)), family=socket.AF_INET6,
					dualstack_ipv6=True)
	listener.settimeout(PATIENCE)
	ends = []
	for line in sys.stdin:
		what, *names = line.split()
		if what == "again":
			ends = [dial(listener, connection) for connection in connections]
			what = "forth"
		print(every([one for one in ends if one[0] in names or not names], DO[what]),
		      flush=True)
		if what == "end":
			ends = []


main(*sys.argv[1:])
