# SPDX-License-Identifier: GPL-2.0-only
"""What the pages in docs/bench have in common."""

import json

from table import table

CLOCK = """- Debian's kernels under QEMU's emulator with one processor and `-icount shift=0`: the
  machine's clock counts instructions, one a nanosecond. Caches and branch prediction do not
  exist there; figures repeat, and say how much work is done, not how long it takes on a
  given processor.
"""


def targets(rows):
	"""Rows of what, what is wanted, what was found, and whether that is met."""
	return table(["target", "wanted", "found", "met"],
		     [[*words, "yes" if met else "**no**"] for *words, met in rows])


def write(target, text, data, picture):
	"""TARGET.md, TARGET.json, and TARGET.svg if there is a picture."""
	with open(target + ".md", "w", encoding="utf-8") as file:
		file.write(text)
	with open(target + ".json", "w", encoding="utf-8") as file:
		json.dump(data, file, indent=1)
		file.write("\n")
	if picture:
		with open(target + ".svg", "w", encoding="utf-8") as file:
			file.write(picture)
