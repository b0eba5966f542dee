# SPDX-License-Identifier: GPL-2.0-only
"""
burst.py ADDRESS PORT COUNT: one send of a socket that becomes COUNT datagrams (UDP_SEGMENT).
A first datagram alone and its answer, if there is one within a second, come before.
"""

import socket
import sys

UDP_SEGMENT = 103


def main(address, port, count):
	sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
			     socket.SOCK_DGRAM)
	sock.settimeout(1)
	sock.connect((address, int(port)))
	for _ in range(2):
		sock.send(b"first")
		sock.recv(100)
	sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 100)
	sock.send(bytes(100 * int(count)))


main(*sys.argv[1:])
