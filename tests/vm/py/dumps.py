#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
dumps.py NODE COUNT

A child replaces a set of many members by another of the same name, all the time, while
its parent dumps it: each dump shows one of the two, or says that it was interrupted.
"""

import os
import signal
import sys

import manx
import netlink

MEMBERS = 6000	# several messages of a dump, one of a request


def members(octet):
	return [bytes([10, octet, i >> 8, i & 255, 32]) for i in range(MEMBERS)]


def main(node, count):
	netlink.enter(node)
	writer, valid = manx.Manx(), (members(0), members(1))
	attrs = [b"".join(netlink.attribute(manx.A_SET_MEMBER, member) for member in version)
		 for version in valid]
	writer.do(manx.CMD_SET_NEW, (manx.A_SET_NAME, "s"), attrs[0])
	child = os.fork()
	turn = 0
	while not child:
		turn += 1
		writer.do(manx.CMD_SET_NEW, (manx.A_SET_NAME, "s"), attrs[turn % 2])
	reader = manx.Manx()
	seen, interrupted = set(), 0
	try:
		for _ in range(int(count)):
			found, generations = [], set()
			for message in reader.dump(manx.CMD_SET_GET, (manx.A_SET_NAME, "s")):
				found += [v for k, v in netlink.attributes(message) if k == manx.A_SET_MEMBER]
				generations.add(netlink.pick(message, manx.A_SET_GENERATION))
			if reader.interrupted:
				interrupted += 1
			elif sorted(found) not in valid or len(generations) != 1:
				sys.exit(f"{len(found)} members of {len(generations)} generations")
			else:
				seen.add(found[0][1])
	finally:
		os.kill(child, signal.SIGKILL)
		os.waitpid(child, 0)
	print(f"{interrupted} of {count} interrupted, seen {seen}")
	sys.exit(not seen)


main(*sys.argv[1:])
