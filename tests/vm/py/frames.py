#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
frames.py SENDER:LINK COUNTER:LINK RECEIVER:LINK [NAME=VALUE]...

Sends frames by AF_PACKET through a link and looks what became of each: by the drop
counters of a manx link, and by what arrives at a link. Standard input has one a line,
as Python with the builders of wire.py:

	OUTCOME <tab> FRAME

	pass		what the frame carries arrived once, nothing was dropped
	answer		FRAME is a pair, of the frame and of the one that came back to the
			sending link; nothing was dropped
	ignored		nothing arrived, nothing was dropped
	REASON		one drop with that reason, no other, nothing arrived

Nothing but an expected answer may come back that resolves an address. NAME=VALUE
sets an address that frames have by default (wire.py), or `as`, the protocol that
the sender claims. Status 0 if all outcomes were as expected.
"""

import sys
import time

import netlink
import wire
from links import Link, Tap, resolves
from wire import *	# builders, for the frames

PATIENCE = 2	# seconds for what must come
QUIET = 0.05	# seconds in which what must not come would have come
# Kernels report their multicast groups when they like, and that is counted, too. What
# a frame itself does is the same each time; what came beside it is not.
TRIES = 4


class Judge:
	"""Sends one frame after the other and compares."""

	def __init__(self, sender, counter, receiver):
		netlink.enter(counter[0])
		self.counter = Link(counter[1])
		netlink.enter(receiver[0])
		self.receiver = Tap(receiver[1])
		netlink.enter(sender[0])
		self.sender = Tap(sender[1])
		wire.default["smac"] = Link(sender[1]).address()
		self.claim = None

	def found(self, frame, before):
		"""["pass", a reason, ...]: what became of a frame since then"""
		header = self.receiver.header
		found = ["pass" for arrived in self.receiver.received()
			 if len(arrived) > header and frame.endswith(arrived[header:])]
		for reason, count in self.counter.drops().items():
			found += [reason] * (count - before[reason])
		return found

	def watch(self, frame, enough):
		"""Sends; what became of it when enough() has been true for a moment, or never."""
		self.receiver.received()
		self.sender.received()
		before, arrived, back = self.counter.drops(), [], []
		claim = int.from_bytes(frame[12:14], "big") if self.claim is None else self.claim
		self.sender.send(frame, claim)
		end = time.monotonic() + PATIENCE
		while True:
			found = self.found(frame, before)
			arrived += [outcome for outcome in found if outcome == "pass"]
			found = arrived + [outcome for outcome in found if outcome != "pass"]
			back += self.sender.received()
			now = time.monotonic()
			if enough(found, back):
				end = min(end, now + QUIET)
			if now >= end:
				return found, back
			time.sleep(0.01)

	def judge(self, outcome, frame):
		"""None, or what was wrong each time."""
		for _ in range(TRIES):
			complaint = self.judge_once(outcome, frame)
			if complaint is None:
				break
		return complaint

	def judge_once(self, outcome, frame):
		answer, wanted = None, [outcome]
		if outcome == "answer":
			(frame, answer), wanted = frame, []
		elif outcome == "ignored":
			wanted = []
		found, back = self.watch(frame, lambda found, back: found == wanted and
					 (answer is None or answer in back))
		resolving = [frame for frame in back if resolves(frame)]
		if found != wanted:
			return f"expected {wanted}, found {found}"
		if resolving != ([answer] if answer else []):
			return "came back: " + ", ".join(f.hex(" ") for f in resolving)
		return None


def main(sender, counter, receiver, *settings):
	judge = Judge(sender.split(":"), counter.split(":"), receiver.split(":"))
	for setting in settings:
		name, value = setting.split("=")
		if name == "as":
			judge.claim = int(value, 0)
		else:
			wire.default[name] = mac(value) if name.endswith("mac") else value
	wrong = lines = 0
	for line in sys.stdin:
		outcome, _, frame = line.strip().partition("\t")
		if not frame:
			continue
		complaint = judge.judge(outcome, eval(frame.strip()))
		lines += 1
		if complaint:
			wrong += 1
			print(f"{outcome}\t{frame.strip()}\n\t{complaint}")
	if not lines:
		sys.exit("no frames")
	sys.exit(wrong != 0)


main(*sys.argv[1:])
