# SPDX-License-Identifier: GPL-2.0-only
"""What passes a link of the present namespace, and what the link has counted."""

import array
import fcntl
import socket
import struct

from netlink import Netlink, pick

SIOCETHTOOL = 0x8946
ETHTOOL_GSTRINGS, ETHTOOL_GSTATS, ETH_SS_STATS, ETH_GSTRING_LEN = 0x1b, 0x1d, 1, 32
MAX_STATS = 64
ETH_P_ALL, ETH_HLEN, ARPHRD_TUNNEL = 3, 14, 768
ARP_REPLY, ADVERTISEMENT = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 136
RTM_GETLINK = 18
IFLA_STATS64, IFLA_ADDRESS = 23, 1


class Link:
	"""A link; reading it works also after the process has gone elsewhere."""

	def __init__(self, name):
		self.name = name
		self.rtnl = Netlink(socket.NETLINK_ROUTE)
		self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.index = socket.if_nametoindex(name)

	def ethtool(self, *head, room):
		"""The answer to an ethtool request that begins with those words."""
		buffer = array.array("B", struct.pack(f"={len(head)}I", *head) + bytes(room))
		address, _ = buffer.buffer_info()
		request = struct.pack("16sQ", self.name.encode(), address)
		fcntl.ioctl(self.socket, SIOCETHTOOL, request)
		return buffer.tobytes()

	def drops(self):
		"""{reason: packets}"""
		names = self.ethtool(ETHTOOL_GSTRINGS, ETH_SS_STATS, 0,
				     room=MAX_STATS * ETH_GSTRING_LEN)
		values = self.ethtool(ETHTOOL_GSTATS, 0, room=MAX_STATS * 8)
		count = struct.unpack_from("=I", values, 4)[0]
		return {
			names[12 + i * ETH_GSTRING_LEN:][:ETH_GSTRING_LEN].rstrip(b"\0").decode()
			.removeprefix("drop_"): struct.unpack_from("=Q", values, 8 + 8 * i)[0]
			for i in range(count)
		}

	def attribute(self, wanted):
		body = struct.pack("=BxHiII", 0, 0, self.index, 0, 0)
		return pick(self.rtnl.request(RTM_GETLINK, body)[0][1][16:], wanted)

	def address(self):
		return self.attribute(IFLA_ADDRESS)

	def packets(self):
		"""(received, transmitted)"""
		return self.traffic()[:2]

	def traffic(self):
		"""(packets received, transmitted, octets received, transmitted)"""
		return struct.unpack_from("=QQQQ", self.attribute(IFLA_STATS64))


class Tap:
	"""What comes to a link of the present namespace; sends on it, too."""

	def __init__(self, link):
		self.link = link
		self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
		self.socket.bind((link, ETH_P_ALL))
		self.header = 0 if self.socket.getsockname()[3] == ARPHRD_TUNNEL else ETH_HLEN

	def received(self):
		"""Frames since the last call, without waiting."""
		frames = []
		try:
			while True:
				frame, address = self.socket.recvfrom(1 << 16, socket.MSG_DONTWAIT)
				if address[2] != socket.PACKET_OUTGOING:
					frames.append(frame)
		except BlockingIOError:
			return frames

	def send(self, frame, claim):
		self.socket.sendto(frame, (self.link, claim))


def resolves(frame):
	"""Is it an ARP reply or a neighbour advertisement?"""
	return frame[12:22] == ARP_REPLY or (
		frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == ADVERTISEMENT)
