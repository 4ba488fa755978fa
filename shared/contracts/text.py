"""Text in both languages of the platform: Chinese first, English second."""

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """A sentence that people see, in Chinese and in English; neither may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    zh: str
    """Simplified Chinese."""
    en: str
    """English."""

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def text(zh: str, en: str) -> Text:
    """Short form of `Text(zh=…, en=…)`."""
    return Text(zh=zh, en=en)
