"""The handler table: what is heard, and which letters one event means."""

from services.notify.domain.audience import Wanted, addressed
from services.notify.domain.entry import Said
from services.notify.domain.letter import Draft
from services.notify.domain.recipient import Profile
from services.notify.handlers import entry, letters, table
from services.notify.store import LETTERS
from services.notify.wording import load_wording
from shared.contracts import EVENTS, ApplicationScored, NoticeOpened, ShortlistSealed
from shared.runtime.handlers import Delivery
from tests.unit.notify.given import NOW, example, profile

WORDING = load_wording("https://sihao.example")
TEMPLATES = {template.name: template for template in WORDING.templates}
DELIVERY = Delivery("event-1", "review", NOW)


class Known:
    """People in memory."""

    def __init__(self, **people: Profile) -> None:
        self.people = people

    async def reached_by(self, want: Wanted) -> list[tuple[str, Profile]]:
        """Everybody who is meant."""
        return [(key, person) for key, person in self.people.items() if addressed(want, person)]


async def drafts(people: Known, name: str, event: object) -> dict[str, Draft]:
    targets = await letters(people, WORDING, TEMPLATES[name])(event, DELIVERY)
    assert all(target.key == target.message.key for target in targets)
    assert len({target.key for target in targets}) == len(targets)
    return {f"{target.message.to}/{target.message.channel}": target.message for target in targets}


def test_every_event_with_a_template_or_a_place_in_the_bulletin_is_heard() -> None:
    heard = {s.event.wire(): [r.kind.collection for r in s.reactions] for s in table(Known(), WORDING)}
    assert set(heard) <= set(EVENTS)
    assert {template.event for template in TEMPLATES.values()} <= set(heard)
    assert heard["notice.opened.v1"] == ["notices", LETTERS.collection, LETTERS.collection]
    assert heard["honour.revoked.v1"] == ["honours", LETTERS.collection]


async def test_one_letter_per_person_and_channel() -> None:
    people = Known(
        sec=profile(),
        province=profile("officer", "35", channels=["inbox"]),
        nation=profile("officer", "CN", channels=[]),
        elsewhere=profile("officer", "44"),
    )
    found = await drafts(people, "shortlist.sealed", example(ShortlistSealed))
    assert sorted(found) == ["province/inbox"]
    found = await drafts(people, "application.scored", example(ApplicationScored))
    assert sorted(found) == ["sec/inbox", "sec/mail"]
    one = found["sec/mail"]
    assert (one.because, one.about, one.area) == ("event-1", example(ApplicationScored).application, "3502")


async def test_letters_name_no_person() -> None:
    people = Known(sec=profile(name="林秘书"))
    for written in (await drafts(people, "application.scored", example(ApplicationScored))).values():
        assert "林秘书" not in written.model_dump_json()
        assert "@" not in written.body.zh.replace("sihao-2019@1", "")


async def test_nobody_to_tell_is_no_letter() -> None:
    assert await drafts(Known(), "application.scored", example(ApplicationScored)) == {}
    scored = example(ApplicationScored, sequence=2)
    silent = scored.model_copy(update={"score": scored.score.model_copy(update={"pending": 0})})
    assert await drafts(Known(sec=profile()), "application.scored", silent) == {}


async def test_an_entry_is_keyed_by_what_the_event_is_about() -> None:
    event = example(NoticeOpened)
    (target,) = await entry(event, DELIVERY)
    assert target.key == event.notice
    assert isinstance(target.message, Said)
    assert target.message.at == NOW
