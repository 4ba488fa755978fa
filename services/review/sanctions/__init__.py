"""The rules of sanctions, as data: for which cause an honour is suspended or revoked, when a plaque is due."""

from pathlib import Path

import yaml

from services.review.domain.sanction import Sanctions

FILE = Path(__file__).parent / "sanctions.yaml"


def load(path: Path = FILE) -> Sanctions:
    """The rules.

    Raises:
        pydantic.ValidationError: the file says something else; the service does not start.
    """
    return Sanctions.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
