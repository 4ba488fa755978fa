"""Grafana's dashboards, made of these small definitions: `deploy/observe/dashboards/*.json`."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dev.dashboards import overview, province, round_, service

PLACE = Path("deploy/observe/dashboards")
ALL = (overview.board, service.board, province.board, round_.board)


def documents() -> dict[Path, str]:
    """One file per dashboard, under its uid."""
    found = {}
    for make in ALL:
        board = make().build()
        text = JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(board)
        found[PLACE / f"{board.uid}.json"] = text + "\n"
    return found
