"""HTTP for people and officers: recipients, the inbox, and what became of letters.

The words of a letter are for its addressee, an address for those who keep it; offices see only what became of letters.
"""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query

from services.notify.domain import letter as letters
from services.notify.domain import recipient as recipients
from services.notify.domain.letter import Letter, MarkRead, Retry
from services.notify.domain.recipient import Choose, Erase, Profile, Register, Wishes
from services.notify.shapes import (
    Inbox,
    InboxLetter,
    LetterLine,
    LetterPage,
    LettersQuery,
    Listed,
    PeopleQuery,
    PersonId,
    inbox_letter,
    line,
    listed,
)
from services.notify.store import LETTERS, RECIPIENTS, Letters, People, inbox_cursor, list_cursor
from shared.contracts import CENTRE
from shared.kernel.actor import Actor
from shared.kernel.problem import problem
from shared.runtime.access import allow, require_area
from shared.runtime.commands import Commands
from shared.runtime.http import IdempotencyKey, Page, Paging
from shared.runtime.problems import Forbidden, Invalid

Office = Annotated[Actor, allow(officer="own area", operator="any area")]
Person = Annotated[Actor, allow(secretary="self", officer="self", expert="self", operator="self")]
PersonOrOffice = Annotated[Actor, allow(officer="own area", operator="any area", secretary="self", expert="self")]


def router(people: People, post: Letters, commands: Commands, languages: Collection[str] = ()) -> APIRouter:
    """The endpoints; `languages` are the further ones that letters can be said in."""
    routes = APIRouter()
    routes.include_router(_recipients(people, commands, languages))
    routes.include_router(_inbox(post, commands))
    routes.include_router(_letters(post, commands))
    return routes


def _recipients(people: People, commands: Commands, languages: Collection[str]) -> APIRouter:
    routes = APIRouter(prefix="/recipients", tags=["收件人 / recipients"])

    @routes.put("/{person}", summary="登记收件人 / register a recipient")
    async def put(person: PersonId, body: Profile, by: Office) -> Listed:
        """The officer's area covers the person's, before and after."""
        before = await people.get(person)
        for profile in (before.profile if before else None, body):
            if profile is not None:
                require_area(by, profile.area)
        _require_words(languages, body)
        command = Register(id=person, profile=body)
        done = await commands.do(RECIPIENTS, person, command, recipients.register, what="register", by=by)
        return listed(person, done.state)

    @routes.put("/{person}/channels", summary="选择通知方式 / choose channels and language")
    async def choose(person: PersonId, body: Wishes, by: Person) -> Listed:
        """Everyone for himself; an operator for anyone."""
        _require_self(by, person)
        _require_words(languages, body)
        command = Choose(channels=body.channels, language=body.language, further=body.further)
        done = await commands.do(RECIPIENTS, person, command, recipients.choose, what="choose", by=by)
        return listed(person, done.state)

    @routes.delete("/{person}", status_code=204, summary="删除收件人 / erase name and address")
    async def erase(person: PersonId, by: Office) -> None:
        """No more letters; what was written stays, it names no person."""
        require_area(by, recipients.known(await people.get(person)).area)
        await commands.do(RECIPIENTS, person, Erase(), recipients.erase, what="erase", by=by)

    @routes.get("", summary="收件人名单 / list recipients")
    async def listing(query: Annotated[PeopleQuery, Query()], by: Office) -> Page[Listed]:
        """Of the officer's area and below."""
        area = _within(by, query.area)
        found = await people.list(area=area, role=query.role, limit=query.limit, after=query.after)
        after = found[-1][0] if len(found) == query.limit else None
        return Page[Listed](items=tuple(listed(key, recipient) for key, recipient in found), next=after)

    @routes.get("/{person}", summary="收件人 / one recipient")
    async def read(person: PersonId, by: PersonOrOffice) -> Listed:
        """Oneself, or someone in the officer's area."""
        if by.role != "officer" and by.id != person:
            _require_self(by, person)
        found = await people.get(person)
        if by.id != person:
            require_area(by, recipients.known(found).area)
        return listed(person, found)

    return routes


def _inbox(post: Letters, commands: Commands) -> APIRouter:
    routes = APIRouter(prefix="/inbox", tags=["站内信 / inbox"])

    @routes.get("", summary="我的通知 / my letters")
    async def inbox(page: Paging, by: Person) -> Inbox:
        """Unread first, then newest first."""
        found = await post.inbox(by.id, limit=page.limit, after=page.after)
        after = inbox_cursor(found[-1]) if len(found) == page.limit else None
        return Inbox(items=tuple(map(inbox_letter, found)), next=after, unread=await post.unread(by.id))

    @routes.post("/{letter}/read", summary="标为已读 / mark as read")
    async def read(letter: str, by: Person, key: IdempotencyKey) -> InboxLetter:
        """Only one's own."""
        command = MarkRead(by=by.id)
        done = await commands.do(LETTERS, letter, command, letters.mark_read, what="read", by=by, idempotency_key=key)
        return inbox_letter(_known(done.state))

    return routes


def _letters(post: Letters, commands: Commands) -> APIRouter:
    routes = APIRouter(prefix="/letters", tags=["通知 / letters"])

    @routes.get("", summary="通知送达情况 / what became of letters")
    async def listing(query: Annotated[LettersQuery, Query()], by: Office) -> LetterPage:
        """To people of the officer's area and below; neither words nor addresses."""
        area = _within(by, query.area)
        found = await post.list(
            area=area,
            status=query.status,
            channel=query.channel,
            about=query.about,
            limit=query.limit,
            after=query.after,
        )
        after = list_cursor(found[-1]) if len(found) == query.limit else None
        return LetterPage(items=tuple(map(line, found)), next=after, counts=await post.counts(area))

    @routes.post("/{letter}/retry", summary="重发 / send a failed letter again")
    async def retry(letter: str, by: Office, key: IdempotencyKey) -> LetterLine:
        """Say after the address was corrected."""
        require_area(by, _known(await post.get(letter)).draft.area)
        done = await commands.do(LETTERS, letter, Retry(), letters.retry, what="retry", by=by, idempotency_key=key)
        return line(_known(done.state))

    return routes


def _within(by: Actor, area: str) -> str:
    """The area asked for, which must lie in the officer's; asked for everything, an officer gets his own."""
    if area == CENTRE and by.role == "officer" and by.area:
        return by.area
    require_area(by, area)
    return area


def _require_self(by: Actor, person: str) -> None:
    if by.role != "operator" and by.id != person:
        raise Forbidden(
            problem(
                "access.self",
                "token.sub",
                rule=("只能查看和更改本人的设置", "you may see and change your own settings only"),
                remedy=("请由本人登录，或请工商联工作人员登记", "sign in as that person, or ask an officer"),
            )
        )


def _require_words(languages: Collection[str], wishes: Wishes) -> None:
    """A further language must be one that this deployment has.

    Raises:
        Invalid: it has not.
    """
    if wishes.further is not None and wishes.further not in languages:
        known = "、".join(sorted(languages)) or "—"
        raise Invalid(
            problem(
                "recipient.language",
                "further",
                rule=(
                    f"本部署没有语言 {wishes.further}，可选：{known}",
                    f"no language {wishes.further} here; there are: {known}",
                ),
                remedy=("请从中选择，或不填", "choose one of them, or leave it out"),
            )
        )


def _known(letter: Letter | None) -> Letter:
    if letter is None:
        raise letters.unknown()
    return letter
