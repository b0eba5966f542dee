#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
fuzz.py NODE COUNT [SEED]

Sends requests of the family manx that are nearly right: each of its commands, with
attributes of the right kinds and of others, in any order, nested or not, with values at
the edges, and octets changed afterwards. That the kernel survives is the test; it must
answer each, and have accepted and refused some of each command.
"""

import random
import struct
import sys

import manx
import netlink
from netlink import NLA_F_NESTED, NLM_F_DUMP, Refused, attribute

NUMBERS = (0, 1, 2, 3, 4, 5, 6, 17, 58, 127, 128, 255, 256, 65535, 65536, 0x00500050, 0x00500040,
	   0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff)
NAMES = ("a", "b", "", "x" * 127, "x" * 128, "%s%n")
COMMANDS = range(0, manx.CMD_MAX + 2)


def prefix(dice):
	"""Mostly what a prefix looks like."""
	size = dice.choice((4, 4, 4, 16, 0, 3, 17))
	length = 8 * size & 255 if dice.random() < 0.8 else dice.choice((8, 0, 129))
	return dice.randbytes(size) if dice.random() < 0.1 else \
		bytes([10, 0, 0, dice.randrange(4)] * 5)[:size] + bytes([length])


def value(dice, depth):
	kind = dice.randrange(8)
	if kind < 3:
		return struct.pack("=I", dice.choice(NUMBERS))
	if kind == 3:
		return dice.choice(NAMES).encode() + b"\0" * dice.randrange(2)
	if kind < 6:
		return prefix(dice)
	if kind == 6 and depth < 3:
		return attributes(dice, depth + 1, 25)
	return dice.randbytes(dice.choice((0, 1, 2, 5, 6, 8, 40)))


def attributes(dice, depth=0, highest=12):
	"""A few attributes, mostly in order, as they stand in a message."""
	body = b""
	numbers = dice.choices(range(highest), k=dice.randrange(9))
	for number in numbers if dice.random() < 0.2 else sorted(numbers):
		octets = value(dice, depth)
		nested = NLA_F_NESTED if dice.random() < 0.3 else 0
		body += attribute(number | nested, octets)
	return body


def likely(dice):
	"""Requests that can succeed, so that there is something to break."""
	name = dice.choice(NAMES[:2])
	rule = (manx.A_TABLE_RULE, [attribute(manx.A_RULE_ID, dice.randrange(9)),
				    attribute(manx.A_RULE_ACTION, dice.randrange(5)),
				    attribute(manx.A_RULE_SRC_SET, name),
				    attribute(manx.A_RULE_DST_NET, prefix(dice))])
	limit = dice.choice((manx.A_NODE_MAX_MEMBERS, manx.A_NODE_MAX_RULES, manx.A_NODE_MAX_CLASSES,
			     manx.A_NODE_MAX_FLOWS, manx.A_NODE_FRAGMENT_RATE, manx.A_NODE_AUDIT,
			     manx.A_NODE_KEEP_ESTABLISHED, manx.A_NODE_REFUSE_PICKUP, manx.A_NODE_FAST,
			     manx.A_NODE_MARK_STAY, manx.A_NODE_QUEUE_PACKETS))
	timeout = attribute(dice.randrange(1, manx.A_TIMEOUTS_OTHER + 2), dice.choice(NUMBERS))
	flow = [(number, dice.choice(NUMBERS[:9])) for number in (
		manx.A_FLOW_FROM, manx.A_FLOW_TO, manx.A_FLOW_ENDPOINT, manx.A_FLOW_PROTOCOL,
		manx.A_FLOW_SOURCE_PORT, manx.A_FLOW_STATE, manx.A_FLOW_WAY) if dice.random() < 0.2]
	flow += [(manx.A_FLOW_SOURCE, prefix(dice)[:-1])] * dice.randrange(2)
	return dice.choice((
		(manx.CMD_NODE_GET,),
		(manx.CMD_NODE_GET, (manx.A_NODE_GENERATION, dice.choice(NUMBERS))),
		(manx.CMD_NODE_SET, (limit, dice.choice((999, 999, 999, *NUMBERS)))),
		(manx.CMD_NODE_SET, (manx.A_NODE_MAX_MEMORY, bytes(3) + dice.randbytes(2) + bytes(3))),
		(manx.CMD_NODE_SET, (manx.A_NODE_TIMEOUTS, [timeout])),
		(manx.CMD_TXN_BEGIN,),
		(manx.CMD_TXN_END,),
		(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b"")),
		(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b""), (manx.A_NODE_SYNC, b"")),
		(manx.CMD_SET_NEW, (manx.A_SET_NAME, name), (manx.A_SET_MEMBER, prefix(dice))),
		(manx.CMD_SET_DEL, (manx.A_SET_NAME, name)),
		(manx.CMD_SET_GET, (manx.A_SET_NAME, name)),
		(manx.CMD_MEMBER_ADD, (manx.A_SET_NAME, name), (manx.A_SET_MEMBER, prefix(dice))),
		(manx.CMD_MEMBER_DEL, (manx.A_SET_NAME, name), (manx.A_SET_MEMBER, prefix(dice))),
		(manx.CMD_TABLE_NEW, (manx.A_TABLE_NAME, name), (manx.A_TABLE_DIRECTION, 0),
		 (manx.A_TABLE_DEFAULT_ACTION, 1), rule),
		(manx.CMD_RULE_ADD, (manx.A_TABLE_NAME, name), rule),
		(manx.CMD_TABLE_DEL, (manx.A_TABLE_NAME, name)),
		(manx.CMD_TABLE_GET, (manx.A_TABLE_NAME, name)),
		(manx.CMD_ENDPOINT_NEW, (manx.A_ENDPOINT_ID, dice.randrange(2, 5)),
		 (manx.A_ENDPOINT_ADDRESS, prefix(dice)), (manx.A_ENDPOINT_INGRESS, name)),
		(manx.CMD_ENDPOINT_DEL, (manx.A_ENDPOINT_ID, dice.randrange(2, 5))),
		(manx.CMD_ENDPOINT_GET, (manx.A_ENDPOINT_ID, dice.randrange(2, 5))),
		(manx.CMD_PEER_NEW, (manx.A_PEER_ADDRESS, dice.randrange(1, 9))),
		(manx.CMD_PEER_DEL, (manx.A_PEER_ADDRESS, dice.randrange(1, 9))),
		(manx.CMD_PEER_GET, (manx.A_PEER_ADDRESS, dice.randrange(1, 9))),
		(manx.CMD_FLOW_GET, *flow),
		(manx.CMD_FLOW_DEL, *flow),
	))


def body_of(command, *attrs):
	return struct.pack("=BBH", command, 1, 0) + b"".join(attribute(*attr) for attr in attrs)


def request(dice):
	"""(message behind the netlink header, flags)"""
	if dice.random() < 0.5:
		body = bytearray(body_of(*likely(dice)))
	else:
		body = bytearray(body_of(dice.choice(COMMANDS)) +
				 attributes(dice, highest=dice.choice((12, 32))))
	if dice.random() < 0.3:
		for _ in range(dice.randrange(1, 4)):
			body[dice.randrange(len(body))] = dice.randrange(256)
	if dice.random() < 0.1:
		del body[dice.randrange(len(body)):]
	return bytes(body), NLM_F_DUMP if dice.random() < 0.1 else netlink.NLM_F_ACK


def main(node, count, seed="1"):
	dice = random.Random(int(seed))
	netlink.enter(node)
	ports = [manx.Manx(), manx.Manx()]
	accepted, refused = {}, {}
	for _ in range(int(count)):
		body, flags = request(dice)
		try:
			ports[dice.random() < 0.2].request(ports[0].family, body, flags)
			accepted[body[:1]] = accepted.get(body[:1], 0) + 1
		except Refused:
			refused[body[:1]] = refused.get(body[:1], 0) + 1
		if dice.random() < 0.01:
			at = dice.randrange(2)
			ports[at].socket.close()
			ports[at] = manx.Manx()
	print(f"{sum(accepted.values())} accepted, {sum(refused.values())} refused")
	known = {bytes([value]) for name, value in manx.NAMES.items()
		 if name.startswith("CMD_") and not name.endswith(("MAX", "_NTF"))}
	if known - accepted.keys() or known - refused.keys():
		sys.exit(f"never accepted {known - accepted.keys()}, refused {known - refused.keys()}")


main(*sys.argv[1:])
