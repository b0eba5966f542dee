#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
million.py NODE

Loads a set of a million members in one transaction, is killed in the middle of committing
it, loads it again and looks meanwhile whether the node answers, and then adds and removes
one member. Prints times and memory.
"""

import os
import signal
import sys
import time

import manx
import netlink

MEMBERS = 1 << 20
CHUNK = 4096	# members of a request


def chunk(base):
	"""The attributes of the members from 10.0.0.0 + base on."""
	return b"".join(netlink.attribute(manx.A_SET_MEMBER, (10 << 24 | base + i).to_bytes(4, "big") + b"\x20")
			for i in range(CHUNK))


def send(port):
	"""Everything but the commit."""
	port.do(manx.CMD_TXN_BEGIN)
	port.do(manx.CMD_SET_NEW, (manx.A_SET_NAME, "million"))
	octets = bytearray(chunk(0))
	for base in range(0, MEMBERS, CHUNK):
		# the address begins at octet 4 of each 12
		octets[5::12] = bytes([base >> 16]) * CHUNK
		octets[6::12] = bytes((base >> 8 & 255) + (i >> 8) for i in range(CHUNK))
		port.do(manx.CMD_MEMBER_ADD, (manx.A_SET_NAME, "million"), bytes(octets))


def commit(port):
	port.do(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b""))


def node(port, *wanted):
	answer = port.do(manx.CMD_NODE_GET)[0]
	return [netlink.number(netlink.pick(answer, number)) for number in wanted]


def kill(port, after):
	"""A child's commit is killed; returns whether that was too late."""
	before = node(port, manx.A_NODE_GENERATION)
	ready, write = os.pipe()
	child = os.fork()
	if not child:
		other = manx.Manx()
		send(other)
		os.write(write, b"!")
		commit(other)
		os._exit(0)
	os.read(ready, 1)
	time.sleep(after)
	os.kill(child, signal.SIGKILL)
	began = time.monotonic()
	os.waitpid(child, 0)
	print(f"killed after {after:.2f} s, gone {time.monotonic() - began:.2f} s later")
	return node(port, manx.A_NODE_GENERATION) != before


def main(namespace):
	netlink.enter(namespace)
	port = manx.Manx()
	port.socket.settimeout(120)
	port.do(manx.CMD_NODE_SET, (manx.A_NODE_MAX_MEMBERS, 2 * MEMBERS))
	names = manx.A_NODE_MEMBERS, manx.A_NODE_SETS, manx.A_NODE_CLASSES
	before = node(port, *names)
	if kill(port, 0.1):
		sys.exit("the commit took less than a tenth of a second")
	if node(port, *names) != before:
		sys.exit(f"{node(port, *names)} after a killed commit, {before} before")

	began = time.monotonic()
	send(port)
	sent = time.monotonic()
	child = os.fork()
	if not child:
		# somebody else's view of the commit
		other, slowest, asked = manx.Manx(), 0, 0
		while node(other, manx.A_NODE_MEMBERS)[0] < MEMBERS:
			at = time.monotonic()
			node(other, manx.A_NODE_GENERATION)
			slowest = max(slowest, time.monotonic() - at)
			asked += 1
		print(f"meanwhile {asked} answers, the slowest in {slowest * 1e3:.0f} ms", flush=True)
		os._exit(slowest > 2)
	time.sleep(0.05)
	sent = time.monotonic()
	commit(port)
	took = time.monotonic() - sent
	print(f"a million members: sent in {sent - began:.1f} s, committed in {took:.1f} s,"
	      f" {node(port, manx.A_NODE_MEMORY)[0] / MEMBERS:.0f} octets a member")
	_, status = os.waitpid(child, 0)

	one = (manx.A_SET_NAME, "million"), (manx.A_SET_MEMBER, manx.prefix("192.0.2.1"))
	fastest = {manx.CMD_MEMBER_ADD: took, manx.CMD_MEMBER_DEL: took}
	for _ in range(5):
		for command in fastest:
			at = time.monotonic()
			port.do(command, *one)
			fastest[command] = min(fastest[command], time.monotonic() - at)
	print("one member added in {:.2f} ms, removed in {:.2f} ms".format(
		*(value * 1e3 for value in fastest.values())))
	if max(fastest.values()) > took / 50:
		sys.exit("that is not independent of the others")
	sys.exit(status != 0 or node(port, manx.A_NODE_MEMBERS) != [MEMBERS])


main(*sys.argv[1:])
