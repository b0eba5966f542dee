# SPDX-License-Identifier: GPL-2.0-only
"""
segments.py NODE A:LINK ADDRESS B:LINK ADDRESS

Sends TCP segments between two pods that do not answer by themselves, and looks what the
flow table of their node makes of them. Standard input has one a line:

	a|b FLAGS STATE		who sends; S, A, F, R; the state of the flow that a began
				afterwards, or "-" for none

A line "next" takes another port for what follows. Status 0 if all states were as
expected.
"""

import sys
import time

import netlink
import wire
from links import Link, Tap
from manx import *	# the family, and its numbers
from netlink import attribute, number, pick

PATIENCE = 2	# seconds for what must come
FLAGS = {"F": 1, "S": 2, "R": 4, "A": 16}
STATES = ["new", "replied", "established", "closing", "closed"]


class Pod:
	def __init__(self, link, address):
		namespace, link = link.split(":")
		netlink.enter(namespace)
		self.tap, self.mac, self.address = Tap(link), Link(link).address(), address

	def send(self, to, ports, flags):
		make = wire.ip6 if ":" in self.address else wire.ip4
		self.tap.send(wire.ether(make(wire.tcp(*ports, flags), src=self.address,
					      dst=to.address), src=self.mac),
			      0x86dd if ":" in self.address else 0x800)


def state(node, port):
	"""Of the flow from that port; None if there is not exactly one."""
	flows = node.dump(CMD_FLOW_GET, (A_FLOW_SOURCE_PORT, port), (A_FLOW_PROTOCOL, 6))
	return STATES[number(pick(flows[0], A_FLOW_STATE))] if len(flows) == 1 else "-"


def main(node, a, address_a, b, address_b):
	netlink.enter(node)
	node = Manx()
	pods = {"a": Pod(a, address_a), "b": Pod(b, address_b)}
	wrong = lines = 0
	port = 2000
	for line in sys.stdin:
		if line.strip() == "next":
			port += 1
			continue
		who, flags, wanted = line.split()
		flags = sum(FLAGS[flag] for flag in flags)
		if who == "a":
			pods["a"].send(pods["b"], (port, 80), flags)
		else:
			pods["b"].send(pods["a"], (80, port), flags)
		end = time.monotonic() + PATIENCE
		time.sleep(0.05)	# also for states that stay
		while (found := state(node, port)) != wanted and time.monotonic() < end:
			time.sleep(0.02)
		lines += 1
		if found != wanted:
			wrong += 1
			print(f"port {port}: {line.strip()}: found {found}")
	sys.exit(wrong or not lines)


main(*sys.argv[1:])
