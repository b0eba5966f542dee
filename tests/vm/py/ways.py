# SPDX-License-Identifier: GPL-2.0-only
"""
ways.py WAY A ADDRESS4 ADDRESS6 B ADDRESS4 ADDRESS6 STATES NODE:LINK... -- POD:LINK...

Sends one set of traffic from pod A to pod B and back, by IPv4 and IPv6, and prints what
became of it, a fact a line: what arrived and how, errors, and what flows, rules and links
have counted. No fact tells which way packets went; that it was WAY (stack, established,
direct), where a flow has a choice, is checked. The links are those of nodes whose
counters are looked at, then those of pods; STATES is a directory with what `manxctl dp
load` gets on the nodes: open.NODE, audit.NODE, closed.NODE.

The traffic of one part is the same in packets and octets each time. The other part has
trains of segments, which count as one packet or as many, as the devices can: its flows
count by the octets behind the headers, and its links not at all, but for drops.
"""

import errno
import json
import os
import select
import socket
import subprocess
import sys

import netlink
import wire
from datagrams import Datagrams
from links import Link, Tap

PATIENCE = 2	# seconds for what must come
QUIET = 0.02	# seconds in which what must not come would have come
OPEN, DENIED, REJECTED, KEPT, CLOSED, BULK, TRAIN = range(5000, 5007)	# ports of both
MEGABYTE = bytes(range(256)) * 4096
WINDOW = 1 << 16	# octets, so that no queue overflows


def fact(*words):
	print(*words)


def manxctl(node, *words):
	netlink.enter(node)
	return subprocess.run(["manxctl", "dp", *words], check=True, stdout=subprocess.PIPE,
			      text=True).stdout


class Pod:
	"""A network namespace with an address of the family that is tested."""

	def __init__(self, name, address):
		self.name, self.address = name, address

	def datagrams(self, port):
		netlink.enter(self.name)
		return Datagrams(self.address, port)

	def stream(self):
		netlink.enter(self.name)
		family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
		sock = socket.socket(family, socket.SOCK_STREAM)
		sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
		return sock


def arrived(what, receiver, sent, patience=PATIENCE):
	came = receiver.receive(patience)
	if came is None:
		fact(what, "did not arrive")
	else:
		data, hops, cls = came
		fact(what, "arrived" if data == sent else f"arrived as {data!r}", "hops", hops,
		     "class", cls)


class Traffic:
	"""What A and B say to each other by one family."""

	def __init__(self, a, b):
		self.a, self.b = a, b
		self.version = 6 if ":" in a.address else 4
		self.at_a, self.at_b = a.datagrams(OPEN), b.datagrams(OPEN)
		self.at_a.connect(b.address, OPEN)
		self.at_b.connect(a.address, OPEN)

	def both_ways(self, data, **how):
		name = f"udp{self.version} {len(data)} {how}"
		self.at_a.send(data, **how)
		arrived(f"{name} forth", self.at_b, data)
		self.at_b.send(data, **how)
		arrived(f"{name} back", self.at_a, data)

	def datagrams(self):
		for size in 10, 10, 10, 1, 1000:
			self.both_ways(b"x" * size)
		for cls in 0x01, 0x02, 0x03, 0x28, 0xb8, 0xbb:
			self.both_ways(b"class", cls=cls)
		for hops in 10, 3:
			self.both_ways(b"hops", hops=hops)
		for hops in 2, 1:
			for sender, receiver in (self.at_a, self.at_b), (self.at_b, self.at_a):
				sender.send(b"last", hops=hops)
				arrived(f"udp{self.version} hops {hops}", receiver, b"last", QUIET)
				fact(f"udp{self.version} hops {hops}", sender.error(QUIET))

	def too_long(self):
		"""For what is behind the sender's link, or for that; cut by the node, or told of."""
		data = b"y" * (1500 - (28 if self.version == 4 else 48))
		for sender, receiver in (self.at_a, self.at_b), (self.at_b, self.at_a):
			try:
				sender.send(data, whole=True)
			except OSError as error:
				if error.errno != errno.EMSGSIZE:
					raise
			fact(f"too long {self.version}", sender.error(PATIENCE))
			arrived(f"too long {self.version}", receiver, data, QUIET)
			if self.version == 4:
				sender.send(data)
				arrived("too long, to be cut", receiver, data)
		# now that the path is known
		self.both_ways(b"fragments" * 400)
		self.both_ways(b"after")

	def refused(self):
		for port in DENIED, REJECTED, KEPT, CLOSED:
			name = f"udp{self.version} {port}"
			to = self.a.datagrams(port)
			there = self.b.datagrams(port) if port != CLOSED else None
			to.connect(self.b.address, port)
			for _ in range(2):
				to.send(b"refused")
				fact(name, to.error(QUIET))
			if there:
				arrived(name, there, b"refused", 0)
		for port in REJECTED, CLOSED:
			stream = self.a.stream()
			stream.settimeout(PATIENCE)
			fact(f"tcp{self.version} {port}", errno.errorcode.get(
				stream.connect_ex((self.b.address, port))))

	def frames(self):
		"""Of the flow that is known, but not as they should be."""
		netlink.enter(self.a.name)
		tap = Tap("eth0")
		own = Link("eth0").address()
		wire.default.update(smac=own, dmac=wire.mac("ee:ee:ee:ee:ee:ee"),
				    **{f"src{self.version}": self.a.address,
				       f"dst{self.version}": self.b.address})
		for name, frame in self.odd4() if self.version == 4 else self.odd6():
			tap.send(frame, 0x0800 if self.version == 4 else 0x86dd)
			arrived(f"frame{self.version} {name}", self.at_b, b"data", QUIET)
			fact(f"frame{self.version} {name}", self.at_a.error(0))

	@staticmethod
	def odd4():
		def broken(packet, at):
			return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]

		data = wire.udp(OPEN, OPEN)
		plain = wire.ether(wire.ip4(data))
		return (("plain", plain),
			("padded", plain + bytes(18)),
			("options", wire.ether(wire.ip4(data, options=b"\1\1\1\1"))),
			("wrong sum", broken(plain, 24)),
			("wrong sum of udp", broken(plain, 40)),
			("other source", wire.ether(wire.ip4(data, src="192.0.2.1"))),
			("other mac", wire.ether(wire.ip4(data), src="02:00:00:00:00:01")),
			("group's mac", wire.ether(wire.ip4(data), dst="01:00:5e:00:00:01")),
			("longer than it is", wire.ether(wire.ip4(data, total=100))),
			("one hop", wire.ether(wire.ip4(data, ttl=1))),
			("no hop", wire.ether(wire.ip4(data, ttl=0))))

	@staticmethod
	def odd6():
		data = wire.udp(OPEN, OPEN)
		src, dst = wire.a6(wire.default["src6"]), wire.a6(wire.default["dst6"])
		summed = wire.finish(data, src + dst + bytes([0, 0, 0, len(data), 0, 0, 0, 17]))
		# a header of options for the destination, which are padding
		more = bytes([17, 0, 1, 4, 0, 0, 0, 0]) + summed
		plain = wire.ether(wire.ip6(data))
		return (("plain", plain),
			("padded", plain + bytes(18)),
			("options", wire.ether(wire.ip6(more, nexthdr=60))),
			("options for all", wire.ether(wire.ip6(more, nexthdr=0))),
			("other source", wire.ether(wire.ip6(data, src="2001:db8::1"))),
			("longer than it is", wire.ether(wire.ip6(data, length=100))),
			("one hop", wire.ether(wire.ip6(data, hops=1))),
			("no hop", wire.ether(wire.ip6(data, hops=0))))

	def again(self, name):
		"""The flow that is known, after its policy has changed."""
		for sender, receiver in (self.at_a, self.at_b), (self.at_b, self.at_a):
			for _ in range(3):
				sender.send(b"again")
				arrived(f"{name} {self.version}", receiver, b"again", QUIET)

	def bulk(self):
		server = self.b.stream()
		server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		server.bind((self.b.address, BULK))
		server.listen()
		at_a = self.a.stream()
		at_a.connect((self.b.address, BULK))
		at_b, _ = server.accept()
		for sender, receiver in (at_a, at_b), (at_b, at_a):
			fact(f"tcp{self.version}", carry(sender, receiver, MEGABYTE))
		at_a.close()
		select.select([at_b], [], [], PATIENCE)
		at_b.close()

	def trains(self):
		to, there = self.a.datagrams(TRAIN), self.b.datagrams(TRAIN)
		to.connect(self.b.address, TRAIN)
		there.connect(self.a.address, TRAIN)
		for sender, receiver in 3 * ((to, there), (there, to)):
			sender.send_train(b"z" * 5000, 500)
			for _ in range(10):
				arrived(f"train {self.version}", receiver, b"z" * 500)


def carry(sender, receiver, data):
	"""Sends it all; whether the same came."""
	left, came = memoryview(data), bytearray()
	sender.setblocking(False)
	receiver.setblocking(False)
	while len(came) < len(data):
		readable, writable, _ = select.select([receiver], [sender] if left else [], [],
						      PATIENCE)
		if not readable and not writable:
			return f"stalled after {len(came)} octets"
		if writable:
			left = left[sender.send(left[:1 << 18]):]
		if readable:
			came += receiver.recv(1 << 18)
	return "same" if came == data else "other"


class Counters:
	"""Of links, by the names of their namespaces; and of the rules of nodes."""

	def __init__(self, links, nodes):
		self.links, self.nodes = {}, nodes
		for name in links:
			namespace, _, link = name.partition(":")
			netlink.enter(namespace)
			self.links[name] = Link(link)

	def read(self):
		found = {}
		for name, link in self.links.items():
			namespace, _, _ = name.partition(":")
			found[name] = link.traffic()
			if namespace in self.nodes:
				for reason, count in link.drops().items():
					found[f"{name} {reason}"] = count
		for node in self.nodes:
			for table in json.loads(manxctl(node, "show", "-o", "json"))["tables"]:
				of = f"{node} {table['name']}"
				found[f"{of} default"] = table["defaultPackets"]
				for rule in table["rules"]:
					found[f"{of} {rule['id']}"] = rule["packets"]
		return found

	def begin(self):
		self.before = self.read()

	def tell(self, part, traffic=True):
		for name, now in self.read().items():
			before = self.before[name]
			if isinstance(now, tuple):
				if traffic:
					fact(part, name, *(n - b for n, b in zip(now, before)))
			elif now != before:
				fact(part, name, now - before)


# Octets of headers, with the timestamps of all segments of TCP.
HEADERS = {"tcp": {4: 52, 6: 72}, "udp": {4: 28, 6: 48}}


def tell_flows(part, nodes, way, in_octets=False):
	for node in nodes:
		found = []
		for flow in json.loads(manxctl(node, "flows", "-o", "json"))["flows"]:
			# what policy ended; without conntrack its entry keeps its direction
			if part == "closed" and not flow["judged"]:
				continue
			found.append(describe(flow, in_octets))
			if way:
				check_way(flow, way)
		for line in sorted(found):
			fact(part, "flow", node, line)


def describe(flow, in_octets):
	version = 6 if ":" in flow["source"] else 4
	# of TCP the kernel chooses it
	port = flow["sourcePort"] if flow["protocol"] == "udp" else ""
	# only in direct is there no conntrack
	flags = [flag for flag in flow["flags"] if flag != "untracked"]
	words = [flow["protocol"], flow["source"], port, flow["destination"],
		 flow["destinationPort"], flow["state"], *flags]
	for packets, octets in ("packets", "bytes"), ("replyPackets", "replyBytes"):
		if in_octets:
			data = flow[octets] - flow[packets] * HEADERS[flow["protocol"]][version]
			# TCP may have sent some twice
			words.append(min(data, len(MEGABYTE)))
		else:
			words += [flow[packets], flow[octets]]
	return " ".join(map(str, words))


def check_way(flow, way):
	"""Of those that have had packets enough, and are not at their end."""
	if flow["destinationPort"] in (OPEN, TRAIN) and {flow["way"], flow["replyWay"]} != {way}:
		sys.exit(f"expected {way}: {flow}")


def opened(nodes, states):
	"""All begins anew."""
	for node in nodes:
		manxctl(node, "load", os.path.join(states, f"open.{node}"))
		manxctl(node, "flush", "all")


def main(way, name_a, a4, a6, name_b, b4, b6, states, *links):
	nodes = sorted({link.partition(":")[0] for link in links[:links.index("--")]})
	counters = Counters([link for link in links if link != "--"], nodes)
	traffics = [Traffic(Pod(name_a, a), Pod(name_b, b)) for a, b in ((a4, b4), (a6, b6))]

	opened(nodes, states)
	counters.begin()
	for traffic in traffics:
		traffic.datagrams()
		traffic.too_long()
		traffic.refused()
		traffic.frames()
	tell_flows("datagrams", nodes, way)
	counters.tell("datagrams")

	counters.begin()
	for state in "audit", "closed":
		for node in nodes:
			manxctl(node, "load", os.path.join(states, f"{state}.{node}"))
		for traffic in traffics:
			traffic.again(state)
		tell_flows(state, nodes, None)
	counters.tell("policy")

	opened(nodes, states)
	counters.begin()
	for traffic in traffics:
		traffic.bulk()
		traffic.trains()
	tell_flows("trains", nodes, way, in_octets=True)
	counters.tell("trains", traffic=False)


main(*sys.argv[1:])
