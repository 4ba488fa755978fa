"""Intake's own settings, beside those every service has."""

from pydantic import Field

from shared.runtime.settings import Settings


class IntakeSettings(Settings):
    """Read from the environment, prefix `SIHAO_`."""

    keep_every: float = Field(default=1.0, gt=0)
    """两次查看周期是否截止、导入是否完成之间的秒数。
    Seconds between two looks at rounds whose time is over and at lists that were cut off."""
