# SPDX-License-Identifier: GPL-2.0-only
"""
flood.py udp|syn|fragments POD:LINK SOURCE DESTINATION COUNT

Sends packets through a pod's link, each of them of another flow: UDP, first segments of
TCP, or first fragments of datagrams that never get whole.
"""

import sys

import netlink
import wire
from links import Link, Tap


def packet(kind, i):
	ports = 1024 + i % 60000, 2000 + i // 60000
	if kind == "syn":
		return wire.ip4(wire.tcp(ports[0], 80))
	if kind == "udp":
		return wire.ip4(wire.udp(*ports))
	return wire.ip4(wire.udp(*ports, data=bytes(16)), ident=i & 0xffff, frag=0x2000)


def main(kind, link, source, destination, count):
	namespace, link = link.split(":")
	netlink.enter(namespace)
	wire.default.update(src4=source, dst4=destination, smac=Link(link).address())
	tap = Tap(link)
	for i in range(int(count)):
		tap.send(wire.ether(packet(kind, i)), 0x800)


main(*sys.argv[1:])
