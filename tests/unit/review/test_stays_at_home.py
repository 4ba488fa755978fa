"""What a province knows of people stays there: what its events can say at all, and what a case says of all it holds."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.review.domain import moves, officer, opening
from services.review.domain.case import Case, Correction, Decision, Finding, Opinion, OwnValue, Seat, Visit
from services.review.domain.own_fields import TextField
from services.review.domain.stages import OfficersTurn
from shared.contracts import text
from shared.contracts.provinces import PROVINCE_EVENTS
from shared.kernel.actor import Actor
from shared.kernel.change import Due
from tests.unit.review import given

SAID_IN_PUBLIC = {
    "items[].reason": "退回理由，写给商会 / what to correct, for the chamber",
    "reason": "案件或称号终止、裁定、更正的理由，写给商会与公众 / why it ends, a ruling, a correction",
    "remedy": "怎么办 / what to do now",
    "departures[].reason": "主席办公会议未采纳的理由 / why the leaders departed from the list",
    "entries[].why": "名次的理由，由规则写成 / why a place, written by rule",
    "distinction.entries[].why": "同上 / likewise",
    "distinction.title": "称号名 / name of an honour",
    "called": "称号名 / name of an honour",
    "title": "公示、通报的标题 / title of a notice or an announcement",
    "stage_title": "环节名 / name of a stage",
    "normalised": "哪些专家（编号）的评分未标准化 / whose marks, by id, are not normalised",
    "score.gates[].reason": "评分卡原文 / the scorecard, as it was heard",
    "score.shortfalls[].cause": "评分卡原文 / the scorecard, as it was heard",
    "score.shortfalls[].remedy": "评分卡原文 / the scorecard, as it was heard",
}
"""All words that a province's events carry, and what they are for. A new one is thought about here, and in
`docs/own-rules.md`."""
NAMES = {
    "chamber.name": "商会名称 / the chamber",
    "candidates[].chamber.name": "商会名称 / the chamber",
    "evidence[].name": "文件名，由商会自取 / a file's name, as the chamber chose it",
    "document": "文号 / number of a document",
}
"""What else people write as they like."""
IDS_AND_FIGURES = frozenset(
    """
    announcement application approved[] by candidates[].case candidates[].points case cases[] cause cleared[] code
    cohort decision departures[].case deviation distinction.entries[].case distinction.entries[].points
    distinction.line entries[].case entries[].points evidence[].items[] evidence[].media_type excluded[] honour
    items[].item line marks[].highest marks[].item marks[].lowest marks[].of marks[].points mean notice opinion.*
    origin panel passed procedure results[].case results[].points round score.dimensions.* score.gates[].item
    score.items[].computed score.items[].item score.items[].mark_of score.items[].of score.items[].points
    score.pending score.rubric score.shortfalls[].item score.shortfalls[].lost score.total shortlist stage
    superseded_by within
    accepted[].event follows forgotten_here[].id forgotten_here[].subject forgotten_there[].id forgotten_there[].subject
    lacking_here[].id lacking_here[].subject lacking_there[].id lacking_there[].subject sent[].event wanted[]
    """.split()  # noqa: SIM905 - read more easily
)
"""Ids of documents and events, codes of items, decimals."""


def strings(schema: Mapping[str, Any], defs: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Where a body of this schema has text without a fixed form; a text in two languages counts once."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from [path] if name == "Text" else strings(defs[name], defs, path)
    for part in (one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())):
        yield from strings(part, defs, path)
    if "items" in schema:
        yield from strings(schema["items"], defs, f"{path}[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from strings(schema["additionalProperties"], defs, f"{path}.*")
    for name, part in schema.get("properties", {}).items():
        yield from strings(part, defs, f"{path}.{name}" if path else name)
    if schema.get("type") == "string" and not {"enum", "const", "pattern", "format"} & schema.keys():
        yield path


def test_every_word_that_a_province_s_events_can_carry_was_thought_about() -> None:
    found = set()
    for event in PROVINCE_EVENTS:
        schema = event.model_json_schema()
        found |= set(strings(schema, schema.get("$defs", {})))
    assert found == SAID_IN_PUBLIC.keys() | NAMES.keys() | IDS_AND_FIGURES


SECRET = "不得外传"
OFFICER = Actor(id=f"officer-{SECRET}", role="officer", area="35")


def full_case() -> Case:
    """A case in Fujian that holds all that a case can hold of people and of officers' own words."""
    change = opening.hear_score(None, given.scored(), given.NOW)
    assert change
    case = change.state
    said, at = text(SECRET, SECRET), given.NOW
    procedure = given.LIBRARY["province@1"]
    own = TextField(type="text", name="x-35-minutes", title=text("纪要", "Minutes"))
    stages = [s.model_copy(update={"fields": (own,)}) if isinstance(s, OfficersTurn) else s for s in procedure.stages]
    rules = moves.rules_of(case).model_copy(
        update={"procedure": procedure.model_copy(update={"stages": tuple(stages)})}
    )
    return case.but(
        rules=rules,
        own={own.name: OwnValue(value=SECRET, stage="own_level", by=OFFICER, at=at)},
        decisions=(
            Decision(stage="own_level", outcome="pass", by=OFFICER, on_behalf=True, at=at, revision=1, reason=said),
        ),
        visits=(
            Visit(
                stage="own_level",
                at=at,
                visitors=(SECRET,),
                findings=(Finding(item="B1.a", agrees=False, text=said),),
                photos=(),
                reported=at,
                by=OFFICER,
            ),
        ),
        opinion=Opinion(marks={"B1.a": Decimal(1)}, by=OFFICER, at=at),
        seats=(Seat(expert=SECRET, status="marked", marks={"B1.a": Decimal(1)}, reasons={"B1.a": said}),),
        gates_source=SECRET,
    )


def test_no_fact_about_a_case_says_what_the_office_knows_of_people() -> None:
    case = full_case()
    assert SECRET in case.model_dump_json()
    first, last = moves.rules_of(case).procedure.stages
    returned = officer.decide_return(case, officer.Return(by=OFFICER, items=(given.returned("B1.a"),)), given.NOW)
    overdue = returned.state
    assert isinstance(overdue.correction, Correction)
    late = overdue.correction.closes + timedelta(seconds=1)
    changes = [
        moves.take_up(case, first, given.NOW),
        moves.advance(case, given.NOW),
        officer.decide_pass(case, officer.Pass(by=OFFICER, note=text(SECRET, SECRET)), given.NOW),
        returned,
        moves.decline(case, "officer", text("理由", "why"), text("办法", "what to do")),
        moves.nominate(case.but(stage=last.id), 1, 2),
        opening.decline_at_gate(case),
        opening.hear_withdrawal(case, given.withdrawn(), given.NOW),
        opening.on_due(overdue, Due(at=late), late),
    ]
    facts = [fact for change in changes if change for fact in change.facts]
    assert {fact.name for fact in facts} == {
        "case.opened",
        "case.advanced",
        "case.returned",
        "case.declined",
        "case.nominated",
        "case.withdrawn",
    }
    assert [fact.name for fact in facts if SECRET in fact.model_dump_json()] == []
