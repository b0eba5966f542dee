# SPDX-License-Identifier: GPL-2.0-only
"""The page of what bench/ipam measured."""

import statistics

import page
from plot import Panel, svg
from table import table

FLAT = 1.5	# how often the last may be the first, to be called flat

HEAD = """# Address management: what it costs to give addresses

`make bench-ipam` writes this page, `ipam.json` with every figure, and the plot. Nothing here
is edited by hand.

![milliseconds for an address](ipam.svg)

How it is measured:

- On the machine itself, by its wall clock, with two processors that the store shares with
  those who ask it; figures move with what else the machine does. The load in the last minute
  was {load:.1f}. Databases, etcd's data and host-local's files are on the same disk.
- manx: a process is a node, or several, each with its own connection to the store and its own
  cache, and asks for one address after the other, as manxd does for an ADD: guards, address,
  handle and an endpoint of 800 octets in one transaction. What has a rate also gives back
  what it has beyond 40 addresses, which is not in the times, but in the rate.
- host-local, of Debian's containernetworking-plugins, is a program that is started for each
  address; manx has manxd instead. What starting a program costs here is told beside it
  (`/bin/true`). host-local does not wait for the disk, and knows of one machine alone.
- Fills and blocks are measured {rounds} times, in turn, all stores in each; the percentiles are
  of all of them together, the first is the least.
- *The disk*: appending 4 KiB to a file and fdatasync(), which is what each commit has to wait
  for at least.
"""


def ms(value):
	return f"{value:,.2f}"


def row(name, of):
	return [name, f"{of['rate']:,.0f}" if "rate" in of else "", ms(of["p50"]), ms(of["p99"]),
		ms(of["max"])]


def rates(data):
	n = data["processes"]
	first, last = data["sync"]["1"], data["sync_after"]
	rows = [row("the disk, one process", first), row("the disk, one process, in the end", last),
		row(f"the disk, {n} processes", data["sync"][str(n)])]
	for key, words in ("one", "one process"), ("many", f"{n} processes"):
		for name, of in data[key].items():
			rows.append(row(f"{'/bin/true' if name == 'true' else name}, {words}", of))
	return "## Addresses\n\n" + table(["what", "a second", "p50 ms", "p99 ms", "longest ms"], rows)


def fills(data):
	head = ["tenth"] + [f"{i}" for i in range(1, 10)]
	rows = [[name] + [ms(of["p50"]) for of in tenths] for name, tenths in data["fill"].items()]
	size = 2 ** data["how"]["fill"]
	return (f"## From empty to nine tenths of a pool of {size:,}, p50 in ms\n\n" + table(head, rows))


def beside(data):
	rows = [[f"{name}, {int(n):,}", ms(of["first"]), ms(of["p50"]), ms(of["p99"])]
		for name, found in data["blocks"].items() for n, of in found.items()]
	return ("## Beside so many blocks of others\n\n" +
		table(["store, blocks", "first ms", "p50 ms", "p99 ms"], rows))


def called(requests):
	return ", ".join(f"{n:.2f} {name}" for name, n in sorted(requests.items(), key=lambda i: -i[1]))


def clusters(data):
	of, w = data["scale"], data["watchers"]
	return f"""## A cluster on etcd

- {of['nodes']:,} nodes with {of['pods']} pods each, in {data['processes']} processes, took
  {of['seconds']:,.0f} s: {of['rate']:,.0f} addresses a second, p50 {ms(of['p50'])} ms, p99
  {ms(of['p99'])} ms, longest {ms(of['max'])} ms; {of['conflicts']:,} transactions met a conflict.
- For each address etcd got {called(of['requests'])} and used {of['cpu_us']:,.0f} µs of a processor.
- {of['verified']:,} addresses were then read with etcdctl: each one is given once, to the pod that
  was told so.
- {w['watchers']:,} watchers with a connection each: a change was with the last of them after
  {ms(w['p50'])} ms (p50), {ms(w['p99'])} ms (p99). etcd used {ms(w['cpu_ms'])} ms of a processor for
  a change, {w['delivery_us']:.0f} µs for each watcher that is told of it, beside
  {w['idle'] * 100:.1f} % of a processor while nothing changes. Requests for a change, of all
  together: {called(w['requests'])}.
"""


def flatness(data):
	"""Of fills the last three tenths by the first three, of blocks the most by the fewest."""
	found = []
	for name, tenths in data["fill"].items():
		each = [of["p50"] for of in tenths]
		found.append((f"{name}, 0 to 90 % full",
			      statistics.median(each[-3:]) / statistics.median(each[:3])))
	for name, blocks in data["blocks"].items():
		order = sorted(blocks, key=int)
		found.append((f"{name}, {order[0]} to {int(order[-1]):,} blocks",
			      blocks[order[-1]]["p50"] / blocks[order[0]]["p50"]))
	return found


def targets(data):
	rows = [[what, f"at most {FLAT}", f"{ratio:.2f}", ratio <= FLAT]
		for what, ratio in flatness(data) if not what.startswith("host-local")]
	return ("## Whether it is flat\n\nThe p50 of the last three tenths to that of the first three "
		"(medians), of most blocks\nto fewest.\n\n" + page.targets(rows))


def picture(data):
	filled = {name: [((i + 1) * 10, of["p50"] * 1000) for i, of in enumerate(tenths)]
		  for name, tenths in data["fill"].items()}
	beside_ = {name: [(int(n), of["p50"] * 1000) for n, of in found.items()]
		   for name, found in data["blocks"].items()}
	return svg("Microseconds for an address, p50",
		   [Panel("as a pool fills", "percent of the pool", filled),
		    Panel("beside blocks of others", "blocks", beside_)])


def write(target, data):
	text = "\n".join([HEAD.format(load=data["load"], rounds=data["how"]["rounds"]), rates(data), fills(data), beside(data),
			  targets(data), clusters(data)])
	page.write(target, text, data, picture(data))
