# SPDX-License-Identifier: GPL-2.0-only
"""Rule sets in two shapes, and what each of their rules decides.

Policy-shaped: what a policy engine makes for an endpoint. Peers are sets, services are
ports. Pods come in deployments of ten that are in the same sets. Of ten sets six hold
one deployment each, three hold several (they overlap), one holds prefixes outside the
cluster. There is one set for ten rules, and each rule is another pair of a set and a
service: in 90 of 100 cases one port, in 5 two, in 3 all of TCP, in 2 everything. One rule
in five denies; the table's default denies too.

ClassBench-shaped: firewall and router lists, five dimensions, in the three flavours of
Taylor and Turner's ClassBench (2007). Prefixes are drawn, per side, either again (Zipf)
or new, beneath a shorter one or beside one; ports come from few distinct ranges; more
specific rules stand first. The shares below come from published figures of such lists of
10,000 rules: how many different prefixes, ports and wildcards they have.
"""

import random
from bisect import bisect
from itertools import accumulate

TCP, UDP = 6, 17
ANY_PORT = (0, 65535)
SERVICES = [(TCP, port) for port in (22, 80, 443, 3306, 5432, 5672, 6379, 8080, 8443, 9090,
				     9092, 27017)] + [(UDP, port) for port in (53, 123, 8125)]
REPLICAS = 10


class Rule:
	"""One rule. peer: index of a set or None; nets are (address, length); ports are
	lists of ranges."""
	__slots__ = ("allow", "protocol", "peer", "src", "dst", "sports", "dports")

	def __init__(self, allow, protocol=None, peer=None, src=(0, 0), dst=(0, 0),
		     sports=(), dports=()):
		self.allow, self.protocol, self.peer = allow, protocol, peer
		self.src, self.dst, self.sports, self.dports = src, dst, sports, dports


def within(address, net):
	return not net[1] or (address ^ net[0]) >> (32 - net[1]) == 0


def in_ranges(port, ranges):
	return not ranges or any(first <= port <= last for first, last in ranges)


# --- policy-shaped ---

class Policy:
	"""rules; sets, each a list of atoms (indices); atoms, each a list of nets that
	do not overlap those of another."""

	def __init__(self, n, seed, n_sets=None, members=None):
		self.random = random.Random(seed)
		n_sets = n_sets or max(4, n // 10)
		kinds = [self.kind(i) for i in range(n_sets)]
		replicas = REPLICAS
		if members:
			# as many members as wanted, in sets of equal size
			replicas = max(1, members // n_sets)
			kinds = ["pods"] * n_sets
		deployments = max(n_sets, 8)
		self.atoms = [[(address, 32) for address in self.pods(i, replicas)]
			      for i in range(deployments)]
		nets = max(8, n_sets // 4)
		self.atoms += [[self.outside(i)] for i in range(nets)]
		self.sets = [self.members(kind, i, deployments, nets)
			     for i, kind in enumerate(kinds)]
		self.rules = self.draw(n, n_sets)
		self.index()

	@staticmethod
	def kind(i):
		return "nets" if i % 10 == 3 else "mixed" if i % 10 in (2, 5, 8) else "pods"

	@staticmethod
	def pods(deployment, replicas):
		"""Its pods stand on different nodes, that is in different blocks of 64."""
		for i in range(replicas):
			number = deployment * replicas + i
			block = number * 40503 % 65536 if number < 65536 else number
			yield 0x0a000000 | (block << 6 | number % 61) & 0xffffff \
				if number < 65536 else 0x64000000 + number

	@staticmethod
	def outside(i):
		length = (24, 24, 24, 28, 26, 20)[i % 6]
		return 0xac000000 + (i << 12), length

	def members(self, kind, i, deployments, nets):
		if kind == "pods":
			return [i % deployments]
		if kind == "nets":
			count = self.random.randint(1, min(nets, 20))
			return [deployments + j for j in self.random.sample(range(nets), count)]
		count = self.random.randint(2, min(deployments, 12))
		return self.random.sample(range(deployments), count)

	def services(self):
		"""Of one set, as (protocol, ports), as long as there are such."""
		singles = SERVICES[:]
		self.random.shuffle(singles)
		while True:
			lot = self.random.random()
			if lot < .03:
				yield TCP, ()
			elif lot < .05:
				yield None, ()
			elif lot < .10:
				first, last = self.random.sample([s for s in SERVICES if s[0] == TCP], 2)
				yield TCP, tuple(sorted(((first[1],) * 2, (last[1],) * 2)))
			elif singles:
				protocol, port = singles.pop()
				yield protocol, ((port, port),)

	def draw(self, n, n_sets):
		queues = [self.services() for _ in range(n_sets)]
		rules, seen = [], set()
		order = [i % n_sets for i in range(n)]
		self.random.shuffle(order)
		for peer in order:
			while True:
				protocol, ports = next(queues[peer])
				if (peer, protocol, ports) not in seen:
					break
			seen.add((peer, protocol, ports))
			rules.append(Rule(self.random.random() >= .2, protocol, peer, dports=ports))
		for i in 0, n // 2, n - 1:
			rules[i].allow = False
		return rules

	def index(self):
		"""Which rules can decide about an atom, in order."""
		of_set = [[] for _ in self.sets]
		for i, rule in enumerate(self.rules):
			of_set[rule.peer].append(i)
		of_atom = [[] for _ in self.atoms]
		for members, rules in zip(self.sets, of_set):
			for atom in members:
				of_atom[atom] += rules
		self.of_atom = [sorted(rules) for rules in of_atom]

	def decide(self, atom, protocol, dport):
		"""Index of the first rule that matches, None for the default."""
		for i in self.of_atom[atom]:
			rule = self.rules[i]
			if rule.protocol in (None, protocol) and in_ranges(dport, rule.dports):
				return i
		return None

	def address_in(self, atom):
		base, length = self.random.choice(self.atoms[atom])
		return base | self.random.getrandbits(32 - length) if length < 32 else base

	def packet(self, i):
		"""A packet that rule i matches, or any for None, and the rule that decides."""
		if i is None:
			atom = self.random.randrange(len(self.atoms))
			protocol, dport = self.random.choice(SERVICES + [(UDP, 7), (TCP, 7)])
		else:
			rule = self.rules[i]
			atom = self.random.choice(self.sets[rule.peer])
			protocol = rule.protocol or UDP
			dport = rule.dports[0][0] if rule.dports else 7777
		packet = (0x0a630002, self.address_in(atom), protocol,
			  self.random.randint(1024, 65535), dport)
		return packet, self.decide(atom, protocol, dport)

	def stranger(self):
		"""A packet to an address that no set holds."""
		packet = (0x0a630002, 0xc0000200 + self.random.randrange(200), TCP,
			  self.random.randint(1024, 65535), 80)
		return packet, None

	def member_count(self):
		return sum(len(self.atoms[atom]) for members in self.sets for atom in members)


# --- ClassBench-shaped ---

# of a flavour: new prefixes for a rule (source, destination), shares of wildcards,
# lengths with weights, different port ranges, share of rules with source ports
FLAVOURS = {
	"acl": dict(new=(.40, .07), wild=(0, 0), ports=(1, 108), with_sport=0,
		    lengths=({32: 50, 30: 8, 28: 8, 27: 5, 26: 5, 24: 14, 21: 4, 16: 6},
			     {32: 40, 28: 6, 27: 6, 26: 6, 25: 6, 24: 24, 23: 6, 16: 6})),
	"fw": dict(new=(.58, .81), wild=(.41, .18), ports=(13, 43), with_sport=.25,
		   lengths=({32: 70, 29: 3, 28: 4, 27: 4, 26: 3, 24: 12, 16: 4},
			    {32: 75, 29: 3, 28: 3, 27: 3, 26: 3, 24: 10, 16: 3})),
	"ipc": dict(new=(.17, .32), wild=(.06, .05), ports=(34, 54), with_sport=.30,
		    lengths=({32: 55, 30: 4, 28: 6, 27: 6, 26: 6, 24: 15, 20: 4, 16: 4},
			     {32: 55, 30: 4, 28: 6, 27: 6, 26: 6, 24: 15, 20: 4, 16: 4})),
}


class Prefixes:
	"""One side's prefixes."""

	def __init__(self, rng, new, wild, lengths):
		self.random, self.new, self.wild = rng, new, wild
		self.lengths, self.weights = list(lengths), list(lengths.values())
		self.of_length = {length: [] for length in lengths}

	def fresh(self, length):
		"""Beneath a shorter prefix that was drawn, beside one of this length, or new."""
		lot = self.random.random()
		shorter = [l for l in self.lengths if l < length and self.of_length[l]]
		if lot < .5 and shorter:
			parent = self.random.choice(self.of_length[self.random.choice(shorter)])
		elif lot < .8 and self.of_length[length]:
			base = self.random.choice(self.of_length[length])[0]
			parent = base >> max(8, length - 8) << max(8, length - 8), 0
			keep = max(8, length - 8)
			parent = base >> (32 - keep) << (32 - keep), keep
		else:
			parent = self.random.randint(11, 126) << 24, 8
		low = self.random.getrandbits(32 - parent[1]) if parent[1] < 32 else 0
		return (parent[0] | low) >> (32 - length) << (32 - length), length

	def draw(self):
		if self.random.random() < self.wild:
			return 0, 0
		length = self.random.choices(self.lengths, self.weights)[0]
		known = self.of_length[length]
		if known and self.random.random() >= self.new:
			return known[int(len(known) ** self.random.random()) - 1]
		known.append(self.fresh(length))
		return known[-1]


class Ports:
	"""One side's port ranges, the earlier the more frequent."""

	def __init__(self, rng, n, exact):
		self.random = rng
		self.ranges = [(1024, 65535), (0, 1023)][:max(0, n - 1)]
		while len(self.ranges) < n - 1:
			first = rng.choice((rng.randint(1, 1023), rng.randint(1024, 49151)))
			last = first if rng.random() < exact else min(65535, first + rng.randint(1, 500))
			if (first, last) not in self.ranges:
				self.ranges.append((first, last))
		self.sums = list(accumulate(1 / (i + 1) for i in range(len(self.ranges))))

	def draw(self):
		if not self.ranges:
			return ()
		return (self.ranges[bisect(self.sums, self.random.random() * self.sums[-1])],)


class ClassBench:
	def __init__(self, flavour, n, seed):
		f = FLAVOURS[flavour]
		self.random = rng = random.Random(seed)
		src, dst = (Prefixes(rng, f["new"][i], f["wild"][i], f["lengths"][i]) for i in (0, 1))
		sports, dports = (Ports(rng, f["ports"][i], .8) for i in (0, 1))
		self.rules, seen = [], set()
		while len(self.rules) < n:
			protocol = rng.choices((TCP, UDP, None), (70, 20, 10))[0]
			sport = sports.draw() if protocol and rng.random() < f["with_sport"] else ()
			dport = dports.draw() if protocol and rng.random() < .85 else ()
			key = protocol, src.draw(), dst.draw(), sport, dport
			if key not in seen and (key[1][1] or key[2][1] or dport):
				seen.add(key)
				self.rules.append(Rule(rng.random() < .5, protocol, None, *key[1:]))
		self.rules.sort(key=lambda r: -(r.src[1] + r.dst[1]))
		for i in 0, n // 2, n - 1:
			self.rules[i].allow = False

	def decide(self, packet):
		src, dst, protocol, sport, dport = packet
		for i, rule in enumerate(self.rules):
			if within(dst, rule.dst) and within(src, rule.src) and \
			   rule.protocol in (None, protocol) and \
			   in_ranges(sport, rule.sports) and in_ranges(dport, rule.dports):
				return i
		return None

	def point(self, net):
		if not net[1]:
			return self.random.randint(11 << 24, (127 << 24) - 1)
		return net[0] | (self.random.getrandbits(32 - net[1]) if net[1] < 32 else 0)

	def port(self, ranges):
		return self.random.randint(*(ranges[0] if ranges else ANY_PORT))

	def packet(self, i):
		rule = self.rules[self.random.randrange(len(self.rules)) if i is None else i]
		packet = (self.point(rule.src), self.point(rule.dst), rule.protocol or UDP,
			  self.port(rule.sports), self.port(rule.dports))
		return packet, self.decide(packet)

	def stranger(self):
		packet = (self.point((0, 0)), self.point((0, 0)), UDP, self.port(()), self.port(()))
		return packet, self.decide(packet)

	def member_count(self):
		return 0


# --- packets ---

GROUPS = {"early": (0, .1), "middle": (.45, .55), "end": (.9, 1)}


def packets(shape, count):
	"""[(group, accepted, packet)]: count of each group. Packets of a group are denied
	by a rule in that part of the list, by the default, or are allowed by any rule; those
	of "mixed" may be anything."""
	n = len(shape.rules)
	found = {group: [] for group in (*GROUPS, "default", "allow", "mixed")}

	def keep(packet, decider):
		if decider is None:
			groups = ["default"]
		elif shape.rules[decider].allow:
			groups = ["allow"]
		else:
			groups = [g for g, (low, high) in GROUPS.items() if low <= decider / n < high]
		accepted = decider is not None and shape.rules[decider].allow
		for group in groups:
			if len(found[group]) < count:
				found[group].append((group, accepted, packet))
				return
		if len(found["mixed"]) < 2 * count:
			found["mixed"].append(("mixed", accepted, packet))

	for _ in range(count):
		keep(*shape.stranger())
	for _ in range(count):
		keep(*shape.packet(None))
	for group, (low, high) in GROUPS.items():
		rules = [i for i in range(int(low * n), n)
			 if low <= i / n < high and not shape.rules[i].allow]
		for _ in range(20 * count):
			if rules and len(found[group]) < count:
				keep(*shape.packet(shape.random.choice(rules)))
	allowing = [i for i in range(n) if shape.rules[i].allow]
	for _ in range(2 * count):
		if allowing:
			keep(*shape.packet(shape.random.choice(allowing)))
	return found
