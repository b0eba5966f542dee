#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""wall_report.py TARGET LABEL=RESULTS...: what bench/forward-vm measured in several rounds
under each kernel, as TARGET.json: of each layout and work the time for a unit of it, as a ratio
to the same work in the same round through the layout it is held against: floor, or tunl0
where there are two nodes. The median ("ratio") and the quartiles ("low", "high") of the
rounds. Prints a table."""

import json
import statistics
import sys

from table import table


def against(layout):
	return "tunl0" if layout.startswith("tunl0") or "-far" in layout else "floor"


def spread(ratios):
	if len(ratios) < 2:
		return ratios * 3
	return statistics.quantiles(ratios, method="inclusive")


def compared(label, lines):
	of = {(line["round"], line["layout"], line["work"]): line["instructions"] for line in lines}
	cells = dict.fromkeys((line["layout"], line["work"]) for line in lines)
	for layout, work in cells:
		base = against(layout)
		pairs = [(time, of.get((number, base, work))) for (number, *cell), time in of.items()
			 if cell == [layout, work]]
		ratios = [time / other for time, other in pairs if time and other]
		if layout == base or not ratios:
			continue
		low, middle, high = spread(ratios)
		yield {"kernel": label, "layout": layout, "work": work, "ratio": round(middle, 3),
		       "low": round(low, 3), "high": round(high, 3), "rounds": len(ratios),
		       "against": base}


def section(label, runs):
	works = list(dict.fromkeys(run["work"] for run in runs))
	rows = {}
	for run in runs:
		rows.setdefault((run["layout"], run["against"]), {})[run["work"]] = run
	return f"## Linux {label}: time, as a ratio\n\n" + table(
		["layout", "against", *works],
		[[*row] + [f"{found[work]['ratio']:.2f} ({found[work]['low']:.2f} to "
			   f"{found[work]['high']:.2f})" if work in found else "failed"
			   for work in works] for row, found in rows.items()])


def main():
	target, *outputs = sys.argv[1:]
	runs = []
	for output in outputs:
		label, path = output.split("=", 1)
		with open(path, encoding="ascii") as file:
			found = list(compared(label, list(map(json.loads, file))))
		print(section(label, found))
		runs += found
	with open(target + ".json", "w", encoding="ascii") as file:
		json.dump({"runs": runs}, file, indent=1)
		file.write("\n")


main()
