"""Bar and line charts as SVG text, without a dependency. Readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars", "lines"]

_WIDTH = 720
_LEFT = 210
_COLOURS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#64748b")
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#64748b}.title{font-weight:bold;font-size:14px}"
    ".grid{stroke:#94a3b8;stroke-opacity:.3}</style>"
)


def bars(title: str, unit: str, values: Sequence[tuple[str, float]], *, ours: str = "gravitex") -> str:
    """Horizontal bars, one per value, with the value beside each; logarithmic when they differ by 20 times.

    Names that start with *ours* get the first colour, all others grey.
    """
    largest = max(value for _, value in values)
    smallest = min(value for _, value in values)
    logarithmic = smallest > 0 and largest / smallest > 20
    low = smallest / 2 if logarithmic else 0.0
    rows = []
    for number, (name, value) in enumerate(values):
        part = math.log(value / low) / math.log(largest / low) if logarithmic else value / largest
        colour = _COLOURS[0] if name.startswith(ours) else _COLOURS[-1]
        rows.append(_bar(name, f"{_short(value)} {unit}", part, 40 + 24 * number, colour))
    note = f"{title} ({unit}{', logarithmic' if logarithmic else ''})"
    return _page(note, 50 + 24 * len(values), rows)


def _bar(name: str, label: str, part: float, top: int, colour: str) -> str:
    length = max(1.0, part * (_WIDTH - _LEFT - 110))
    return (
        f'<text x="{_LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="18" fill="{colour}"/>'
        f'<text x="{_LEFT + length + 6:.1f}" y="{top + 13}">{escape(label)}</text>'
    )


def lines(title: str, x: Sequence[float], series: Mapping[str, Sequence[float]], *, unit: str) -> str:
    """Lines over *x*, both axes from zero, the largest values as labels."""
    height, left, right, bottom = 320, 70, _WIDTH - 150, 280
    top_value = max(max(values) for values in series.values())
    parts = [f'<line class="grid" x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>']
    parts += [f'<text x="{left - 6}" y="46" text-anchor="end">{_short(top_value)}</text>']
    parts += [f'<text x="{right}" y="{bottom + 18}" text-anchor="end">{_short(max(x))}</text>']
    for number, (name, values) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [
            (left + a / max(x) * (right - left), bottom - b / top_value * (bottom - 42))
            for a, b in zip(x, values, strict=True)
        ]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{right + 6}" y="{points[-1][1] + 4:.1f}" fill="{colour}">{escape(name)}</text>'
        )
    return _page(f"{title} ({unit})", height, parts)


def _page(title: str, height: int, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}">{_STYLE}'
    )
    return "\n".join(
        [head, f'<text class="title" x="10" y="22">{escape(title)}</text>', *parts, "</svg>", ""]
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
