"""The bulletin: any order and any repeats of the same events give the same entries, each published once."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain import announcement, honour, notice, rounds
from services.notify.domain.entry import Entry
from services.notify.domain.honour import HonourEntry
from services.notify.domain.notice import NoticeEntry
from shared.contracts import (
    AnnouncementMade,
    BulletinPublished,
    Event,
    HonourExpired,
    HonourGranted,
    HonourRecorded,
    HonourRevoked,
    HonourSuperseded,
    NoticeClosed,
    NoticeCorrected,
    NoticeOpened,
    ObjectionFiled,
    ObjectionRuled,
    RoundClosed,
    RoundOpened,
)
from shared.kernel.canonical import digest
from tests.unit.notify.given import NOW, example, hear

Heard = tuple[Callable[..., Any], Event, int]
"""A decider, an event, and its hour."""

ROUND: list[Heard] = [
    (rounds.on_opened, example(RoundOpened), 0),
    (rounds.on_closed, example(RoundClosed, round=example(RoundOpened).round.code), 9),
]
_OF_NOTICE = {"notice": "n-1", "round": "CN-2020"}
NOTICE: list[Heard] = [
    (notice.on_opened, example(NoticeOpened, **_OF_NOTICE), 0),
    (notice.on_filed, example(ObjectionFiled, number=1, **_OF_NOTICE), 1),
    (notice.on_filed, example(ObjectionFiled, number=2, **_OF_NOTICE), 2),
    (notice.on_corrected, example(NoticeCorrected, number=2, **_OF_NOTICE), 2),
    (notice.on_ruled, example(ObjectionRuled, number=1, **_OF_NOTICE), 3),
    (notice.on_ruled, example(ObjectionRuled, number=2, outcome="dismissed", **_OF_NOTICE), 4),
    (notice.on_closed, example(NoticeClosed, **_OF_NOTICE), 5),
    (notice.on_opened, example(NoticeOpened, ".minimal", **_OF_NOTICE), 0),
]
HONOUR: list[Heard] = [
    (decide, example(event, honour="h-1"), hour)
    for hour, (decide, event) in enumerate(
        [
            (honour.on_granted, HonourGranted),
            (honour.on_superseded, HonourSuperseded),
            (honour.on_expired, HonourExpired),
            (honour.on_revoked, HonourRevoked),
        ]
    )
]
PAST: list[Heard] = [
    (honour.on_recorded, example(HonourRecorded, honour="h-0", superseded_by=None), 0),
    *((decide, event.model_copy(update={"honour": "h-0"}), hour) for decide, event, hour in HONOUR[1:]),
]
ANNOUNCEMENT: list[Heard] = [(announcement.on_made, example(AnnouncementMade), 0)]
LIVES = {"round": ROUND, "notice": NOTICE, "honour": HONOUR, "past": PAST, "announcement": ANNOUNCEMENT}


def live(heard: Sequence[Heard]) -> tuple[Entry, list[BulletinPublished]]:
    """The entry after these events, and what it published on the way."""
    entry: Entry | None = None
    published: list[BulletinPublished] = []
    for decide, event, hour in heard:
        change = hear(decide, entry, event, NOW + timedelta(hours=hour))
        if change:
            entry = change.state
            published += change.facts
    assert entry is not None
    return entry, published


@pytest.mark.parametrize("name", LIVES)
@given(data=st.data())
def test_any_order_and_any_repeats_give_the_same_end(name: str, data: st.DataObject) -> None:
    whole = LIVES[name]
    repeats = data.draw(st.lists(st.sampled_from(whole), max_size=6))
    order = data.draw(st.permutations(whole + repeats))
    entry, published = live(order)
    expected, once = live(whole)
    assert entry == expected
    assert digest(entry.model_dump(mode="json")) == digest(expected.model_dump(mode="json"))
    assert sorted(p.entry for p in published) == sorted({p.entry for p in once})


@pytest.mark.parametrize("name", LIVES)
def test_an_entry_survives_its_way_through_the_store(name: str) -> None:
    entry, _ = live(LIVES[name])
    assert type(entry).model_validate(entry.model_dump(mode="json")) == entry


@pytest.mark.parametrize("name", ["round", "notice", "honour"])
def test_nothing_is_published_before_the_fact_that_names_it(name: str) -> None:
    first_of = {step[0] for step in LIVES[name][:1]}
    entry, published = live([step for step in LIVES[name] if step[0] not in first_of])
    assert published == []
    assert entry.publications() == ()


def test_a_notice_lists_its_versions_in_order() -> None:
    entry, published = live(NOTICE[:-1])
    assert [p.id for p in entry.publications()] == [
        "notice/n-1",
        "notice/n-1#objection-1",
        "notice/n-1#objection-2",
        "notice/n-1#version-2",
        "notice/n-1#ruling-1",
        "notice/n-1#ruling-2",
        "notice/n-1#closed",
    ]
    assert [p.kind for p in published] == [
        "notice",
        "objection",
        "objection",
        "notice",
        "ruling",
        "ruling",
        "closing",
    ]


def test_a_notice_and_an_announcement_of_the_same_id_are_two_things() -> None:
    same = "CN-2020@CN-1"
    one, _ = live([(notice.on_opened, example(NoticeOpened, notice=same), 0)])
    other, _ = live([(announcement.on_made, example(AnnouncementMade, announcement=same), 0)])
    assert {p.id for p in one.publications()} & {p.id for p in other.publications()} == set()


def test_an_open_objection_names_nobody() -> None:
    entry, published = live(NOTICE[:2])
    assert isinstance(entry, NoticeEntry)
    name = example(ObjectionFiled).chamber.name
    assert all(name not in p.title.zh + p.summary.zh for p in entry.publications() if p.kind == "objection")
    assert all(name not in p.title.zh for p in published if p.kind == "objection")
    assert entry.objections()[0].ruling is None


def test_the_window_of_a_notice() -> None:
    entry, _ = live(NOTICE[:1])
    assert isinstance(entry, NoticeEntry)
    event = example(NoticeOpened)
    moment = timedelta(milliseconds=1)
    assert entry.window(event.opens - moment) == "ahead"
    assert entry.window(event.opens) == "open"
    assert entry.window(event.closes - moment) == "open"
    assert entry.window(event.closes) == "over"
    closed, _ = live(NOTICE)
    assert isinstance(closed, NoticeEntry)
    assert closed.window(event.opens) == "closed"


@pytest.mark.parametrize(
    ("heard", "status"),
    [
        (HONOUR[:1], "valid"),
        (HONOUR[:2], "superseded"),
        (HONOUR[:3], "superseded"),
        ([HONOUR[0], HONOUR[2]], "expired"),
        (HONOUR, "revoked"),
        (HONOUR[1:], "unlisted"),
    ],
)
def test_a_revocation_outweighs_a_successor_and_a_successor_the_end(heard: list[Heard], status: str) -> None:
    entry, _ = live(heard)
    assert isinstance(entry, HonourEntry)
    assert entry.status == status


def test_an_honour_of_the_past_stands_in_the_register_and_is_no_news() -> None:
    entry, published = live(PAST[:1])
    assert isinstance(entry, HonourEntry)
    assert (entry.status, published) == ("valid", [])
    row = entry.row(NOW)
    assert row is not None
    assert row.document == example(HonourRecorded).document
    ended, told = live(PAST[:2])
    assert (ended.status, len(told)) == ("superseded", 1)


def test_a_past_recorded_with_its_successor_is_superseded_from_the_start() -> None:
    entry, _ = live([(honour.on_recorded, example(HonourRecorded, honour="h-0", superseded_by="h-1"), 0)])
    assert isinstance(entry, HonourEntry)
    row = entry.row(NOW)
    assert row is not None
    assert (row.status, row.superseded_by) == ("superseded", "h-1")


def test_what_holds_depends_on_the_day_even_before_the_expiry_is_heard() -> None:
    entry, _ = live(HONOUR[:1])
    assert isinstance(entry, HonourEntry)
    event = example(HonourGranted)
    second = timedelta(seconds=1)
    standing = [
        entry.row(at).status
        for at in (event.valid_from - second, event.valid_from, event.valid_until - second, event.valid_until)
    ]
    assert standing == ["upcoming", "valid", "valid", "expired"]


def test_a_row_of_the_register_is_data() -> None:
    entry, _ = live(HONOUR)
    assert isinstance(entry, HonourEntry)
    row, granted, revoked = entry.row(NOW), example(HonourGranted), example(HonourRevoked)
    assert row
    assert (row.honour, row.line, row.round, row.document) == ("h-1", granted.line, granted.round, granted.document)
    assert (row.code, row.name, row.area) == (granted.chamber.code, granted.chamber.name, granted.chamber.area)
    assert (row.revoked_by, row.revoked_because) == (revoked.document, revoked.reason)
    assert live(HONOUR[1:])[0].row(NOW) is None
