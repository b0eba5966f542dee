#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
replace.py NODE SENDER RECEIVER COUNT

A child replaces the policy of the receiver, endpoint 3 of NODE, COUNT times while UDP
flows to it. Each policy lets all pass to port 1000 and nothing to port 2000, but by
other rules, sets, tables and chains than the one before: where a verdict mixed two of
them, it would be the opposite. Not one packet to port 1000 may be lost, nor one to port
2000 arrive, be its flow known already or not.
"""

import os
import socket
import sys

import manx
import netlink
from netlink import attribute

OPEN, CLOSED = 1000, 2000
FLOWS = 16
PATIENCE = 20	# seconds; nothing takes that long
PODS = {socket.AF_INET: ("10.65.0.2", "10.65.0.3"), socket.AF_INET6: ("fd65::2", "fd65::3")}


def rule(number, action, *more):
	attrs = [(manx.A_RULE_ID, number), (manx.A_RULE_ACTION, action), *more]
	return manx.A_TABLE_RULE, [attribute(*attr) for attr in attrs]


def port(number):
	return [(manx.A_RULE_PROTOCOL, socket.IPPROTO_UDP),
		(manx.A_RULE_DST_PORT, number << 16 | number)]


def table(name, default, *rules):
	return (manx.CMD_TABLE_NEW, (manx.A_TABLE_NAME, name),
		(manx.A_TABLE_DIRECTION, manx.DIRECTION_INGRESS),
		(manx.A_TABLE_DEFAULT_ACTION, default), *rules)


def policy(turn, present):
	"""Requests of a transaction; present: names of the tables that there are."""
	senders = [manx.prefix(pods[0]) for pods in PODS.values()]
	others = [manx.prefix("10.77.0.1"), manx.prefix("fd77::/64")]
	# the set has the sender, or it has not
	among, beyond = manx.A_RULE_SRC_SET, manx.A_RULE_NOT_SRC_SET
	if turn % 2:
		senders, among, beyond = others, beyond, among
	yield (manx.CMD_SET_NEW, (manx.A_SET_NAME, "them"),
	       *[(manx.A_SET_MEMBER, member) for member in senders])
	# one table, or two under changing names, the first of which passes on
	names = (["t"], ["t", "u"], ["u", "t"])[turn % 3]
	rules = [rule(1, manx.ACTION_DENY, (among, "them"), *port(CLOSED)),
		 rule(2, manx.ACTION_DENY, (beyond, "them"), *port(OPEN)),
		 rule(3, manx.ACTION_PASS if len(names) > 1 else manx.ACTION_ALLOW)]
	yield table(names[0], manx.ACTION_DENY, *rules)
	if len(names) > 1:
		yield table(names[1], manx.ACTION_DENY, rule(turn, manx.ACTION_ALLOW))
	for name in present - set(names):
		yield manx.CMD_TABLE_DEL, (manx.A_TABLE_NAME, name)
	present.clear()
	present.update(names)
	yield (manx.CMD_ENDPOINT_NEW, (manx.A_ENDPOINT_ID, 3),
	       *[(manx.A_ENDPOINT_ADDRESS, manx.prefix(pods[1])) for pods in PODS.values()],
	       *[(manx.A_ENDPOINT_INGRESS, name) for name in names],
	       (manx.A_ENDPOINT_EGRESS, "any-out"))


def replace(node, turns):
	netlink.enter(node)
	writer, present = manx.Manx(), set()
	for turn in turns:
		writer.do(manx.CMD_TXN_BEGIN)
		for request in policy(turn, present):
			writer.do(*request)
		writer.do(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b""))


def bound(namespace, family, address, number=0):
	netlink.enter(namespace)
	sock = socket.socket(family, socket.SOCK_DGRAM)
	sock.bind((address, number))
	return sock


class Traffic:
	"""Both ends of the flows of one family."""

	def __init__(self, family, sender, receiver):
		here, self.there = PODS[family]
		self.heard = bound(receiver, family, self.there, OPEN)
		self.heard.settimeout(PATIENCE)
		self.unheard = bound(receiver, family, self.there, CLOSED)
		self.unheard.setblocking(False)
		netlink.enter(sender)
		self.family, self.here, self.sent = family, here, 0
		self.known = [self.flow() for _ in range(FLOWS)]

	def flow(self):
		sock = socket.socket(self.family, socket.SOCK_DGRAM)
		sock.bind((self.here, 0))
		return sock

	def round(self):
		"""None, or what went wrong."""
		new = self.flow()
		for sock in (new, self.known[self.sent % FLOWS]):
			text = b"%d" % self.sent
			sock.sendto(text, (self.there, CLOSED))
			sock.sendto(text, (self.there, OPEN))
			self.sent += 1
			try:
				if self.heard.recv(100) != text:
					return "a packet came twice"
			except TimeoutError:
				return f"packet {self.sent} to port {OPEN} was lost"
		new.close()
		try:
			return "a packet to port %d arrived: %r" % (CLOSED, self.unheard.recv(100))
		except BlockingIOError:
			return None


def main(node, sender, receiver, count):
	replace(node, [0])
	flows = [Traffic(family, sender, receiver) for family in PODS]
	child = os.fork()
	if not child:
		replace(node, range(1, int(count) + 1))
		os._exit(0)
	wrong, done = None, 0
	while not wrong and not done:
		wrong = next(filter(None, (flow.round() for flow in flows)), None)
		done, status = os.waitpid(child, os.WNOHANG)
	if wrong:
		sys.exit(wrong)
	sent = sum(flow.sent for flow in flows)
	print(f"{sent} packets each way under {count} replacements")
	sys.exit(status != 0 or sent < int(count) // 4)


main(*sys.argv[1:])
