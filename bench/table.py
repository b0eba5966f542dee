# SPDX-License-Identifier: GPL-2.0-only
"""Tables in Markdown."""


def cell(value, scale=1, digits=0):
	return None if value is None else f"{value / scale:,.{digits}f}"


def table(head, rows):
	lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---:"] * len(head)) + "|"]
	return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
