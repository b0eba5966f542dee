# SPDX-License-Identifier: GPL-2.0-only
"""The generic netlink family manx, with the numbers of uapi/linux/manx*.h."""

import os
import re
import socket
import struct

from netlink import NLM_F_ACK, NLM_F_DUMP, Netlink, attribute, number, pick

NETLINK_GENERIC = 16
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 0x10, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2


def constants(header):
	"""{name without MANX_: number} of the enums in a C header."""
	text = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
	names = {}
	for body in re.findall(r"enum[ \w]*\{(.*?)\}", text, flags=re.S):
		value = -1
		for entry in filter(None, map(str.strip, body.split(","))):
			name, _, given = entry.partition("=")
			if given.strip().isdecimal():
				value = int(given)
			else:
				value += 1
			names[name.strip().removeprefix("MANX_")] = value
	return names


tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
	os.path.realpath(__file__)))))
NAMES = {}
for header in "manx.h", "manx_link.h":
	with open(f"{tree}/uapi/linux/{header}", encoding="ascii") as file:
		NAMES.update(constants(file.read()))
globals().update({name: value for name, value in NAMES.items() if not name.startswith("_")})


def prefix(text):
	"""A prefix as it travels."""
	address, _, length = text.partition("/")
	family = socket.AF_INET6 if ":" in address else socket.AF_INET
	octets = socket.inet_pton(family, address)
	return octets + bytes([int(length or 8 * len(octets))])


class Manx(Netlink):
	"""A socket of the family in the present namespace."""

	def __init__(self):
		super().__init__(NETLINK_GENERIC)
		answer = self.request(GENL_ID_CTRL, struct.pack("=BBH", CTRL_CMD_GETFAMILY, 1, 0) +
				      attribute(CTRL_ATTR_FAMILY_NAME, "manx"))
		self.family = number(pick(answer[0][1][4:], CTRL_ATTR_FAMILY_ID))

	def do(self, command, *attrs, flags=NLM_F_ACK):
		"""The attributes of each message that answers; attrs are pairs or octets."""
		body = struct.pack("=BBH", command, 1, 0) + b"".join(
			attr if isinstance(attr, bytes) else attribute(*attr) for attr in attrs)
		return [payload[4:] for _, payload in self.request(self.family, body, flags)]

	def dump(self, command, *attrs):
		return self.do(command, *attrs, flags=NLM_F_DUMP)
