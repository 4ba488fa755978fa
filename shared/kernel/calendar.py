"""Days as people count them: whole days in China's time (UTC+8, no daylight saving), or its working days.

Which days are worked follows the State Council's yearly notice on holidays: some weekdays are off, and in return some
weekends are worked. A year whose notice the library does not have yet is taken to be worked from Monday to Friday.
"""

from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated

import chinese_calendar
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from shared.contracts.text import Text, text

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
Days = Annotated[int, Field(ge=1, le=366)]
"""A number of days."""


class WorkingDays(BaseModel):
    """A term in working days 工作日."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    working: Days
    """How many."""


Term = Annotated[
    Annotated[Days, Tag("days")] | Annotated[WorkingDays, Tag("working days")],
    Discriminator(lambda given: "working days" if isinstance(given, dict | WorkingDays) else "days"),
]
"""A term as a rule states it: `7`, or `{working: 10}`."""
_FRIDAY = 4
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def end_of_day(start: datetime, days: int) -> datetime:
    """The instant at which the `days`-th day after `start`'s day ends in China: a deadline “within n days”.

    The day of the act is not counted (Civil Code art. 201), the last day counts in full.
    """
    last = start.astimezone(CHINA).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), CHINA)


def end_of(start: datetime, term: Term) -> datetime:
    """The instant at which a term that begins with `start` ends: at the end of its last day, or last working day."""
    if isinstance(term, int):
        return end_of_day(start, term)
    day, left = start.astimezone(CHINA).date(), term.working
    while left:
        day += timedelta(days=1)
        left -= is_worked(day)
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def is_worked(day: date) -> bool:
    """Whether this is a working day in China."""
    try:
        worked: bool = chinese_calendar.is_workday(day)
    except NotImplementedError:  # the library ends before this year
        return day.weekday() <= _FRIDAY
    return worked


def day_words(instant: datetime) -> Text:
    """The day of an instant, in China: `2026年11月21日` / `21 Nov 2026`."""
    here = instant.astimezone(CHINA)
    return text(f"{here.year}年{here.month}月{here.day}日", f"{here.day} {_MONTHS[here.month - 1]} {here.year}")


def time_words(instant: datetime) -> Text:
    """An instant as people read it: `2026年11月21日 23:59（北京时间）` / `21 Nov 2026, 23:59 (China time, UTC+8)`."""
    return _at(day_words(instant), f"{instant.astimezone(CHINA):%H:%M}")


def until_words(end: datetime) -> Text:
    """A deadline. Midnight ends the day before (`2026年11月20日 24:00`), so that nobody reads a day too much."""
    return _at(last_day_words(end), "24:00") if end.astimezone(CHINA).time() == time() else time_words(end)


def last_day_words(end: datetime) -> Text:
    """The last day of a time that ends at this instant."""
    return day_words(end - timedelta(microseconds=1))


def _at(day: Text, clock: str) -> Text:
    return text(f"{day.zh} {clock}（北京时间）", f"{day.en}, {clock} (China time, UTC+8)")
