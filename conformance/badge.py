"""The report as a badge: an SVG, or, for a name that ends with `.json`, an endpoint of shields.io."""

import json
from pathlib import Path

from conformance.report import verdict
from conformance.run import Report

_LABEL = "四好 conformance"
_COLOURS = {"passed": ("brightgreen", "#2e7d32"), "failed": ("red", "#c62828"), "not_checked": ("yellow", "#b26a00")}
_LETTER, _PAD = 7, 10
"""Width of a letter and of the margin, in pixels."""


def write(report: Report, path: Path) -> None:
    """Write it."""
    path.write_text(_endpoint(report) if path.suffix == ".json" else _svg(report), encoding="utf-8")


def message(report: Report) -> str:
    """What it says: `37/40 passed`, `40/40`, or `2 failed`."""
    failed, passed = len(report.of("failed")), len(report.of("passed"))
    return f"{failed} failed" if failed else f"{passed}/{len(report.results)} passed"


def _endpoint(report: Report) -> str:
    colour = _COLOURS[verdict(report)][0]
    told = {"schemaVersion": 1, "label": _LABEL, "message": message(report), "color": colour}
    return json.dumps(told, ensure_ascii=False) + "\n"


def _svg(report: Report) -> str:
    said, colour = message(report), _COLOURS[verdict(report)][1]
    left, right = _width(_LABEL), _width(said)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{_LABEL}: {said}">
  <title>{_LABEL}: {said}</title>
  <rect width="{left}" height="20" fill="#444"/>
  <rect x="{left}" width="{right}" height="20" fill="{colour}"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left / 2:g}" y="14">{_LABEL}</text>
    <text x="{left + right / 2:g}" y="14">{said}</text>
  </g>
</svg>
"""


def _width(words: str) -> int:
    """Chinese letters are twice as wide."""
    return sum(_LETTER * (1 + (letter > "\u2e80")) for letter in words) + _PAD
