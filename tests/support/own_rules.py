"""The files that the page `docs/own-rules.md` shows, as a province would put them into its folders."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "own-rules.md"
_SHOWN = re.compile(r"<!-- 文件 file: (?P<name>\S+) -->\n```(?:yaml|json)\n(?P<text>.*?)```", re.DOTALL)


def shown() -> dict[str, str]:
    """Every file of the page, by its path in the folder."""
    return {found["name"]: found["text"] for found in _SHOWN.finditer(PAGE.read_text("utf-8"))}


def put(folder: Path, *, under: str = "") -> Path:
    """Write those whose path begins so into a folder; answers the folder."""
    for name, text in shown().items():
        if name.startswith(under):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder / under if under else folder
