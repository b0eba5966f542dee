#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""generate.py DIRECTORY full|quick [CASE...]: rule sets, packets, and what each packet filter loads.

Writes DIRECTORY/<case>/, where a case is a shape and a size:

	about.json	what it is
	packets		"source destination protocol sport dport accepted group", a line each
	manx.json	for manxctl dp load
	ipset, iptables	for ipset restore, iptables-restore
	sets.nft	nftables, a rule for a rule, peers as named sets
	map.nft		nftables, verdict maps over concatenations instead of rules

and DIRECTORY/cases, their names in order. A form that would be beyond all bounds is left
out; about.json says why. All begins with the same seeds, so that it is the same each time.
"""

import json
import os
import sys
from operator import le

from shapes import ANY_PORT, TCP, UDP, GROUPS, ClassBench, Policy, packets

# No form with more elements than this is written; a load takes minutes then.
MAX_ELEMENTS = 300_000
MAX_CONCATENATED_RANGES = 20_000
NAMES = {TCP: "tcp", UDP: "udp"}


def text(address):
	return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def net(prefix):
	return text(prefix[0]) if prefix[1] == 32 else f"{text(prefix[0])}/{prefix[1]}"


def span(ports, sign):
	return str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}{sign}{ports[1]}"


def members(shape, i):
	return [prefix for atom in shape.sets[i] for prefix in shape.atoms[atom]]


def is_nets(shape, i):
	return any(length < 32 for _, length in members(shape, i))


def sets(shape):
	return range(len(getattr(shape, "sets", ())))


# --- manx ---

def side(prefix, peer, ports):
	found = {}
	if prefix[1]:
		found["nets"] = [f"{text(prefix[0])}/{prefix[1]}"]
	if peer is not None:
		found["sets"] = [f"s{peer}"]
	if ports:
		found["ports"] = [p[0] if p[0] == p[1] else f"{p[0]}:{p[1]}" for p in ports]
	return found


def manx_rule(number, rule):
	found = {"id": number, "action": "allow" if rule.allow else "deny"}
	if rule.protocol:
		found["protocol"] = NAMES[rule.protocol]
	for name, value in (("source", side(rule.src, None, rule.sports)),
			    ("destination", side(rule.dst, rule.peer, rule.dports))):
		if value:
			found[name] = value
	return found


def write_manx(shape, file):
	json.dump({
		"node": {"fast": "off"},
		"sets": [{"name": f"s{i}", "members": [net(m) for m in members(shape, i)]}
			 for i in sets(shape)],
		"tables": [{"name": "policy", "direction": "egress", "defaultAction": "deny",
			    "rules": [manx_rule(i + 1, r) for i, r in enumerate(shape.rules)]}],
		"endpoints": [{"id": 2, "name": "pod", "addresses": ["10.99.0.2"],
			       "ingress": [], "egress": ["policy"]}],
		"peers": [],
	}, file)


# --- iptables with ipset ---

def write_ipset(shape, file):
	for i in sets(shape):
		kind = "hash:net" if is_nets(shape, i) else "hash:ip"
		file.write(f"create s{i} {kind} family inet maxelem 2000000\n")
		file.writelines(f"add s{i} {net(m)}\n" for m in members(shape, i))


def iptables_ports(rule):
	# the header's ports before the set: the cheaper test first
	if len(rule.dports) > 1:
		return [f"-m multiport --dports {','.join(span(p, ':') for p in rule.dports)}"]
	words = [f"--{side} {span(ports[0], ':')}" for side, ports in
		 (("sport", rule.sports), ("dport", rule.dports)) if ports]
	return [f"-m {NAMES[rule.protocol]}", *words] if words else []


def write_iptables(shape, file):
	# bench/policy-vm takes the first of FORWARD away to see what it costs
	file.write("*filter\n:FORWARD ACCEPT [0:0]\n:pod - [0:0]\n"
		   "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		   "-A FORWARD -i in0 -j pod\n")
	for rule in shape.rules:
		words = ["-A pod"]
		if rule.src[1]:
			words.append(f"-s {net(rule.src)}")
		if rule.dst[1]:
			words.append(f"-d {net(rule.dst)}")
		if rule.protocol:
			words.append(f"-p {NAMES[rule.protocol]}")
		words += iptables_ports(rule)
		if rule.peer is not None:
			words.append(f"-m set --match-set s{rule.peer} dst")
		file.write(" ".join(words) + f" -j {'ACCEPT' if rule.allow else 'DROP'}\n")
	file.write("-A pod -j DROP\nCOMMIT\n")


# --- nftables ---

def braces(file, elements):
	file.write("\t\telements = {\n")
	file.writelines(f"\t\t\t{e},\n" for e in elements)
	file.write("\t\t}\n")


def nft_chains(file, lines):
	file.write("\tchain pod {\n")
	file.writelines(f"\t\t{line}\n" for line in lines)
	file.write("\t\tdrop\n\t}\n\tchain forward {\n"
		   "\t\ttype filter hook forward priority 0;\n"
		   "\t\tct state established,related accept\n"
		   '\t\tiif "in0" jump pod\n\t}\n}\n')


def nft_ports(rule):
	name = NAMES.get(rule.protocol)
	words = []
	for side, ports in ("sport", rule.sports), ("dport", rule.dports):
		spans = [span(p, "-") for p in ports]
		if len(spans) > 1:
			words.append(f"{name} {side} {{ {', '.join(spans)} }}")
		elif spans:
			words.append(f"{name} {side} {spans[0]}")
	return words or ([f"meta l4proto {name}"] if name else [])


def nft_rule(rule):
	words = [f"ip saddr {net(rule.src)}"] if rule.src[1] else []
	if rule.dst[1]:
		words.append(f"ip daddr {net(rule.dst)}")
	words += nft_ports(rule)
	if rule.peer is not None:
		words.append(f"ip daddr @s{rule.peer}")
	return " ".join(words + ["accept" if rule.allow else "drop"])


def write_sets_nft(shape, file):
	file.write("table ip bench {\n")
	for i in sets(shape):
		flags = " flags interval;" if is_nets(shape, i) else ""
		file.write(f"\tset s{i} {{\n\t\ttype ipv4_addr;{flags}\n")
		braces(file, [net(m) for m in members(shape, i)])
		file.write("\t}\n")
	nft_chains(file, [nft_rule(rule) for rule in shape.rules])


# Verdict maps of a policy-shaped list: by address, protocol and port, where no such
# element is by address and protocol, and by address alone.
LEVELS = [
	("by_port", "ipv4_addr . inet_proto . inet_service", "ip daddr . ip protocol . th dport"),
	("by_protocol", "ipv4_addr . inet_proto", "ip daddr . ip protocol"),
	("by_address", "ipv4_addr", "ip daddr"),
]


def flatten(rules):
	"""{(), (protocol,) or (protocol, port): verdict} of rules in order, the first wins."""
	found = {}
	for rule in rules:
		if () in found:
			break
		if rule.protocol is None:
			found[()] = rule.allow
		elif (rule.protocol,) in found:
			continue
		elif not rule.dports:
			found[rule.protocol,] = rule.allow
		else:
			for first, _ in rule.dports:
				found.setdefault((rule.protocol, first), rule.allow)
	return found


def policy_maps(shape):
	"""{(level, with nets): elements}"""
	maps = {}
	for atom, rules in zip(shape.atoms, shape.of_atom):
		found = flatten(shape.rules[i] for i in rules)
		for key, allow in found.items():
			words = "".join(f" . {word}" for word in
					([NAMES[key[0]], *key[1:]] if key else []))
			elements = maps.setdefault((2 - len(key), atom[0][1] < 32), [])
			elements += [f"{net(p)}{words} : {'accept' if allow else 'drop'}"
				     for p in atom]
	return maps


def write_policy_map(shape, file):
	maps = policy_maps(shape)
	lines = []
	file.write("table ip bench {\n")
	for (level, nets), elements in sorted(maps.items(), key=lambda m: (m[0][1], m[0][0])):
		name, kind, key = LEVELS[level]
		name += "_nets" if nets else ""
		flags = " flags interval;" if nets else ""
		file.write(f"\tmap {name} {{\n\t\ttype {kind} : verdict;{flags}\n")
		braces(file, elements)
		file.write("\t}\n")
		lines.append(f"{key} vmap @{name}")
	nft_chains(file, lines)


def below(low, high):
	"""Is no coordinate of the one greater than that of the other?"""
	return all(map(le, low, high))


class Segment:
	"""Boxes that one map of concatenated ranges can hold, in this order. nftables refuses
	a box whose lowest or highest corner lies in one that is there already, and promises
	nothing about which of two that overlap is found: they must say the same."""

	def __init__(self):
		self.boxes = []
		self.elements = []

	def fits(self, low, high, allow):
		for low2, high2, allow2 in self.boxes:
			if not (below(low, high2) and below(low2, high)):
				continue
			if allow != allow2 or below(low2, low) and below(low, high2) or \
			   below(low2, high) and below(high, high2):
				return False
		return True

	def add(self, rule):
		"""False if it cannot."""
		nets = [(p[0], p[0] | (1 << 32 - p[1]) - 1) for p in (rule.src, rule.dst)]
		others = [(rule.protocol, rule.protocol) if rule.protocol else (0, 255),
			  *(p[0] if p else ANY_PORT for p in (rule.sports, rule.dports))]
		low, high = zip(*nets, *others)
		if not self.fits(low, high, rule.allow):
			return False
		self.boxes.append((low, high, rule.allow))
		words = [net(p) if p[1] else "0.0.0.0-255.255.255.255" for p in (rule.src, rule.dst)]
		words += [span(r, "-") for r in others]
		self.elements.append(" . ".join(words) + f" : {'accept' if rule.allow else 'drop'}")
		return True


def segments(shape):
	found = [Segment()]
	for rule in shape.rules:
		if not found[-1].add(rule):
			found.append(Segment())
			found[-1].add(rule)
	return found


def write_classbench_map(shape, file):
	kind = "ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service"
	key = "ip saddr . ip daddr . ip protocol . th sport . th dport"
	file.write("table ip bench {\n")
	found = segments(shape)
	for i, segment in enumerate(found):
		file.write(f"\tmap m{i} {{\n\t\ttype {kind} : verdict; flags interval;\n")
		braces(file, segment.elements)
		file.write("\t}\n")
	nft_chains(file, [f"{key} vmap @m{i}" for i in range(len(found))])
	return len(found)


# --- cases ---

def map_elements(shape):
	if isinstance(shape, ClassBench):
		return len(shape.rules)
	return sum(len(flatten(shape.rules[i] for i in rules)) * len(atom)
		   for atom, rules in zip(shape.atoms, shape.of_atom))


def without_map(shape):
	"""Why there are no verdict maps, or None."""
	n = map_elements(shape)
	limit = MAX_CONCATENATED_RANGES if isinstance(shape, ClassBench) else MAX_ELEMENTS
	return f"{n:,} elements" if n > limit else None


def write(directory, shape, about, found):
	os.makedirs(directory, exist_ok=True)

	def into(name, writer):
		with open(f"{directory}/{name}", "w", encoding="ascii") as file:
			return writer(shape, file)

	into("manx.json", write_manx)
	into("ipset", write_ipset)
	into("iptables", write_iptables)
	into("sets.nft", write_sets_nft)
	about |= {"rules": len(shape.rules), "sets": len(sets(shape)),
		  "members": shape.member_count(), "map_elements": map_elements(shape)}
	reason = without_map(shape)
	if reason:
		about["without_map"] = reason
	elif isinstance(shape, ClassBench):
		about["maps"] = into("map.nft", write_classbench_map)
	else:
		into("map.nft", write_policy_map)
	with open(f"{directory}/about.json", "w", encoding="ascii") as file:
		json.dump(about, file)
	with open(f"{directory}/packets", "w", encoding="ascii") as file:
		for group in found.values():
			for name, accepted, (src, dst, protocol, sport, dport) in group:
				file.write(f"{text(src)} {text(dst)} {protocol} {sport} {dport} "
					   f"{int(accepted)} {name}\n")


def make(directory, name, count, about, build):
	"""With the first seed of which packets are found for every group."""
	for seed in range(1, 50):
		shape = build(seed)
		found = packets(shape, count)
		wanted = GROUPS if "flavour" in about else (*GROUPS, "default", "allow")
		if all(len(found[group]) >= count // 2 for group in wanted):
			break
	else:
		raise SystemExit(f"{name}: no packets for every place in the list")
	write(f"{directory}/{name}", shape, about | {"name": name, "seed": seed}, found)


def all_cases(quick):
	"""{name: (packets of a group, what it is, shape of a seed)}"""
	found = {}
	for n in (10, 1000) if quick else (10, 100, 1000, 10_000, 100_000):
		found[f"policy-{n}"] = (16 if quick or n > 10_000 else 32,
					{"axis": "rules", "shape": "policy"},
					lambda seed, n=n: Policy(n, seed))
	for m in (1000,) if quick else (10, 100, 1000, 10_000, 100_000, 1_000_000):
		found[f"members-{m}"] = (16, {"axis": "members", "shape": "policy"},
					 lambda seed, m=m: Policy(100, seed, 10, m))
	for flavour in ("acl",) if quick else ("acl", "fw", "ipc"):
		sizes = (1000,) if quick else (1000, 10_000) + ((100_000,) if flavour == "acl" else ())
		for n in sizes:
			found[f"{flavour}-{n}"] = (
				16, {"axis": "rules", "shape": "classbench", "flavour": flavour},
				lambda seed, f=flavour, n=n: ClassBench(f, n, seed))
	return found


def main():
	directory, mode, *wanted = sys.argv[1:]
	todo = all_cases(mode == "quick")
	unknown = set(wanted) - set(todo)
	if unknown:
		raise SystemExit(f"no such case: {' '.join(sorted(unknown))}; {' '.join(todo)}")
	names = [name for name in todo if not wanted or name in wanted]
	for name in names:
		make(directory, name, *todo[name])
	with open(f"{directory}/cases", "w", encoding="ascii") as file:
		file.writelines(f"{name}\n" for name in names)


main()
