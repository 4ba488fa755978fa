"""Intake's own settings, beside those every service has."""

from pathlib import Path

from pydantic import Field

from shared.runtime.settings import Settings


class IntakeSettings(Settings):
    """Read from the environment, prefix `SIHAO_`."""

    keep_every: float = Field(default=1.0, gt=0)
    """两次查看周期是否截止、导入是否完成之间的秒数。
    Seconds between two looks at rounds whose time is over and at lists that were cut off."""
    lines: Path | None = None
    """称号系列文件，写明各由谁授予；默认 `shared/lines/lines.yaml`。
    File with the honour lines and who grants each; by default `shared/lines/lines.yaml`."""
