"""The few pages every service serves itself: the list of its endpoints, and a refusal for people in a browser.

Plain server-rendered HTML without any script and with one style sheet of our own, so that it works in closed networks,
in old browsers and under a strict content security policy.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"
_JINJA = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False)

STYLE = (_TEMPLATES / "sihao.css").read_text()
"""The style sheet that every service serves as `/sihao.css`."""


def page(template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> HTMLResponse:
    """A page of the runtime from one of its own templates."""
    return HTMLResponse(_JINJA.get_template(template).render(**values), status, headers)


def prefers_html(request: Request) -> bool:
    """Whether a browser asks to show a page: its `Accept` begins with HTML."""
    return request.headers.get("accept", "").startswith("text/html")
