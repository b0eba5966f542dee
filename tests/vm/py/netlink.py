# SPDX-License-Identifier: GPL-2.0-only
"""Raw netlink: for what well-meaning tools cannot send."""

import ctypes
import errno

import socket
import struct

NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK, NLM_F_DUMP = 1, 2, 4, 0x300
NLM_F_DUMP_INTR, NLM_F_CAPPED, NLM_F_ACK_TLVS = 0x10, 0x100, 0x200
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED = 0x8000
NLMSGERR_ATTR_MSG, NLMSGERR_ATTR_OFFS = 1, 2
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
CLONE_NEWNET = 0x40000000

# one number, two names
CODES = errno.errorcode | {errno.EOPNOTSUPP: "EOPNOTSUPP"}

libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
	"""This process goes into a network namespace; sockets stay in theirs."""
	with open("/run/netns/" + namespace, "rb") as file:
		if libc.setns(file.fileno(), CLONE_NEWNET):
			raise OSError(ctypes.get_errno(), "setns " + namespace)


def attribute(number, value):
	"""An attribute: text ends in NUL, a number is u32, a list of attributes a nest."""
	if isinstance(value, str):
		value = value.encode() + b"\0"
	elif isinstance(value, int):
		value = struct.pack("=I", value)
	elif isinstance(value, list):
		number |= NLA_F_NESTED
		value = b"".join(value)
	return struct.pack("=HH", 4 + len(value), number) + value + bytes(-len(value) % 4)


def attributes(data):
	"""[(number, octets)] of a well-formed sequence."""
	found = []
	while data:
		size, number = struct.unpack_from("=HH", data)
		found.append((number & 0x3fff, data[4:size]))
		data = data[size + 3 & ~3:]
	return found


def pick(data, wanted, default=None):
	"""The octets of the first attribute of that number."""
	return next((value for number, value in attributes(data) if number == wanted), default)


def number(octets):
	return int.from_bytes(octets, "little")


class Refused(Exception):
	"""The kernel's answer: code is the name of the error, words what it says."""

	def __init__(self, code, words, offset):
		super().__init__(f"{code}: {words}")
		self.code, self.words, self.offset = code, words, offset


class Netlink:
	"""A socket in the present namespace. Each request waits for its whole answer."""

	def __init__(self, protocol):
		self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
		for option in NETLINK_CAP_ACK, NETLINK_EXT_ACK:
			self.socket.setsockopt(SOL_NETLINK, option, 1)
		self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
		self.socket.settimeout(20)
		self.socket.bind((0, 0))
		self.sequence = 0
		self.interrupted = False

	def request(self, kind, body, flags=NLM_F_ACK):
		"""[(type, payload)] that answered; Refused if the kernel did."""
		self.sequence += 1
		self.socket.send(struct.pack("=IHHII", 16 + len(body), kind,
					     flags | NLM_F_REQUEST, self.sequence, 0) + body)
		answer, self.interrupted = [], False
		while True:
			data = self.socket.recv(1 << 17)
			while data:
				size, kind, flags, sequence = struct.unpack_from("=IHHI", data)
				payload, data = data[16:size], data[size + 3 & ~3:]
				if sequence != self.sequence:
					continue
				self.interrupted |= bool(flags & NLM_F_DUMP_INTR)
				if kind in (NLMSG_ERROR, NLMSG_DONE):
					self.judge(payload, flags)
					return answer
				answer.append((kind, payload))

	@staticmethod
	def judge(payload, flags):
		"""Raises what an NLMSG_ERROR or NLMSG_DONE says."""
		code = -struct.unpack_from("=i", payload)[0]
		if code <= 0:
			return
		words, offset = "", None
		if flags & NLM_F_ACK_TLVS:
			tail = payload[4 if len(payload) < 20 else 20:]
			words = pick(tail, NLMSGERR_ATTR_MSG, b"").rstrip(b"\0").decode(errors="replace")
			offset = pick(tail, NLMSGERR_ATTR_OFFS)
		raise Refused(CODES.get(code, str(code)), words,
			      number(offset) if offset else None)


