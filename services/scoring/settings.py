"""Scoring's settings: those of every service."""

from shared.runtime.settings import Settings


class ScoringSettings(Settings):
    """Scoring needs nothing beyond what every service has."""

    database: str = "sihao_scoring"
    """本服务的数据库名。
    Name of this service's database."""
