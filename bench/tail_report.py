#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tail_report.py TARGET LABEL=CLOCK=RESULTS...: what bench/tail-vm measured under each kernel,
as TARGET: a list of runs, each a kernel, a clock (icount, wall), a number of processors, a
layout, a flood (none, small, bulk) into the asked pod (same) or another, its load, and of the
round trips the percentiles (nanoseconds), samples and lost. Of several rounds each figure is
the median, and "low" and "high" are the least and the greatest of each; "ratio" has those three
of each figure held against routed veth in the same round. Prints a table."""

import json
import statistics
import sys

from table import cell, table

BASE = "routed"
FIGURES = ("p50", "p99", "p999", "max")
WHAT = ("layout", "flood", "into", "load")
LOADS = {"small": ("{:,} packets/s", "all it can"), "bulk": ("{:,} x 64 KiB/s", "all it can"),
	 "burst": ("{:,} packets/s, let out every 50 ms", "")}


def load(flood, rate):
	if flood == "none":
		return "none"
	some, most = LOADS[flood]
	return some.format(rate) if rate else most


def ratios(of, base):
	"""Of each figure to that of the base in the same round: median, least and greatest."""
	found = {}
	for figure in FIGURES:
		each = [a[figure] / b[figure] for a, b in zip(of, base) if b[figure]]
		if each:
			found[figure] = [round(f(each), 3) for f in (statistics.median, min, max)]
	return found


def merged(label, clock, lines):
	rounds = {}
	for line in lines:
		line["load"] = load(line["flood"], line["load"])
		if line["flood"] == "burst":
			line["flood"] = "small"
		rounds.setdefault(tuple(line[key] for key in WHAT), []).append(line)
	for what, of in rounds.items():
		run = {"kernel": label, "clock": clock, "cpus": 1 if clock == "icount" else 2}
		run |= dict(zip(WHAT, what))
		for figure in FIGURES:
			run[figure] = statistics.median(line[figure] for line in of)
		run["samples"] = sum(line["samples"] for line in of)
		run["lost"] = sum(line["lost"] for line in of)
		run["rounds"] = len(of)
		run["ratio"] = ratios(of, rounds.get((BASE, *what[1:]), []))
		run["low"] = {figure: min(line[figure] for line in of) for figure in FIGURES}
		run["high"] = {figure: max(line[figure] for line in of) for figure in FIGURES}
		yield run


def row(run):
	return ([f"{run['flood']} into {run['into']}, {run['load']}" if run["flood"] != "none"
		 else "none", run["layout"].replace(":", ", rules: ")] +
		[cell(run[figure] / 1000) for figure in FIGURES] +
		[f"{run['lost']} of {run['samples']:,}"])


def tables(runs):
	"""Of each kernel and clock, runs of the same flood beside each other."""
	parts = []
	for label, clock in dict.fromkeys((run["kernel"], run["clock"]) for run in runs):
		found = [run for run in runs if (run["kernel"], run["clock"]) == (label, clock)]
		order = list(dict.fromkeys((run["flood"], run["into"], run["load"]) for run in found))
		found.sort(key=lambda run: order.index((run["flood"], run["into"], run["load"])))
		parts.append(f"### Linux {label}, {clock}: microseconds\n\n" +
			     table(["flood", "layout", "p50", "p99", "p99.9", "longest", "lost"],
				   map(row, found)))
	return "\n".join(parts)


def main():
	target, *outputs = sys.argv[1:]
	runs = []
	for output in outputs:
		label, clock, path = output.split("=", 2)
		with open(path, encoding="ascii") as file:
			runs += merged(label, clock, map(json.loads, file))
	print(tables(runs))
	with open(target, "w", encoding="utf-8") as file:
		json.dump({"runs": runs}, file, indent=1)
		file.write("\n")


if __name__ == "__main__":
	main()
