#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""forward_report.py TARGET LABEL=RESULTS...: what bench/forward-vm measured under each kernel,
as TARGET.md and TARGET.json: instructions for a unit of each work, and how many times what
the first layout costs that is."""

import json
import sys

from table import cell, table

UNITS = {"udp": "UDP, a packet", "flows": "{} flows, a packet", "rtt": "TCP, a round trip",
	 "bulk": "TCP, 64 KiB", "connect": "TCP, a connection"}


def heading(work):
	kind, _, argument = work.partition(":")
	return UNITS[kind].format(f"{int(argument):,}" if argument else "")


def compared(line, base):
	value = line["instructions"]
	if value is None:
		return "failed"
	return cell(value) + (f" ({value / base:.2f})" if base else "")


def section(label, lines):
	works = list(dict.fromkeys(line["work"] for line in lines))
	layouts = list(dict.fromkeys(line["layout"] for line in lines))
	of = {(line["layout"], line["work"]): line for line in lines}
	base = {work: of[layouts[0], work]["instructions"] for work in works}
	rows = [[layout.replace(":", ", rules: ")] + [compared(of[layout, work], base[work])
						     for work in works if (layout, work) in of]
		for layout in layouts]
	return f"## Linux {label}\n\n" + table(["layout", *map(heading, works)], rows)


def main():
	target, *outputs = sys.argv[1:]
	results = {}
	for output in outputs:
		label, path = output.split("=", 1)
		with open(path, encoding="ascii") as file:
			results[label] = [json.loads(line) for line in file]
	text = "\n".join(section(label, lines) for label, lines in results.items())
	with open(target + ".md", "w", encoding="utf-8") as file:
		file.write(text)
	with open(target + ".json", "w", encoding="utf-8") as file:
		json.dump(results, file, indent=1)
		file.write("\n")
	print(text)


main()
