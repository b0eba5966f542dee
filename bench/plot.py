# SPDX-License-Identifier: GPL-2.0-only
"""Line plots with logarithmic axes, and bars, side by side, as SVG text."""

from collections import namedtuple
from html import escape
from math import ceil, floor, log10

# lines: {name: [(x, y)]}
Panel = namedtuple("Panel", "title axis lines")
# bars: [(name, value, is it one to be seen first)]; limit: (value, name) of a line, or None
Bars = namedtuple("Bars", "title axis bars limit")

COLOURS = ("#c2185b", "#1565c0", "#2e7d32", "#b26a00", "#555555", "#6a1b9a", "#00838f", "#5d4037")
WIDTH, HEIGHT = 560, 400	# of a panel
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 64, 44
LABEL_GAP = 15
COLUMNS = 3			# panels beside each other
NAMES, VALUES = 222, 60		# of bars: left and right of them


def decades(values):
	first = floor(log10(min(values)) + 1e-9)
	return first, max(first + 1, ceil(log10(max(values)) - 1e-9))


def short(exponent):
	value = 10 ** exponent
	for unit, name in (10 ** 6, " M"), (10 ** 3, " k"):
		if value >= unit:
			return f"{value // unit}{name}"
	return str(value)


def text(x, y, words, **attributes):
	more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
	return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def spread(wanted):
	"""{name: y} such that labels do not touch, as near as may be to where their lines end."""
	placed, last = {}, float("-inf")
	for name, y in sorted(wanted.items(), key=lambda item: item[1]):
		last = max(y, last + LABEL_GAP)
		placed[name] = last
	return placed


def grid(x_range, y_range, at_x, at_y, axis):
	parts = []
	for e in range(x_range[0], x_range[1] + 1):
		x = at_x(10 ** e)
		parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>')
		parts.append(text(x, HEIGHT - BOTTOM + 17, short(e), text_anchor="middle"))
	for e in range(y_range[0], y_range[1] + 1):
		y = at_y(10 ** e)
		parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
		parts.append(text(LEFT - 8, y + 4, short(e), text_anchor="end"))
	parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, axis, text_anchor="middle"))
	return parts


def draw(panel, y_range):
	lines = {name: points for name, points in panel.lines.items() if points}
	x_range = decades([x for points in lines.values() for x, _ in points])
	wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

	def at_x(x):
		return LEFT + wide * (log10(x) - x_range[0]) / (x_range[1] - x_range[0])

	def at_y(y):
		return HEIGHT - BOTTOM - high * (log10(y) - y_range[0]) / (y_range[1] - y_range[0])

	parts = grid(x_range, y_range, at_x, at_y, panel.axis)
	parts.append(text(LEFT, TOP - 14, panel.title, font_weight="bold"))
	labels = spread({name: at_y(points[-1][1]) for name, points in lines.items()})
	for (name, points), colour in zip(lines.items(), COLOURS):
		path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in points)
		parts.append(f'<polyline points="{path}" style="stroke:{colour}"/>')
		parts += [f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{colour}">'
			  f'<title>{escape(name)}, {x:,}: {y:,.0f}</title></circle>' for x, y in points]
		parts.append(text(at_x(points[-1][0]) + 8, labels[name] + 4, name, style=f"fill:{colour}"))
	return parts


def draw_bars(panel):
	wide, step = WIDTH - NAMES - VALUES, (HEIGHT - TOP - BOTTOM) / len(panel.bars)
	scale = wide / max(value for _, value, _ in panel.bars)
	parts = [text(LEFT, TOP - 14, panel.title, font_weight="bold"),
		 text(NAMES + wide / 2, HEIGHT - 8, panel.axis, text_anchor="middle")]
	for i, (name, value, first) in enumerate(panel.bars):
		y = TOP + i * step
		parts.append(text(NAMES - 8, y + step / 2 + 4, name, text_anchor="end"))
		parts.append(f'<rect x="{NAMES}" y="{y + 1:.1f}" width="{value * scale:.1f}" '
			     f'height="{step - 3:.1f}" fill="{COLOURS[0] if first else "#90a4ae"}"/>')
		parts.append(text(NAMES + value * scale + 5, y + step / 2 + 4, f"{value:,.0f}"))
	if panel.limit:
		x = NAMES + panel.limit[0] * scale
		parts.append(f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM + 4}" '
			     f'style="stroke:{COLOURS[1]};stroke-dasharray:4"/>')
		parts.append(text(x, HEIGHT - BOTTOM + 17, panel.limit[1], text_anchor="middle",
				  style=f"fill:{COLOURS[1]}"))
	return parts


def svg(title, panels):
	values = [y for p in panels if isinstance(p, Panel)
		  for points in p.lines.values() for _, y in points]
	y_range = decades(values) if values else None
	parts = [
		f'<svg xmlns="http://www.w3.org/2000/svg" '
		f'viewBox="0 0 {WIDTH * min(len(panels), COLUMNS)} {HEIGHT * ceil(len(panels) / COLUMNS)}" '
		f'font-family="sans-serif" font-size="12">',
		"<style>line{stroke:#ddd}polyline{fill:none;stroke-width:2}text{fill:#333}</style>",
		'<rect width="100%" height="100%" fill="#fff"/>',
		text(LEFT, 26, title, font_size="16", font_weight="bold"),
	]
	for i, panel in enumerate(panels):
		parts.append(f'<g transform="translate({i % COLUMNS * WIDTH},{i // COLUMNS * HEIGHT})">')
		parts += draw(panel, y_range) if isinstance(panel, Panel) else draw_bars(panel)
		parts.append("</g>")
	return "\n".join(parts + ["</svg>"]) + "\n"
