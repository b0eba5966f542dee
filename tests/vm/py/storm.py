#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
storm.py SENDER:LINK NODE:PRIMARY SRC4 DST4 SRC6 DST6 COUNT

Sends frames that were valid until some of their octets changed, the same ones in every
run, and adds up: each was received by the node, answered, or dropped for one reason.
"""

import random
import sys
import time

import netlink
import wire
from links import Link, Tap, resolves
from wire import *

QUIET = 0.2	# seconds in which the last answer comes
SEED = 20011121
TRIES = 3	# the pod's kernel may send frames of its own meanwhile
# Drops in the pod's transmit; what the node received can be dropped later.
ENTRY = ("ethertype", "dest-mac", "source-mac", "source-address", "malformed", "neighbour", "encap")


def seeds(src4, dst4, src6, dst6):
	wire.default.update(src4=src4, dst4=dst4, src6=src6, dst6=dst6)
	return [
		who_has(dst4)[0], who_is(dst6)[0], ether(ip4(udp())), ether(ip4(tcp())),
		ether(ip4(icmp())), ether(ip4(ip4(udp()))), ether(ip4(udp(), options=bytes(8))),
		ether(ip6(udp())), ether(ip6(icmp6())), ether(ip6(ip4(udp()))), ether(vlan(ip4(udp()))),
		ether(ip6(bytes([17, 0, 1, 4]) + bytes(4) + udp(), nexthdr=0)),
		ether(ip6(bytes([17, 0, 0, 1]) + bytes(4) + udp(), nexthdr=44)),
	]


def mutated(dice, frame):
	"""Some octets changed, most of them in headers, and sometimes the end cut off."""
	frame = bytearray(frame)
	for _ in range(dice.choice((0, 1, 1, 2, 4))):
		frame[dice.randrange(len(frame))] = dice.choice((0, 1, 4, 6, 0x45, 0x60, 0x7f, 0xff,
								 dice.randrange(256)))
	if dice.random() < 0.2:
		del frame[dice.randrange(14, len(frame)):]
	return bytes(frame)


def main(sender, primary, *rest):
	*addresses, count = rest
	netlink.enter(primary.split(":")[0])
	counter = Link(primary.split(":")[1])
	netlink.enter(sender.split(":")[0])
	tap = Tap(sender.split(":")[1])
	wire.default["smac"] = Link(sender.split(":")[1]).address()
	frames = seeds(*addresses)
	for _ in range(TRIES):
		if storm(counter, tap, frames, int(count)):
			return
	sys.exit(1)


def storm(counter, tap, frames, count):
	"""True if each of so many frames was counted once."""
	dice, answers = random.Random(SEED), 0

	def total():
		drops = counter.drops()
		return counter.packets()[0] + sum(drops[reason] for reason in ENTRY)

	before = total()
	for _ in range(count):
		frame = mutated(dice, dice.choice(frames))
		tap.send(frame, int.from_bytes(frame[12:14], "big"))
		answers += sum(map(resolves, tap.received()))
	time.sleep(QUIET)
	answers += sum(map(resolves, tap.received()))
	counted = total() - before + answers
	print(f"{count} frames sent, {counted} counted, {answers} answers, drops {counter.drops()}")
	return counted == count


main(*sys.argv[1:])
