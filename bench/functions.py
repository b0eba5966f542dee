#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""functions.py COUNTS SYMBOLS [FUNCTION]: a table of what bench/count/count.c counted, by
function: calls and instructions, each for a passage (from one mark to the other) or, if
FUNCTION is given, for one of its calls; and its share. SYMBOLS is /proc/kallsyms of the
same boot. What is beneath a thousandth of all is summed up in the last row but one."""

import sys
from bisect import bisect_right
from collections import Counter

KERNEL = 0xffff800000000000
LEAST_SHARE = .001


def read_counts(lines):
	"""Passages, {address: count}"""
	words, passages = next(lines).split()
	if words != "passages":
		raise SystemExit("no counts")
	return int(passages), {int(a, 16): int(n) for a, n in map(str.split, lines)}


def read_symbols(lines):
	"""Sorted addresses of functions, and their names: [module] where there is one. Where
	several are at an address the first is taken."""
	found = {}
	for line in lines:
		address, kind, *name = line.split()
		if kind in "tTwW" and int(address, 16) >= KERNEL:
			found.setdefault(int(address, 16), " ".join(name))
	addresses = sorted(found)
	return addresses, [found[a] for a in addresses]


def by_function(counts, addresses, names):
	"""Instructions and calls of each. A call executes the first instruction."""
	instructions, calls = Counter(), Counter()
	for address, n in counts.items():
		i = bisect_right(addresses, address) - 1
		name = names[i] if i >= 0 else "?"
		instructions[name] += n
		if i >= 0 and addresses[i] == address:
			calls[name] += n
	return instructions, calls


def divisor(calls, function):
	"""How many calls of it there were."""
	found = sum(n for name, n in calls.items() if name.split()[0] == function)
	if not found:
		raise SystemExit(f"{function} was never called")
	return found


def table(instructions, calls, units):
	total = sum(instructions.values())
	head = f"{'instructions':>12} {'calls':>8} {'share':>7}  function"
	lines, rest = [head], 0
	for name, n in instructions.most_common():
		if n < LEAST_SHARE * total:
			rest += n
			continue
		lines.append(f"{n / units:12,.1f} {calls[name] / units:8.2f} {n / total:7.1%}  {name}")
	for n, name in (rest, "others"), (total, "all"):
		lines.append(f"{n / units:12,.1f} {'':8} {n / max(total, 1):7.1%}  {name}")
	return "\n".join(lines)


def read(counts, symbols, function):
	"""Instructions and calls of each, and by what to divide them."""
	with open(counts, encoding="ascii") as file:
		passages, counted = read_counts(file)
	with open(symbols, encoding="ascii") as file:
		instructions, calls = by_function(counted, *read_symbols(file))
	if not passages:
		raise SystemExit("nothing executed a mark (bench/mark.h)")
	return instructions, calls, divisor(calls, function) if function else passages


def main():
	function = sys.argv[3] if len(sys.argv) > 3 else None
	instructions, calls, units = read(*sys.argv[1:3], function)
	print(f"{units:,} {f'calls of {function}' if function else 'passages'}")
	print(table(instructions, calls, units))


if __name__ == "__main__":
	main()
