"""Scoring's settings: those of every service."""

from shared.runtime.settings import Settings


class ScoringSettings(Settings):
    """Scoring needs nothing beyond what every service has."""

    database: str = "sihao_scoring"
    """Name of this service's database."""
