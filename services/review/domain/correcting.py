"""Corrections of a public notice 公示更正: every version stays, with its time and the reason for the next one.

While the window is open the office may mend the title, and strike off whoever has ended meanwhile: withdrawn, or
excluded by a gate looked at again. An objection is answered by a ruling, and nobody is added: that is another notice.
Where the correction matters, the window begins anew, in full. All of this is our default.
"""

from datetime import datetime

from pydantic import Field

from services.review.domain.notice import Notice, known
from shared.contracts.notices import NoticeCorrected
from shared.contracts.text import Text
from shared.kernel.calendar import Term, end_of, until_words
from shared.kernel.change import Change
from shared.kernel.command import Command, refused

MOST_VERSIONS = 10
"""Versions that fit one notice: it is one document. Our limit."""


class Correct(Command):
    """Correct the notice."""

    reason: Text
    title: Text | None = None
    strike: tuple[str, ...] = ()
    """Cases to be struck off."""
    restart: bool = False
    """Whether the window begins anew."""
    window_days: Term = Field(exclude=True)
    ended: tuple[str, ...] = Field(exclude=True)
    """Of the cases on the notice those that have ended."""


def correct(notice: Notice | None, command: Correct, now: datetime) -> Change[Notice]:
    """Publish the next version.

    Raises:
        Refused: the window has passed, nothing changes, somebody is struck off who still stands, or too many versions.
    """
    notice = known(notice)
    _check(notice, command, now)
    left = tuple(candidate for candidate in notice.candidates if candidate.case not in command.strike)
    corrected = notice.but(
        title=command.title or notice.title,
        closes=end_of(now, command.window_days) if command.restart else notice.closes,
        candidates=left,
        earlier=notice.versions,
        corrected=now,
        correction=command.reason,
        corrected_by=command.by,
    )
    fact = NoticeCorrected(
        area=notice.jurisdiction,
        notice=notice.id,
        round=notice.round,
        number=len(corrected.versions),
        title=corrected.title,
        opens=notice.opens,
        closes=corrected.closes,
        candidates=left,
        reason=command.reason,
        at=now,
    )
    return Change(corrected, (fact,))


def _check(notice: Notice, command: Correct, now: datetime) -> None:
    if now >= notice.closes:
        until = until_words(notice.closes)
        raise refused(
            "notice.closed",
            "notice.closes",
            rule=(
                f"公示期已于 {until.zh} 结束，不再更正。",
                f"The window ended on {until.en}; it is not corrected any more.",
            ),
            remedy=("请在通报中说明。", "Say so in the announcement."),
        )
    if not (command.strike or command.restart or command.title not in (None, notice.title)):
        raise refused(
            "notice.unchanged",
            "title",
            rule=("更正没有改变任何内容。", "Nothing would change."),
            remedy=(
                "请填写新的标题、撤下的案件，或重新起算公示期。",
                "Give a title, cases to strike off, or a new window.",
            ),
        )
    here = {candidate.case for candidate in notice.candidates}
    if standing := sorted(case for case in command.strike if case not in here or case not in command.ended):
        raise refused(
            "notice.still-stands",
            "strike",
            rule=(
                f"案件 {standing[0]} 不在公示名单中，或尚未终结。",
                f"Case {standing[0]} is not on the notice, or has not ended.",
            ),
            remedy=(
                "只能撤下已撤回或经复核资格条件终结的案件；有异议的请裁定。",
                "Only those withdrawn or ended at a gate are struck off; an objection is ruled on.",
            ),
        )
    if len(notice.versions) >= MOST_VERSIONS:
        raise refused(
            "notice.versions",
            "notice",
            rule=(f"本次公示已有 {MOST_VERSIONS} 个版本。", f"This notice has {MOST_VERSIONS} versions."),
            remedy=("请另行公示。", "Open another notice."),
        )
