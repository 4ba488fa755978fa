"""What the bulletin tells of an honour: its grant, and every decision about it since."""

from typing import Any

from services.notify.domain.entry import Publication, Said
from shared.contracts import (
    HonourCarried,
    HonourEnded,
    HonourEvent,
    HonourExpired,
    HonourGranted,
    HonourReinstated,
    HonourRevoked,
    HonourSuperseded,
    HonourSuspended,
    Text,
    text,
)


def told(said: Said[Any]) -> Publication | None:
    """The publication of a fact about an honour; None for one recorded from the past, which is no news."""
    event: HonourEvent = said.event
    worded = _worded(event)
    if worded is None:
        return None
    what, zh, en, summary = worded
    name = event.chamber.name
    return Publication(
        f"honour/{event.honour}{what}",
        "honour",
        text(f"{name}：{zh}", f"{name}: {en}"),
        summary,
        said.at,
        f"verify?q={event.honour}",
    )


_Worded = tuple[str, str, str, Text]
"""What changed, its title in both languages, and a sentence."""


def _worded(event: HonourEvent) -> _Worded | None:
    return _held(event) or _decided(event)


def _held(event: HonourEvent) -> _Worded | None:
    """An honour came about, gave way, or its time ended."""
    match event:
        case HonourGranted(document=document, called=called):
            summary = text(f"文号 {document}。", f"Document {document}.")
            if called:
                return "", f"授予“{called.zh}”称号", f"distinguished as {called.en}", summary
            return "", "授予称号", "honour granted", summary
        case HonourCarried(origin=origin, document=document):
            summary = text(
                f"合并后承继 {origin}，文号 {document}。", f"Carries on {origin} after a merger, by {document}."
            )
            return "", "承继称号", "honour carried on", summary
        case HonourSuperseded(by=by):
            summary = text(f"由 {by} 接续。", f"{by} takes its place.")
            return "#superseded", "称号由其他称号接续", "honour superseded", summary
        case HonourExpired():
            return "#expired", "称号到期", "honour expired", text("有效期已满。", "Its time is over.")
    return None


def _decided(event: HonourEvent) -> _Worded | None:
    """A federation decided about it."""
    match event:
        case HonourSuspended(number=number):
            return f"#suspended-{number}", "称号暂停", "honour suspended", _by(event.document, event.reason)
        case HonourReinstated(number=number):
            return f"#reinstated-{number}", "称号恢复", "honour reinstated", _by(event.document, event.reason)
        case HonourEnded():
            return "#ended", "称号随商会终止", "honour ended with its chamber", _by(event.document, event.reason)
        case HonourRevoked():
            return "#revoked", "称号撤销", "honour revoked", _by(event.document, event.reason)
    return None


def _by(document: str, reason: Text) -> Text:
    return text(f"{reason.zh}（{document}）", f"{reason.en} ({document})")
