"""Bars as SVG: enough for a page of figures, without a drawing library."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_ROW, _LABEL, _WIDTH, _RIGHT = 26, 330, 760, 110
_COLOURS = {"floor": "#9aa5b1", "ours": "#b5282d", "peer": "#4a6fa5"}


class Bar(NamedTuple):
    """One bar."""

    label: str
    value: float
    note: str
    """Written behind it."""
    colour: str = "peer"
    """`floor`, `ours` or `peer`."""


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars, the longest as wide as there is room."""
    height = _ROW * (len(rows) + 1) + 10
    longest = max((row.value for row in rows), default=0) or 1
    room = _WIDTH - _LABEL - _RIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}">',
        "<style>text { font: 13px sans-serif }</style>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows, start=1):
        top = number * _ROW + 4
        width = max(1, round(row.value / longest * room))
        lines += [
            f'<text x="{_LABEL - 8}" y="{top + 15}" text-anchor="end">{escape(row.label)}</text>',
            f'<rect x="{_LABEL}" y="{top + 2}" width="{width}" height="17" fill="{_COLOURS[row.colour]}"/>',
            f'<text x="{_LABEL + width + 6}" y="{top + 15}">{escape(row.note)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
