# SPDX-License-Identifier: GPL-2.0-only
"""A UDP socket that tells with which hops and traffic class a datagram came, and errors."""

import errno
import select
import socket
import struct

# of <linux/in.h>, <linux/in6.h>, <linux/udp.h> and <linux/errqueue.h>
OPTIONS = {
	socket.AF_INET: dict(level=socket.IPPROTO_IP, hops=2, cls=1, probe=10, get_hops=12,
			     get_cls=13, get_errors=11),
	socket.AF_INET6: dict(level=socket.IPPROTO_IPV6, hops=16, cls=67, probe=23, get_hops=51,
			      get_cls=66, get_errors=25),
}
CAME_AS = {(0, 2): "hops", (0, 1): "class", (41, 52): "hops", (41, 67): "class"}
PMTUDISC_DONT, PMTUDISC_PROBE = 0, 3
UDP_SEGMENT = 103


class Datagrams:
	"""A socket in the present namespace, bound to an address and a port."""

	def __init__(self, address, port):
		self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
		self.options = OPTIONS[self.family]
		self.socket = socket.socket(self.family, socket.SOCK_DGRAM)
		self.socket.bind((address, port))
		self.peer = None
		for name in "get_hops", "get_cls", "get_errors":
			self.set(name, 1)

	def set(self, name, value):
		self.socket.setsockopt(self.options["level"], self.options[name], value)

	def connect(self, address, port):
		self.socket.connect((address, port))

	def send(self, data, hops=64, cls=0, whole=False):
		"""whole: in one piece, whatever is known of the path"""
		self.set("hops", hops)
		self.set("cls", cls)
		self.set("probe", PMTUDISC_PROBE if whole else PMTUDISC_DONT)
		self.socket.send(data)

	def send_train(self, data, segment):
		"""One send of datagrams with so many octets each, if the kernel can."""
		self.socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
		try:
			self.socket.send(data)
		except OSError as error:
			# before Linux 6.11 not if the device computes no checksums
			if error.errno != errno.EIO:
				raise
			self.socket.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
			for at in range(0, len(data), segment):
				self.socket.send(data[at:at + segment])

	def receive(self, patience):
		"""(octets, hops, class) of the next one, or None."""
		if not select.select([self.socket], [], [], patience)[0]:
			return None
		try:
			data, notes, _, _ = self.socket.recvmsg(1 << 16, 256, socket.MSG_DONTWAIT)
		except BlockingIOError:
			return None
		came = {CAME_AS.get((level, kind)): value[0] for level, kind, value in notes}
		return data, came["hops"], came["class"]

	def error(self, patience):
		"""What the next error says and who said it, or None."""
		waiting = select.poll()
		waiting.register(self.socket, 0)
		if not waiting.poll(patience * 1000):
			return None
		_, notes, _, _ = self.socket.recvmsg(1 << 16, 512, socket.MSG_ERRQUEUE)
		for level, kind, value in notes:
			if level == self.options["level"] and kind == self.options["get_errors"]:
				return self.read_error(value)
		return None

	def read_error(self, value):
		_, _, kind, code, _, info, _ = struct.unpack_from("=IBBBBII", value)
		at, size = (20, 4) if self.family == socket.AF_INET else (24, 16)
		teller = socket.inet_ntop(self.family, value[at:at + size])
		return f"type {kind} code {code} info {info} from {teller}"
