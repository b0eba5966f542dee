#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
matches.py SENDER:LINK NODE TABLE... [NAME=VALUE]...

Sends frames and looks which rules of the tables counted each: every table must have
rules with action log, so that all of them are asked. Standard input has one frame a
line, as Python with the builders of wire.py, behind the ids of the rules that match:

	ID ID... <tab> FRAME

NAME=VALUE sets an address that frames have by default (wire.py).
"""

import sys
import time

import manx
import netlink
import wire
from links import Link, Tap
from wire import *	# builders, for the frames

PATIENCE = 2	# seconds for the first count
QUIET = 0.03	# seconds in which the last count comes
TRIES = 3	# what a frame does is the same each time, what comes beside it is not


class Tables:
	"""The counters of some tables of the present namespace."""

	def __init__(self, names):
		self.names, self.socket = names, manx.Manx()

	def counts(self):
		"""{(table, rule): packets}"""
		found = {}
		for name in self.names:
			for message in self.socket.dump(manx.CMD_TABLE_GET, (manx.A_TABLE_NAME, name)):
				for kind, rule in netlink.attributes(message):
					if kind == manx.A_TABLE_RULE:
						key = netlink.number(netlink.pick(rule, manx.A_RULE_ID))
						found[name, key] = netlink.number(
							netlink.pick(rule, manx.A_RULE_PACKETS))
		return found

	def matched(self, before):
		"""{table: ids of rules that counted since}, one that counted twice is there twice"""
		result = {name: [] for name in self.names}
		for (name, rule), count in self.counts().items():
			result[name] += [rule] * (count - before[name, rule])
		return result


def match(tables, tap, frame):
	"""Which rules counted when the frame was sent."""
	before = tables.counts()
	tap.send(frame, int.from_bytes(frame[12:14], "big"))
	end = time.monotonic() + PATIENCE
	while not all(tables.matched(before).values()) and time.monotonic() < end:
		time.sleep(0.01)
	time.sleep(QUIET)
	return tables.matched(before)


def main(sender, node, *words):
	tables = [word for word in words if "=" not in word]
	netlink.enter(node)
	tables = Tables(tables)
	netlink.enter(sender.split(":")[0])
	tap = Tap(sender.split(":")[1])
	wire.default["smac"] = Link(sender.split(":")[1]).address()
	wire.default.update(word.split("=") for word in words if "=" in word)
	wrong = lines = 0
	for line in sys.stdin:
		ids, _, text = line.strip().partition("\t")
		if not text:
			continue
		frame, wanted = eval(text), {name: [int(i) for i in ids.split()] for name in tables.names}
		for _ in range(TRIES):
			matched = match(tables, tap, frame)
			if matched == wanted:
				break
		lines += 1
		if matched != wanted:
			wrong += 1
			print(f"{text}\n\texpected {wanted}\n\tfound    {matched}")
	if not lines:
		sys.exit("no frames")
	sys.exit(wrong != 0)


main(*sys.argv[1:])
