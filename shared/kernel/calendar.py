"""Days as people count them: whole days in China's time (UTC+8, no daylight saving)."""

from datetime import datetime, time, timedelta, timezone

from shared.contracts.text import Text, text

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def end_of_day(start: datetime, days: int) -> datetime:
    """The instant at which the `days`-th day after `start`'s day ends in China: a deadline “within n days”.

    The day of the act is not counted (Civil Code art. 201), the last day counts in full.
    """
    last = start.astimezone(CHINA).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), CHINA)


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
