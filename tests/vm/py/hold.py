# SPDX-License-Identifier: GPL-2.0-only
"""
hold.py ADDRESS PORT: one TCP connection to a server that echoes; 20 octets a second go out,
each that comes back is printed.
"""

import selectors
import socket
import sys
import time

sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
ready = selectors.DefaultSelector()
ready.register(sock, selectors.EVENT_READ)
due = time.monotonic()
while True:
	if time.monotonic() >= due:
		due += 0.05
		sock.send(b".")
	if ready.select(max(0, due - time.monotonic())):
		octets = sock.recv(4096)
		if not octets:
			sys.exit("closed by the server")
		print(octets.decode(), end="", flush=True)
