#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""forward_report.py TARGET [--profile LAYOUT=DIRECTORY]... [--tail FILE] [--wall FILE]
LABEL=DIRECTORY...: what bench/forward-vm measured under each kernel, as TARGET.md, TARGET.json
and TARGET.svg (of the first kernel), with the functions that bench/profile counted, round
trips under a flood (bench/tail), and ratios by the clock. What lies in DIRECTORY-again is the
same measured once more."""

import argparse
import json
import os
from collections import Counter

import functions
import tail_report
from page import CLOCK, targets, write
from plot import Bars, Panel, svg
from repeat import LIMIT, differences, summary
from table import cell, table

UNITS = {"udp": "UDP, a packet", "flows": "{} flows, a packet", "rtt": "TCP, a round trip",
	 "bulk": "TCP, 64 KiB", "connect": "TCP, a connection"}
BY_RULES = {"routed": "routed", "calico": "calico", "nft-sets": "nft-sets", "manx": "manx",
	    "manx-established": "manx, established", "manx-direct": "manx, direct"}
WAYS = ("established", "direct")
PER_PACKET = "udp_rcv"		# is called once by each
LEAST_SHARE = .01		# of a function that gets a row
FLOODS = {"none": "no flood", "small": "small packets", "bulk": "bulk"}
PERCENTILES = {"p50": 2, "p99": 100, "p999": 1000}

HEAD = """# Forwarding: what a packet costs from pod to pod

`make bench` writes this page, `forward.json` with every figure, and the plot. Nothing here is
edited by hand.

![instructions per packet](forward.svg)

How it is measured:

""" + CLOCK + """- Everything is counted: the sender, the way, the receiver, interrupts and timers. Nothing
  is subtracted. All layouts stand in the same boot, one after another, each in namespaces
  of its own (`bench/layouts.sh`): two pods, and a node or two between them.
- *UDP*: frames of 64 octets (with their Ethernet header, so 22 octets of payload) of one
  flow, one way, 20,000 of them, from pktgen in one pod to a socket in the other, which has
  answered before; 2,000 go ahead uncounted. *Flows*: the same of so many flows in turn,
  or of 20,000 of them while the others are there; each has been answered. All must have
  arrived. They wait in the socket until all have, so that the kernel takes fresh pages
  for them and clears these (`clear_page_erms` below), in every layout alike.
- *A round trip*: one octet each way over one TCP connection, 2,000 times. *64 KiB*: a
  thousand writes of that size over one TCP connection, after a hundred uncounted, until
  the other end has read all. Both ends run in the scheduler's real-time class, so that not
  chance decides when one takes the processor from the other. *A connection*: opened, one
  octet each way, closed; 500 one after another. Segmentation and checksum offload are as the
  devices have them by default.
- *Rules*: so many in each direction, each allows one peer and is a set of one address; only
  the last one matches. Calico's chains are those that Felix renders in its iptables mode
  (raw, mangle, nat, filter; dispatch, mark bits, an ipset a rule); `nft-sets` is one list
  with a named set a rule, and the state rule before it, no more.
- `floor`: the two pods share a veth pair and nothing else. `bridge`, `ipvlan` (L2): one
  network, no policy. `routed`: veth, and the node routes. `conntrack`: that, with one state
  rule. `netkit`: L3, routed. `manx`: policy and state, the whole way in the stack (`fast` is
  off); `manx-established`, `manx-direct`: with that `fast`. `tunl0` and the layouts of
  `manx-far`: two nodes joined by veth, IPIP between them.
- No address is resolved in that time: neighbours are fixed. `net.ipv4.ip_forward` is 1,
  `rp_filter` 0, conntrack and manx have room for 262,144 flows, of one pod too, and
  conntrack keeps unanswered UDP for 300 s. `forward.json` has further settings.
- *Too long*: lists of a hundred rules and more, walked for a hundred thousand first packets.
"""


def split(layout):
	name, _, rules = layout.partition(":")
	return name, int(rules) if rules else None


def titled(layout):
	name, rules = split(layout)
	return name + (f", {rules:,} rules" if rules else "")


def heading(work):
	kind, _, argument = work.partition(":")
	return UNITS[kind].format(f"{int(argument):,}" if argument else "").replace("1 flows", "1 flow")


def is_far(layout):
	return layout.startswith(("tunl0", "manx-far"))


class Results:
	"""Of one kernel."""

	def __init__(self, label, directory):
		self.label = label
		self.lines = self.read(directory)
		self.again = self.read(directory + "-again")
		with open(directory + "/conditions", encoding="ascii") as file:
			self.conditions = json.load(file)
		with open(directory + "/machine", encoding="ascii") as file:
			self.conditions["machine"] = file.read().strip()
		self.of = {(line["layout"], line["work"]): line for line in self.lines}
		self.layouts = list(dict.fromkeys(line["layout"] for line in self.lines))
		self.works = list(dict.fromkeys(line["work"] for line in self.lines))

	@staticmethod
	def read(directory):
		if not os.path.exists(directory + "/results"):
			return None
		with open(directory + "/results", encoding="ascii") as file:
			return [json.loads(line) for line in file]

	def cost(self, layout, work):
		return self.of.get((layout, work), {}).get("instructions")

	def why(self, layout, work):
		"""Why there is no figure."""
		return self.of.get((layout, work), {}).get("why", "not measured")

	def most(self, name):
		"""The layout of that name with the most rules."""
		found = [layout for layout in self.layouts if split(layout)[0] == name]
		return max(found, key=lambda layout: split(layout)[1] or 0, default=None)

	def data(self):
		return {"conditions": self.conditions, "results": self.lines} | (
			{"again": self.again} if self.again else {})


def compared(results, layout, base):
	row = [titled(layout)]
	for work in results.works:
		value, least = results.cost(layout, work), results.cost(base, work)
		row.append(results.why(layout, work) if value is None else
			   cell(value) + (f" ({value / least:.2f})" if least else ""))
	return row


def costs(results, layouts):
	return table(["layout", *map(heading, results.works)],
		     [compared(results, layout, layouts[0]) for layout in layouts])


def wanted(results):
	rows = []

	def row(words, layout, base, work, limit, bound):
		value, least = (results.cost(name, work) if name else None for name in (layout, base))
		if value and least:
			rows.append((f"{words}: {titled(layout)} / {base}", bound,
				     f"{value / least:.3f}", value / least <= limit))

	for way in WAYS:
		near = results.most(f"manx-{way}")
		row("UDP packet, one node", near, "floor", "udp", 1.25, "≤ 1.25")
		row("UDP packet, two nodes", results.most(f"manx-far-{way}"), "tunl0", "udp", .6, "≤ 0.6")
		row("TCP round trip", near, "routed", "rtt", 1, "≤ 1")
		row("TCP bulk", near, "routed", "bulk", 1, "≤ 1")
	return targets(rows) if rows else ""


def repeated(results):
	if not results.again:
		return ""
	cells, worst, beyond = summary(differences(results.lines, results.again))
	return (f"\nA second run, in another boot: {cells} figures, of which {cells - len(beyond)} "
		f"are the same within {LIMIT * 100} %; the worst is {worst}.\n" +
		"".join(f"\n- {words}" for words in beyond) + ("\n" if beyond else ""))


def section(results):
	c = results.conditions
	text = f"\n## Linux {results.label}\n\n{c['kernel']}; {c['machine']}; booted with " \
	       f"`{c['boot']}`; {c['iptables']}, {c['ipset']}, {c['nft']}, {c['iproute2']}.\n"
	if results is not None and wanted(results):
		text += "\n### Targets\n\n" + wanted(results)
	for words, far in (("On one node: instructions, and times the first", False),
			   ("Between two nodes: instructions, and times the first", True)):
		layouts = [layout for layout in results.layouts if is_far(layout) == far]
		if layouts:
			text += f"\n### {words}\n\n" + costs(results, layouts)
	return text + repeated(results)


# --- functions ---

def by_function(directory):
	"""Instructions of each for a packet."""
	instructions, _, packets = functions.read(f"{directory}/counts", f"{directory}/symbols",
						  PER_PACKET)
	return Counter({name: n / packets for name, n in instructions.items()})


def profiles_table(profiles):
	all_of = {layout: sum(found.values()) for layout, found in profiles.items()}
	shown = {name for layout, found in profiles.items() for name, n in found.items()
		 if n >= LEAST_SHARE * all_of[layout]}
	order = sorted(shown, key=lambda name: -sum(found[name] for found in profiles.values()))
	rows = [[f"`{name}`"] + [cell(found[name]) if found[name] else "" for found in profiles.values()]
		for name in order]
	rows.append(["others"] + [cell(all_of[layout] - sum(found[name] for name in shown))
				  for layout, found in profiles.items()])
	rows.append(["**all**"] + [f"**{cell(n)}**" for n in all_of.values()])
	return table(["function", *map(titled, profiles)], rows)


def profiles_text(label, profiles):
	text = f"\n## Where the instructions go, Linux {label}\n\nOf a packet of one UDP flow as " \
	       "above, by function of the kernel and its modules, as\n`bench/profile --layout LAYOUT` " \
	       "counts them; the plugin of the emulator counts each\ninstruction. A row has at least " \
	       f"{LEAST_SHARE:.0%} of a column.\n"
	for far in False, True:
		some = {layout: found for layout, found in profiles.items() if is_far(layout) == far}
		if some:
			text += "\n" + profiles_table(some)
	return text


# --- by the clock, and under a flood ---

def wall_text(runs):
	rows = [[run["kernel"], titled(run["layout"]), heading(run["work"]), f"{run['ratio']:.3f}",
		 f"{run['low']:.3f} to {run['high']:.3f}", run["against"], str(run["rounds"])]
		for run in runs]
	return "\n## By the clock\n\nTwo emulated processors that run at once, in the time of a real " \
	       "clock: ratios, because an\nemulator's seconds say nothing else.\n\n" + \
	       table(["Linux", "layout", "work", "ratio", "from, to", "to", "rounds"], rows)


def tail_text(runs, picture):
	return f"\n## A pod's round trips while another pod floods\n\n![percentiles]({picture})\n\n" \
	       "`bench/tail` says how. *icount*: one processor whose clock counts instructions; " \
	       "*wall*: two\nprocessors and a real clock, the median of several rounds.\n\n" + \
	       tail_report.tables(runs)


def tail_panels(runs):
	"""Of the first kernel, by instructions, a flood each; layouts as lines over percentiles."""
	first = [run for run in runs if (run["kernel"], run["clock"]) == (runs[0]["kernel"], "icount")]
	panels = {}
	for run in first:
		title = FLOODS[run["flood"]]
		if run["flood"] != "none":
			title += f" into {'the same' if run['into'] == 'same' else 'another'} pod, {run['load']}"
		panel = panels.setdefault(title, Panel(title, "one in so many takes longer", {}))
		panel.lines[split(run["layout"])[0]] = [(at, run[name] / 1000)
						      for name, at in PERCENTILES.items()]
	return list(panels.values())


# --- the plot ---

def bars(results, title, far, limit):
	found = [(titled(layout), results.cost(layout, "udp"), layout.startswith("manx"))
		 for layout in results.layouts if is_far(layout) == far]
	found = [bar for bar in found if bar[1]]
	return Bars(title, "instructions", found, limit) if found else None


def by_rules(results, work):
	lines = {}
	for layout in results.layouts:
		name, rules = split(layout)
		value = results.cost(layout, work)
		if name in BY_RULES and rules and value:
			lines.setdefault(BY_RULES[name], []).append((rules, value))
	return Panel(heading(work) + ", by rules", "rules", lines) if lines else None


def picture(results):
	floor, tunnel = results.cost("floor", "udp"), results.cost("tunl0", "udp")
	panels = [bars(results, "A UDP packet, one node", False, floor and (1.25 * floor, "1.25 × floor")),
		  bars(results, "A UDP packet, two nodes", True, tunnel and (.6 * tunnel, "0.6 × tunl0")),
		  by_rules(results, "connect")]
	panels = [panel for panel in panels if panel]
	return svg(f"Instructions, Linux {results.label}", panels) if panels else None


def load(path):
	if not path:
		return []
	with open(path, encoding="utf-8") as file:
		return json.load(file)["runs"]


def main():
	parser = argparse.ArgumentParser()
	parser.add_argument("target")
	parser.add_argument("--profile", action="append", default=[])
	parser.add_argument("--tail")
	parser.add_argument("--wall")
	parser.add_argument("outputs", nargs="+")
	args = parser.parse_args()

	results = [Results(*output.split("=", 1)) for output in args.outputs]
	profiles = dict(profile.split("=", 1) for profile in args.profile)
	profiles = {layout: by_function(directory) for layout, directory in profiles.items()}
	tail, wall = load(args.tail), load(args.wall)
	name = os.path.basename(args.target)
	text = HEAD.replace("forward.svg", name + ".svg").replace("forward.json", name + ".json")
	text += "".join(map(section, results))
	if profiles:
		text += profiles_text(results[0].label, profiles)
	if wall:
		text += wall_text(wall)
	if tail:
		text += tail_text(tail, name + "-tail.svg")
		with open(args.target + "-tail.svg", "w", encoding="utf-8") as file:
			file.write(svg("Round trips while another pod floods: thousands of instructions, "
				       f"Linux {tail[0]['kernel']}", tail_panels(tail)))
	write(args.target, text, {"kernels": {r.label: r.data() for r in results},
				  "profiles": profiles, "tail": tail, "wall": wall},
	      picture(results[0]))
	print("".join(map(section, results)))


main()
