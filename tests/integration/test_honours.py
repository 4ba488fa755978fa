"""An honour's life after the grant, across the services: suspended, reinstated, renamed, carried on after a merger."""

from typing import Any

from demo.data import list_name
from shared.contracts import CENTRE, Chamber
from tests.support.acts import import_chambers, open_round
from tests.support.platform import Platform, codes

LINE, ROUND = "national-sihao", "CN-2018"
PROVINCE = "35"
REASON = {"zh": "合成事由", "en": "a synthetic reason"}
NEW_NAME = "合成更名商会（虚构）"


async def test_an_honour_follows_its_chamber_through_suspension_rename_and_merger(platform: Platform) -> None:
    gone, on = _two(platform)
    await import_chambers(platform, PROVINCE, [gone.code, on.code])
    round_ = await open_round(platform, "CN-2026-H")
    walk = _Walk(platform, gone)
    await walk.decide("", line=LINE, chamber=gone.model_dump(mode="json"), source="合成", **_term())
    await walk.comes(lambda row: row["status"] == "valid")

    await walk.decide(f"/{LINE}/{gone.code}/suspend", cause="inquiry", reason=REASON)
    row = await walk.comes(lambda row: row["status"] == "suspended")
    assert row["suspended_because"] == REASON
    page = (await platform.call("GET", "notify", f"/verify?q={walk.honour}")).text
    assert "已暂停" in page
    assert "certificate.pdf" not in page
    refusal = await platform.call("GET", "review", f"/honours/{walk.honour}/credential")
    assert (refusal.status_code, codes(refusal)) == (404, ["certificate.suspended"])
    await walk.decide(f"/{LINE}/{gone.code}/reinstate", reason=REASON)
    row = await walk.comes(lambda row: row["status"] == "valid")
    assert row["suspended_because"] is None

    await _rename(platform, gone)
    row = await walk.comes(lambda row: row["name_now"] == NEW_NAME)
    assert row["name"] == gone.name
    assert f"/honours/{walk.honour}/certificate.pdf" in row["certificate"]
    assert (await platform.call("GET", "review", f"/honours/{walk.honour}/certificate.pdf")).is_success

    merger = {"into": on.code, "document": "合成批复〔1〕", "since": "2024-01-01"}
    officer = platform.token("officer", area=PROVINCE)
    await platform.done("POST", "intake", f"/chambers/{gone.code}/merger", token=officer, json=merger)
    secretary = platform.token("secretary", chamber=gone.code)
    late = await platform.call(
        "POST", "intake", "/applications", token=secretary, json={"round": round_, "chamber": gone.code}
    )
    assert (late.status_code, codes(late)) == (409, ["chamber.merged"])
    await platform.comes("review", "/honours/pending", token=walk.officer, holds=walk.named)

    await walk.decide(f"/{LINE}/{gone.code}/merger", outcome="carry", reason=REASON)
    row = await walk.comes(lambda row: row["status"] == "superseded" and row["merged_into"])
    carried = f"{LINE}:{on.code}:{ROUND}"
    assert (row["superseded_by"], row["merged_into"]) == (carried, on.code)
    history = await platform.comes(
        "notify", f"/chambers/{on.code}.json", token="", holds=lambda found: bool(found["absorbed"])
    )
    assert [(one["honour"], one["predecessor"], one["status"]) for one in history["honours"]] == [
        (carried, walk.honour, "valid")
    ]
    assert [(one["code"], one["name"]) for one in history["absorbed"]] == [(gone.code, NEW_NAME)]
    table = (await platform.call("GET", "notify", f"/chambers/{gone.code}.csv")).text
    assert walk.honour in table
    await platform.comes("review", f"/honours/{LINE}/{on.code}", token="", holds=lambda rows: bool(rows[0]["origin"]))


class _Walk:
    """One honour, decided about by the centre and looked at by the public."""

    def __init__(self, platform: Platform, chamber: Chamber) -> None:
        self.platform = platform
        self.honour = f"{LINE}:{chamber.code}:{ROUND}"
        self.code = chamber.code
        self.officer = platform.token("officer", area=CENTRE)

    async def decide(self, path: str, **body: Any) -> Any:
        """A decision of the office."""
        said = {"round": ROUND, "document": "合成〔1〕", **body}
        return await self.platform.done("POST", "review", f"/honours{path}", token=self.officer, json=said)

    async def comes(self, holds: Any) -> Any:
        """The honour's line in the public history, once it is so."""
        found = await self.platform.comes(
            "notify", f"/chambers/{self.code}.json", token="", holds=lambda page: bool(holds(page["honours"][0]))
        )
        return found["honours"][0]

    def named(self, rows: list[dict[str, Any]]) -> bool:
        """Whether the honour is among what is left to do, for its merger."""
        return any((row["what"], row["honour"]) == ("merger", self.honour) for row in rows)


def _two(platform: Platform) -> tuple[Chamber, Chamber]:
    """Two chambers of one city of the province that no other test works with."""
    found = [one.chamber for one in platform.scenario.applications if one.chamber.area == "3501"]
    return found[0], found[1]


def _term() -> dict[str, str]:
    return {"valid_from": "2019-01-01T00:00:00+08:00", "valid_until": "2099-01-01T00:00:00+08:00"}


async def _rename(platform: Platform, chamber: Chamber) -> None:
    """The province's next list brings another name."""
    heading, *rows = (platform.scenario.directory / list_name(PROVINCE)).read_text("utf-8-sig").splitlines()
    row = next(row for row in rows if row.partition(",")[0] == chamber.code)
    text = "\n".join([heading, row.replace(chamber.name, NEW_NAME)]) + "\n"
    officer = platform.token("officer", area=PROVINCE)
    await platform.done(
        "POST", "intake", "/chambers/import", token=officer, files={"file": ("list.csv", text.encode())}
    )
