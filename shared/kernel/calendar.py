"""Days as people count them: whole days in China's time (UTC+8, no daylight saving)."""

from datetime import datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def end_of_day(start: datetime, days: int) -> datetime:
    """The instant at which the `days`-th day after `start`'s day ends in China: a deadline “within n days”.

    The day of the act is not counted (Civil Code art. 201), the last day counts in full.
    """
    last = start.astimezone(CHINA).date() + timedelta(days=days)
    return datetime.combine(last + timedelta(days=1), time(), CHINA)


def local_words(instant: datetime) -> str:
    """An instant as people read it: `2026-11-21 23:59（北京时间 / China time）`."""
    return instant.astimezone(CHINA).strftime("%Y-%m-%d %H:%M（北京时间 / China time）")
