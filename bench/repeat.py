#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""repeat.py PAGE.json [OTHER.json]: how much two runs of bench/forward differ, the two that
PAGE holds (bench/forward --again) or those of two pages. Prints the cells that differ by
more than LIMIT, and the worst; status 1 if there is any."""

import json
import sys

LIMIT = .005


def differences(lines, others):
	"""{(layout, work): difference} of all that both have measured."""
	known = {(line["layout"], line["work"]): line["instructions"] for line in others}
	found = {}
	for line in lines:
		key = line["layout"], line["work"]
		if line["instructions"] and known.get(key):
			found[key] = known[key] / line["instructions"] - 1
	return found


def named(layout, work, difference):
	return f"{layout}, {work}: {difference * 100:+.2f} %"


def summary(found):
	"""The number of cells, the worst of them, and those beyond the limit, in words."""
	order = sorted(found.items(), key=lambda item: -abs(item[1]))
	words = [named(*key, difference) for key, difference in order]
	return len(order), words[0], words[:sum(abs(d) > LIMIT for _, d in order)]


def main():
	pages = []
	for path in sys.argv[1:3]:
		with open(path, encoding="utf-8") as file:
			pages.append(json.load(file)["kernels"])
	compared = failed = 0
	for label, kernel in pages[0].items():
		others = pages[1].get(label, {}).get("results") if pages[1:] else kernel.get("again")
		if not others:
			continue
		cells, worst, beyond = summary(differences(kernel["results"], others))
		print(f"Linux {label}: {cells} cells, the worst {worst}, {len(beyond)} beyond "
		      f"{LIMIT * 100} %")
		print("".join(f"  {words}\n" for words in beyond), end="")
		compared += 1
		failed += bool(beyond)
	if not compared:
		print("there is no second run")
	sys.exit(bool(failed or not compared))


if __name__ == "__main__":
	main()
