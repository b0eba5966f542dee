# SPDX-License-Identifier: GPL-2.0-only
"""What bench/flows-vm measured, as tables. Of each line the hooks, by number as in enum
bench_hook, are added up."""

from table import cell, table

PROTOCOLS = {"udp": "UDP", "tcp": "TCP"}


def cost(line, what, protocol, figure):
	"""Of all hooks together; the worst of each is taken to come together."""
	hooks = line[f"{what}-{protocol}"]
	return sum(hooks[hook][figure] for hook in "012" if hook in hooks)


def title(line):
	if line["flows"] < line["limit"]:
		return f"{line['flows']:,}"
	return f"full ({line['limit']:,}), {'SYNs' if line['flood'] == 'tcp' else 'UDP'}"


def of_node(lines, node):
	return [line for line in lines if line["node"] == node]


def worst_hit(lines):
	"""The worst packet of a known flow in a full table, beside the mean in an empty one."""
	empty, *_ = own = of_node(lines, "manx")
	return max(cost(line, "hit", p, "max") / cost(empty, "hit", p, "mean")
		   for line in own for p in PROTOCOLS)


def first_packet(line, protocol):
	refused = line[f"miss-{protocol}"]["refused"]
	words = cell(cost(line, "miss", protocol, "mean"))
	return f"{words} ({refused} refused)" if refused else words


def of_protocol(lines, protocol):
	rows = []
	for pair in zip(of_node(lines, "manx"), of_node(lines, "conntrack")):
		rows.append([title(pair[0])])
		for line in pair:
			rows[-1] += [cell(cost(line, "hit", protocol, "mean")),
				     cell(cost(line, "hit", protocol, "max")),
				     first_packet(line, protocol)]
	head = [f"{PROTOCOLS[protocol]}, beside other flows"]
	for node in "manx", "conntrack":
		head += [f"{node}, known: mean", "worst", "first packet: mean"]
	return table(head, rows)


def tables(lines):
	return "\n".join(of_protocol(lines, protocol) for protocol in PROTOCOLS)
