#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""report.py CASES TARGET LABEL=DIRECTORY...: what bench/policy-vm measured under each
kernel, as TARGET.md, TARGET.json and TARGET.svg (of the first kernel)."""

import json
import os
import sys

import flow_report
from page import CLOCK, targets, write
from plot import Panel, svg
from table import cell, table

FORMS = {"manx": "manx", "iptables": "iptables + ipset", "nft-sets": "nftables, sets",
	 "nft-map": "nftables, verdict maps"}
MIX = ("early", "middle", "end", "default")
# bit-vector classifier of reference, measured in user space: lookup and build, ns
REFERENCE = {"acl-1000": (61, 6e6), "acl-10000": (109, 49e6), "acl-100000": (406, 601e6),
	     "fw-10000": (462, 187e6), "ipc-10000": (227, 52e6)}

HEAD = """# Policy: what a verdict and a commit cost

`make bench-policy` writes this page, `policy.json` with every figure, and the plot. Nothing
here is edited by hand.

![instructions per verdict](policy.svg)

How it is measured:

""" + CLOCK + """- manx and its peers are measured in the same boot, with the same rules and packets. The
  answer to each packet is compared with a walk through the list of rules; one wrong answer
  fails the run.
- *A verdict* is one passage through netfilter's FORWARD hook, from the call to its return,
  by a small module (`bench/hook`) that calls the hook as `ip_forward()` does, with routed
  64-byte IPv4 packets. No sender, route or receiver is in the figure, so nothing is
  subtracted. Packets are refused ones, which leave no flow behind: by a rule in the first
  tenth of the list, in its middle tenth, in its last, and by the default; the mean of these
  four is shown. In that time manx parses the packet, looks for its flow, judges it and
  counts the drop with its reason; iptables counts per rule; nftables has no counters here.
- What passes must pass in both directions, so manx looks for a flow before it judges, and
  the peers have the rule for it that every stateful list begins with: `-m conntrack
  --ctstate RELATED,ESTABLISHED -j ACCEPT`, `ct state established,related accept`. Their
  flows are conntrack's, which has seen each packet in PRE_ROUTING; what that costs is in
  nobody's figure. A second table has the bare lists, without that rule; manx' figure there
  is the same, with its flows.
- *A packet of a known flow* (one of 256 of each protocol that both ends have spoken in) and
  *a first packet* meet the same hooks, beside flows of another endpoint: none, some, and
  more than the table may hold, of UDP and as SYNs of TCP, with limits under which one
  endpoint may have the whole table. Of manx it is the FORWARD hook, where its flow table
  is looked into, with packets that conntrack has not seen; of conntrack all it does to a
  forwarded packet, in PRE_ROUTING and POST_ROUTING, and a state rule in FORWARD. On the
  stack's way a packet in a manx namespace pays for both. What an endpoint whose share is
  full pays for each packet it sends, a lookup before conntrack, is not in it.
- *A load* is processor time, of tool and kernel together, to bring the rules into an empty
  namespace: `manxctl dp load`'s work, `ipset restore` + `iptables-restore`, `nft -f`. For
  manx the kernel's commit alone stands beside it, from TXN_END to its answer: of
  everything into an empty namespace, and of a table's rules anew, with members as they
  were. What takes a tool more than 20 s is given up.
- *Memory* is the growth of the kernel's unreclaimable slabs, vmalloc and per-CPU memory.
- *One member* is the time from a netlink request to its answer, without any tool: mean of 64
  additions to one set, each a transaction.

Peers: iptables (legacy) with a chain that the pod's packets jump to, peers as ipsets of type
hash:ip or hash:net; nftables with the same list and named sets; and nftables without
rules, every rule multiplied out in user space into verdict maps over concatenations
(`ip daddr . ip protocol . th dport`), where the first match was decided beforehand. The
chains hold nothing else: no dispatch, no marks, as Calico would have.

Policy-shaped lists have one set for ten rules, pods in deployments of ten, and a table of
allowed and denied pairs of a set and a service. ClassBench-shaped ones (acl, fw, ipc) are
drawn by our own synthesiser after published shapes; `bench/shapes.py` has both. For them the
verdict maps are of five fields; a new one begins wherever nftables refuses an overlap or
the answer would depend on which of two overlapping elements is found.
"""


class Results:
	"""Of one kernel."""

	def __init__(self, label, directory):
		self.label = label
		with open(f"{directory}/versions", encoding="ascii") as file:
			self.versions = json.load(file)
		with open(f"{directory}/results", encoding="ascii") as file:
			self.lines = [json.loads(line) for line in file]
		with open(f"{directory}/flows", encoding="ascii") as file:
			self.flows = [json.loads(line) for line in file]
		self.of = {(line["case"], line["form"]): line for line in self.lines}

	def verdict(self, case, form, what="judge"):
		"""Mean; with "bare" of a peer without its state rule."""
		groups = self.of.get((case, form), {}).get(what, {}).get("groups", {})
		means = [groups[name]["mean"] for name in MIX if name in groups]
		return sum(means) / len(means) if means else None

	def load(self, case, form):
		line = self.of.get((case, form), {})
		if "load" not in line:
			return None
		parts = [line["load"], line.get("sets", {})]
		return sum(part.get(kind, 0) for part in parts for kind in ("user", "system"))

	def commit(self, case, what="parts"):
		"""From TXN_END to its answer: everything, or with "again" the table alone."""
		return self.of.get((case, "manx"), {}).get(what, {}).get("txn_end")

	def memory(self, case, form):
		line = self.of.get((case, form), {})
		return line["memory"] if "load" in line else None

	def member(self, case, form):
		return self.of.get((case, form), {}).get("member", {}).get("add", {}).get("mean")

	def node(self, case):
		return self.of.get((case, "manx"), {}).get("node", {})

	def missing(self, case, form, about):
		"""Why there is no figure."""
		if form == "nft-map" and "without_map" in about:
			return f"– ({about['without_map']})"
		return "–" if (case, form) not in self.of else "– (over 20 s)"


def by_form(results, cases, first, title, figure):
	"""A table: a row a case, a column a form."""
	rows = []
	for case, about in cases.items():
		if (case, "manx") not in results.of:
			continue
		rows.append([title(about)] + [figure(case, form) or results.missing(case, form, about)
					      for form in FORMS])
	return table([first, *FORMS.values()], rows)


def rules(about):
	return f"{about['rules']:,}"


def named(about):
	return about["name"].replace("-", " ")


def count_members(about):
	return f"{about['members']:,}"


def verdict_of(results):
	return lambda case, form: cell(results.verdict(case, form))


def bare_of(results):
	return lambda case, form: cell(results.verdict(case, form, "bare" if form != "manx" else "judge"))


def load_of(results):
	return lambda case, form: cell(results.load(case, form), 1e6, 1)


def memory_of(results):
	return lambda case, form: cell(results.memory(case, form), 1024)


def flat(results, cases):
	"""Greatest and least verdict of manx from 10 to 10,000 policy-shaped rules."""
	found = [results.verdict(case, "manx") for case, about in cases.items()
		 if about["rules"] <= 10_000]
	return max(found) / min(found) - 1 if len(found) > 1 else None


def better(results, cases):
	"""Does manx cost less than each peer, and the least lead over the best."""
	leads = []
	for case in cases:
		own = results.verdict(case, "manx")
		peers = [results.verdict(case, form) for form in FORMS if form != "manx"]
		leads += [peer / own for peer in peers if peer and own]
	return min(leads, default=None)


def wanted(results, policy, members):
	rows = []

	def row(*words):
		rows.append(words)

	spread = flat(results, policy)
	if spread is not None:
		row("verdict, 10 to 10,000 rules: spread", "≤ 5 %", f"{spread * 100:.1f} %",
		    spread <= .05)
	lead = better(results, policy)
	if lead:
		row("verdict, best peer / manx, least of all sizes", "> 1", f"{lead:.2f}", lead > 1)
	for name, about in policy.items():
		commit = results.commit(name, "again")
		if about["rules"] == 10_000 and commit:
			row("commit of 10,000 rules", "< 50 ms", f"{commit / 1e6:.1f} ms", commit < 50e6)
	most = max(filter(None, (results.member(case, "manx") for case in members)), default=None)
	if most:
		row("commit of one member, largest set", "< 50 µs", f"{most / 1e3:,.1f} µs",
		    most < 50e3)
	worst = flow_report.worst_hit(results.flows)
	row("packet of a known flow, worst in a flooded table / mean in an empty one", "≤ 1.1",
	    f"{worst:.2f}", worst <= 1.1)
	return targets(rows)


def classbench_targets(results, cases):
	rows = []
	for case in cases:
		if case not in REFERENCE or results.verdict(case, "manx") is None:
			continue
		lookup, build = REFERENCE[case]
		verdict = results.verdict(case, "manx")
		commit = results.commit(case, "again") or results.commit(case)
		rows.append([case.replace("-", " "), f"{lookup:,}", cell(verdict),
			     cell(verdict, lookup, 1), cell(build, 1e6), cell(commit, 1e6, 1),
			     cell(commit, build, 2)])
	return table(["list", "reference lookup, ns", "verdict, instructions", "ratio",
		      "reference build, ms", "commit, ms", "ratio"], rows)


def own(results, cases):
	"""What is known of manx alone."""
	rows = []
	for case in cases:
		node, line = results.node(case), results.of.get((case, "manx"), {})
		if "judge" not in line:
			continue
		groups = line["judge"]["groups"]
		forms = ["cells", "bit vectors"]
		form = node["tables"][0].get("form") if node.get("tables") else None
		rows.append([case.replace("-", " ")] +
			    [cell(groups.get(name, {}).get("mean")) or "–"
			     for name in (*MIX, "allow")] +
			    [cell(results.commit(case), 1e6, 2),
			     cell(results.commit(case, "again"), 1e6, 2) or "–",
			     forms[form] if form is not None else "–",
			     cell(node.get("classes")) or "–", cell(node.get("memory"), 1024) or "–"])
	return table(["case", "early", "middle", "end", "default", "allowed, first of its flow",
		      "commit of all, ms", "of the rules, ms", "form", "classes", "own account, KiB"], rows)


def section(results, policy, members, classbench):
	v = results.versions
	text = f"\n## Linux {results.label} ({v['kernel']}; {v['iptables']}, {v['nft']})\n\n"
	text += wanted(results, policy, members)
	text += "\n### Instructions per verdict\n\n"
	text += by_form(results, policy, "rules", rules, verdict_of(results)) + "\n"
	text += by_form(results, members, "members, 100 rules", count_members,
			verdict_of(results)) + "\n"
	text += by_form(results, classbench, "list, rules", named, verdict_of(results))
	text += "\nClassBench-shaped lists beside a bit-vector classifier that was measured in user\n" \
		"space, with lists of the same shape, on a real processor: its nanoseconds are of\n" \
		"the lookup alone, our instructions of the whole hook.\n\n"
	text += classbench_targets(results, classbench)
	text += "\n### The same, the peers' lists without their state rule: instructions per verdict\n\n"
	text += by_form(results, policy | members | classbench, "case", named, bare_of(results))
	text += "\n### Flows: instructions for one of their packets, and for a first one\n\n"
	text += flow_report.tables(results.flows)
	text += "\n### Loading everything: processor time in ms, tool and kernel\n\n"
	text += by_form(results, policy | members | classbench, "case", named, load_of(results))
	text += "\n### One more member: µs from request to answer\n\n"
	text += by_form(results, members, "members", count_members,
			lambda case, form: cell(results.member(case, form), 1e3, 1) or "–")
	text += "\n### Memory: KiB\n\n"
	text += by_form(results, policy | members | classbench, "case", named, memory_of(results))
	text += "\n### manx in detail: instructions per verdict by place of the deciding rule\n\n"
	return text + own(results, policy | members | classbench)


def panel(results, cases, title, axis, x):
	lines = {}
	for form, name in FORMS.items():
		points = [(about[x], results.verdict(case, form)) for case, about in cases.items()]
		lines[name] = [(at, value) for at, value in points if value]
	return Panel(title, axis, lines)


def main():
	directory, target, *outputs = sys.argv[1:]
	with open(f"{directory}/cases", encoding="ascii") as file:
		names = file.read().split()
	cases = {}
	for name in names:
		with open(os.path.join(directory, name, "about.json"), encoding="ascii") as file:
			cases[name] = json.load(file)
	policy, members, classbench = (
		{n: a for n, a in cases.items() if (a["shape"], a["axis"]) == kind}
		for kind in (("policy", "rules"), ("policy", "members"), ("classbench", "rules")))
	results = [Results(*output.split("=", 1)) for output in outputs]

	first = results[0]
	panels = [panel(first, policy, "by rules, policy-shaped", "rules", "rules"),
		  panel(first, members, "by members of sets, 100 rules", "members", "members")]
	panels = [p for p in panels if any(p.lines.values())]
	head = HEAD.replace("policy.svg", os.path.basename(target) + ".svg")
	write(target, head + "".join(section(r, policy, members, classbench) for r in results),
	      {"cases": cases, "kernels": {r.label: {"versions": r.versions, "results": r.lines,
						     "flows": r.flows} for r in results}},
	      svg("Instructions per verdict, Linux " + first.label, panels) if panels else None)
	print(section(first, policy, members, classbench))


main()
