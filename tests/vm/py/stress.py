# SPDX-License-Identifier: GPL-2.0-only
"""
stress.py ROLE SEED SECONDS

One of those that tests/vm/stress lets loose on its nodes: for SECONDS does what the dice
say, whether it succeeds or not. With the same SEED it does the same things in the same
order, but the others may be elsewhere then. Where the kernel can, one allocation or
another fails on behalf of this process, in some rounds and not in others.

	policy		replaces sets, tables, endpoints, peers and options of n1
	links		makes, changes and deletes pairs, tunnel and namespaces of n1
	routes		changes routes, addresses and MTUs of n1
	taps		opens taps, and attaches what leads packets of n1 back to the stack
	talk-POD	sends from a pod to all the others, of all kinds

Last line: what was done, and how often it failed for want of memory.
"""

import errno
import os
import random
import socket
import struct
import subprocess
import sys
import time

import manx
import netlink
from netlink import Netlink, Refused, attribute

RTM_NEWLINK, RTM_DELLINK = 16, 17
IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 4, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
IFF_UP = 1
NAMES = ("s0", "s1", "s2")
TABLES = ("t0", "t1", "t2", "any-in", "any-out", "none")
PODS = {"a": ("10.65.0.2", "fd65::2"), "b": ("10.65.0.3", "fd65::3"),
	"c": ("10.65.1.2", "fd65:1::2")}
NODES = ("10.1.0.1", "10.2.0.1", "fd65::1")
SPARE = range(10, 14)	# endpoints that nobody else uses
WAYS = (manx.FAST_OFF, manx.FAST_ESTABLISHED, manx.FAST_DIRECT, manx.FAST_DIRECT)
MTUS = (0, 67, 68, 576, 1279, 1280, 1400, 1480, 1500, 9000, 65535, 65536)


def may_fail(on):
	"""From now on allocations for this process, and its children to come."""
	try:
		with open("/proc/self/make-it-fail", "w", encoding="ascii") as file:
			file.write("1" if on else "0")
	except FileNotFoundError:
		pass


class Role:
	"""Rounds of what the dice say."""

	def __init__(self, dice):
		self.dice, self.rounds, self.memory = dice, 0, 0

	def run(self, seconds):
		end = time.monotonic() + seconds
		while time.monotonic() < end:
			may_fail(self.dice.random() < 0.7)
			self.attempt(self.dice.choice(self.acts))
			self.rounds += 1
		may_fail(False)
		self.close()
		print(f"{self.rounds} rounds, {self.memory} without memory")

	def attempt(self, act, *arguments):
		try:
			act(self, *arguments)
		except Refused as refusal:
			self.memory += refusal.code in ("ENOMEM", "ENOBUFS")
		except TimeoutError:
			sys.exit(f"no answer to {act.__name__}")
		except OSError as error:
			self.memory += error.errno in (errno.ENOMEM, errno.ENOBUFS)

	def close(self):
		"""What must not be left."""


class Policy(Role):
	def __init__(self, dice):
		super().__init__(dice)
		netlink.enter("n1")
		self.port = None

	def do(self, *request, **flags):
		if not self.port:
			self.port = manx.Manx()
		try:
			return self.port.do(*request, **flags)
		except Refused as refusal:
			# the module may have gone, and come back under another number
			if refusal.code == "ENOENT" and not refusal.words:
				self.reopen()
			raise

	def reopen(self):
		if self.port:
			self.port.socket.close()
		self.port = None

	def prefix(self):
		if self.dice.random() < 0.4:
			return manx.prefix(self.dice.choice(PODS[self.dice.choice("abc")]))
		if self.dice.random() < 0.3:
			return manx.prefix(f"fd65::{self.dice.randrange(64):x}")
		return manx.prefix(f"10.65.{self.dice.randrange(4)}.{self.dice.randrange(64) * 4}/"
				   f"{self.dice.choice((30, 31, 32))}")

	def members(self):
		return [(manx.A_SET_MEMBER, self.prefix())
			for _ in range(self.dice.choice((0, 1, 5, 60)))]

	def rule(self, number):
		attrs = [(manx.A_RULE_ID, number), (manx.A_RULE_ACTION, self.dice.randrange(4))]
		for kind in (manx.A_RULE_SRC_SET, manx.A_RULE_NOT_DST_SET):
			if self.dice.random() < 0.4:
				attrs.append((kind, self.dice.choice(NAMES)))
		for kind in (manx.A_RULE_DST_NET, manx.A_RULE_NOT_SRC_NET):
			if self.dice.random() < 0.3:
				attrs.append((kind, self.prefix()))
		if self.dice.random() < 0.5:
			low = self.dice.randrange(1, 100)
			attrs += [(manx.A_RULE_PROTOCOL, self.dice.choice((6, 17))),
				  (manx.A_RULE_DST_PORT, low << 16 | low + self.dice.randrange(9))]
		attrs.sort()
		return manx.A_TABLE_RULE, [attribute(*attr) for attr in attrs]

	def rules(self):
		return [self.rule(i + 1) for i in range(self.dice.choice((0, 1, 3, 40, 150)))]

	def new_set(self):
		self.do(manx.CMD_SET_NEW, (manx.A_SET_NAME, self.dice.choice(NAMES)), *self.members())

	def change_set(self):
		self.do(self.dice.choice((manx.CMD_MEMBER_ADD, manx.CMD_MEMBER_DEL)),
			(manx.A_SET_NAME, self.dice.choice(NAMES)), *self.members())

	def new_table(self):
		name = self.dice.choice(TABLES[:3])
		self.do(manx.CMD_TABLE_NEW, (manx.A_TABLE_NAME, name),
			(manx.A_TABLE_DIRECTION, self.dice.randrange(2)),
			(manx.A_TABLE_DEFAULT_ACTION, self.dice.randrange(2)), *self.rules())

	def drop(self):
		if self.dice.randrange(2):
			self.do(manx.CMD_SET_DEL, (manx.A_SET_NAME, self.dice.choice(NAMES)))
		else:
			self.do(manx.CMD_TABLE_DEL, (manx.A_TABLE_NAME, self.dice.choice(TABLES[:3])))

	def endpoint(self):
		number = self.dice.choice((2, 2, 3, 3, *SPARE))
		pod = {2: "a", 3: "b"}.get(number)
		addresses = PODS[pod] if pod else (f"10.65.0.{number}", f"fd65::{number:x}")
		ingress = [self.dice.choice(TABLES) for _ in range(self.dice.randrange(3))]
		egress = [self.dice.choice(TABLES) for _ in range(self.dice.randrange(3))]
		# pods are mostly open: much of what is to be tried needs packets that pass
		if pod and self.dice.random() < 0.7:
			ingress, egress = ["any-in"], ["any-out"]
		self.do(manx.CMD_ENDPOINT_NEW, (manx.A_ENDPOINT_ID, number),
			*[(manx.A_ENDPOINT_ADDRESS, manx.prefix(address)) for address in addresses],
			*[(manx.A_ENDPOINT_INGRESS, table) for table in ingress],
			*[(manx.A_ENDPOINT_EGRESS, table) for table in egress])

	def no_endpoint(self):
		self.do(manx.CMD_ENDPOINT_DEL, (manx.A_ENDPOINT_ID, self.dice.choice((2, *SPARE))))

	def peer(self):
		address = socket.inet_aton(self.dice.choice(("10.2.0.1", "10.9.0.1", "10.9.0.2")))
		self.do(self.dice.choice((manx.CMD_PEER_NEW, manx.CMD_PEER_DEL)),
			(manx.A_PEER_ADDRESS, address))

	def option(self):
		self.do(manx.CMD_NODE_SET, self.dice.choice((
			(manx.A_NODE_MAX_FLOWS, self.dice.choice((1, 50, 4096))),
			(manx.A_NODE_MAX_FLOWS_FROM, self.dice.choice((1, 20, 1000))),
			(manx.A_NODE_AUDIT, self.dice.randrange(2)),
			(manx.A_NODE_KEEP_ESTABLISHED, self.dice.randrange(2)),
			(manx.A_NODE_REFUSE_PICKUP, self.dice.randrange(2)),
			(manx.A_NODE_MARK_STAY, self.dice.choice((0, 0x100))),
			(manx.A_NODE_QUEUE_PACKETS, self.dice.choice((0, 1, 256))),
			(manx.A_NODE_TIMEOUTS, [attribute(self.dice.randrange(1, 8),
							  self.dice.choice((1, 30)))]))))

	def way(self):
		self.do(manx.CMD_NODE_SET, (manx.A_NODE_FAST, self.dice.choice(WAYS)))

	def flush(self):
		if self.dice.randrange(2):
			self.do(manx.CMD_FLOW_DEL)
		else:
			self.do(manx.CMD_FLOW_DEL, (manx.A_FLOW_ENDPOINT, 2))

	def dump(self):
		self.do(self.dice.choice((manx.CMD_SET_GET, manx.CMD_TABLE_GET, manx.CMD_PEER_GET,
					  manx.CMD_ENDPOINT_GET, manx.CMD_FLOW_GET)),
			flags=netlink.NLM_F_DUMP)

	def transaction(self):
		"""Committed, with or without waiting; given up; or left by a death."""
		self.do(manx.CMD_TXN_BEGIN)
		for _ in range(self.dice.randrange(1, 12)):
			self.attempt(self.dice.choice(self.acts[1:]))
		end = self.dice.randrange(6)
		if end == 0:
			self.reopen()
		elif end == 1:
			self.do(manx.CMD_TXN_END)
		elif end == 2:
			self.do(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b""), (manx.A_NODE_SYNC, b""))
		else:
			self.do(manx.CMD_TXN_END, (manx.A_NODE_COMMIT, b""))

	acts = (transaction, new_set, change_set, new_table, new_table, drop, endpoint, endpoint,
		no_endpoint, peer, option, way, way, flush, dump)


class Links(Role):
	def __init__(self, dice):
		super().__init__(dice)
		netlink.enter("n1")
		self.rtnl = Netlink(socket.NETLINK_ROUTE)

	def link(self, kind, name, *attrs, flags=netlink.NLM_F_ACK, state=(0, 0)):
		body = struct.pack("=BxHiII", 0, 0, 0, *state)
		body += b"".join(attribute(*attr) for attr in ((IFLA_IFNAME, name), *attrs))
		self.rtnl.request(kind, body, flags | netlink.NLM_F_ACK)

	def new(self, name, *data, extra=()):
		info = [attribute(IFLA_INFO_KIND, "manx"),
			attribute(IFLA_INFO_DATA, [attribute(*attr) for attr in data])]
		self.link(RTM_NEWLINK, name, (IFLA_LINKINFO, info), *extra,
			  flags=netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)

	def spare(self):
		return f"m{self.dice.choice(SPARE)}"

	def pair(self):
		name = self.spare()
		peer = [(IFLA_IFNAME, "p" + name)]
		data = []
		if self.dice.random() < 0.8:
			data.append((manx.IFLA_MANX_ENDPOINT, self.dice.choice((2, *SPARE))))
		extra = [(IFLA_MTU, self.dice.choice(MTUS))] * self.dice.randrange(2)
		with open("/run/netns/" + self.dice.choice(("n1", "b", "x0", "x1")), "rb") as where:
			peer.append((IFLA_NET_NS_FD, where.fileno()))
			body = bytes(16) + b"".join(attribute(*attr) for attr in peer)
			data.append((manx.IFLA_MANX_PEER | netlink.NLA_F_NESTED, body))
			self.new(name, *data, extra=extra)
		self.link(RTM_NEWLINK, name, state=(IFF_UP, IFF_UP))

	def no_pair(self):
		self.link(RTM_DELLINK, self.spare())

	def pod(self):
		# not often: it is some time until tests/vm/stress brings them back
		if self.dice.random() < 0.9:
			return
		self.link(RTM_DELLINK, self.dice.choice(("manxa", "manxb")))

	def mtu(self):
		name = self.dice.choice((self.spare(), "manxa", "manxb", "tunl"))
		for mtu in self.dice.choice(MTUS), 1480:
			self.link(RTM_NEWLINK, name, (IFLA_MTU, mtu))
			time.sleep(self.dice.random() / 10)

	def switch(self):
		name = self.dice.choice((self.spare(), "manxa", "manxb", "tunl"))
		self.link(RTM_NEWLINK, name, state=(0, IFF_UP))
		self.link(RTM_NEWLINK, name, state=(IFF_UP, IFF_UP))

	def tunnel(self):
		if self.dice.randrange(2):
			self.link(RTM_DELLINK, "tunl")
		self.new("tunl", (manx.IFLA_MANX_MODE, manx.LINK_TUNNEL),
			 (manx.IFLA_MANX_LOCAL, socket.inet_aton("10.1.0.1")))
		self.link(RTM_NEWLINK, "tunl", state=(IFF_UP, IFF_UP))

	def namespace(self):
		name = self.dice.choice(("x0", "x1"))
		verb = "delete" if os.path.exists("/run/netns/" + name) else "add"
		subprocess.run(["ip", "netns", verb, name], check=False, stderr=subprocess.DEVNULL)

	def close(self):
		for name in "x0", "x1":
			subprocess.run(["ip", "netns", "delete", name], check=False,
				       stderr=subprocess.DEVNULL)

	acts = (pair, pair, pair, no_pair, no_pair, mtu, mtu, switch, tunnel, namespace, pod)


class Told(Role):
	"""By one ip(8) or tc(8), which is told what to do line by line."""

	program = "ip"

	def __init__(self, dice):
		super().__init__(dice)
		netlink.enter("n1")
		may_fail(True)
		self.child = subprocess.Popen([self.program, "-force", "-batch", "-"],
					      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
					      stderr=subprocess.DEVNULL)

	def tell(self, *lines):
		self.child.stdin.write("".join(line + "\n" for line in lines).encode())
		self.child.stdin.flush()
		time.sleep(self.dice.random() / 20)

	def close(self):
		self.child.stdin.close()
		self.child.wait()


class Routes(Told):
	def peer(self):
		self.tell("route del 10.65.1.0/24", "route del fd65:1::/64",
			  "route add 10.65.1.0/24 via 10.2.0.1 dev tunl onlink",
			  "route add fd65:1::/64 via ::ffff:10.2.0.1 dev tunl onlink")

	def narrow(self):
		mtu = self.dice.choice((600, 1280, 1400))
		self.tell(f"route replace 10.2.0.0/24 via 10.1.0.254 mtu {mtu}",
			  "route del 10.2.0.0/24")

	def underlay(self):
		self.tell(f"link set eth0 mtu {self.dice.choice((600, 1300, 1500))}", "link set eth0 mtu 1500")

	def cut(self):
		self.tell("link set eth0 down", "link set eth0 up", "route add default via 10.1.0.254")

	def address(self):
		self.tell("address del 10.1.0.1/24 dev eth0", "address add 10.1.0.1/24 dev eth0",
			  "route add default via 10.1.0.254")

	def pods(self):
		self.tell("route replace 10.65.0.2 dev manxb", "route replace 10.65.0.2 dev manxa",
			  "route replace fd65::2 dev manxb", "route del fd65::2 dev manxb",
			  "route replace fd65::2 dev manxa", "route replace 10.65.0.3 dev manxb",
			  "route replace fd65::3 dev manxb")

	def loop(self):
		self.tell("route add 10.2.0.1/32 dev tunl", "route del 10.2.0.1/32 dev tunl")

	acts = (peer, narrow, underlay, cut, address, pods, loop)


class Taps(Told):
	"""What the fast way has to leave packets to. Nothing of it stays for long."""

	program = "tc"

	def __init__(self, dice):
		super().__init__(dice)
		self.taps = []

	def device(self):
		return self.dice.choice(("manxa", "manxb", "tunl", "eth0"))

	def tap(self):
		sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		sock.bind((self.device(), 3))
		self.taps.append(sock)

	def no_tap(self):
		while len(self.taps) > self.dice.randrange(3):
			self.taps.pop().close()

	def classifier(self):
		name, side = self.device(), self.dice.choice(("ingress", "egress"))
		self.tell(f"qdisc add dev {name} clsact",
			  f"filter add dev {name} {side} matchall action pass")
		self.tell(f"qdisc delete dev {name} clsact")

	def queue(self):
		name = self.device()
		self.tell(f"qdisc replace dev {name} root pfifo limit 100")
		self.tell(f"qdisc delete dev {name} root")

	def rules(self):
		"""A foreign hook, which direct makes way for."""
		hook = self.dice.choice(("prerouting", "forward", "postrouting"))
		text = (f"table inet foreign {{ chain c {{ type filter hook {hook} priority 5; "
			"udp dport 50-60 meta mark set mark or 0x100; }; }")
		for words in (text, "delete table inet foreign"):
			subprocess.run(["nft", words], check=False, stdout=subprocess.DEVNULL,
				       stderr=subprocess.DEVNULL)
			time.sleep(self.dice.random())

	def close(self):
		super().close()
		subprocess.run(["nft", "delete table inet foreign"], check=False,
			       stderr=subprocess.DEVNULL)

	acts = (tap, tap, no_tap, classifier, queue, rules)


class Talk(Role):
	def __init__(self, dice, pod):
		super().__init__(dice)
		netlink.enter(pod)
		self.streams = []

	def whom(self):
		addresses = [*NODES, *(a for pod in PODS.values() for a in pod)]
		address = self.dice.choice(addresses)
		return socket.AF_INET6 if ":" in address else socket.AF_INET, address

	def flood(self):
		family, address = self.whom()
		with socket.socket(family, socket.SOCK_DGRAM) as sock:
			sock.setblocking(False)
			for _ in range(60):
				sock.sendto(bytes(self.dice.choice((1, 1400, 3000))),
					    (address, self.dice.randrange(1, 110)))

	def flows(self):
		family, address = self.whom()
		for _ in range(20):
			with socket.socket(family, socket.SOCK_DGRAM) as sock:
				sock.sendto(b"x", (address, 53))

	def converse(self):
		"""One flow that is answered, and so may become fast."""
		family, address = self.whom()
		with socket.socket(family, socket.SOCK_DGRAM) as sock:
			sock.settimeout(0.05)
			sock.connect((address, 53))
			try:
				for _ in range(30):
					sock.send(bytes(100))
					sock.recv(100)
			except TimeoutError:
				pass

	def stream(self):
		family, address = self.whom()
		sock = socket.socket(family, socket.SOCK_STREAM)
		sock.setblocking(False)
		sock.connect_ex((address, 80))
		self.streams.append(sock)

	def bulk(self):
		for sock in self.streams:
			try:
				sock.send(bytes(60000))
				sock.recv(60000)
			except OSError:
				pass

	def hang_up(self):
		while len(self.streams) > self.dice.randrange(8):
			sock = self.streams.pop(0)
			if self.dice.randrange(2):
				sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
						struct.pack("ii", 1, 0))
			sock.close()

	acts = (flood, flows, converse, converse, stream, stream, bulk, bulk, hang_up)


def main(role, seed, seconds):
	dice = random.Random(f"{seed} {role}")
	kind, _, pod = role.partition("-")
	roles = {"policy": Policy, "links": Links, "routes": Routes, "taps": Taps,
		 "talk": Talk}
	roles[kind](dice, *([pod] if pod else [])).run(float(seconds))


main(*sys.argv[1:])
