"""Text in both languages of the platform: Chinese first, English second."""

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """A sentence that people see, in Chinese and in English; neither is left out.

    Further languages may come beside the two, so unknown ones are ignored, as everywhere in an event.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    zh: str
    """Simplified Chinese."""
    en: str
    """English."""

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"


def text(zh: str, en: str) -> Text:
    """Short form of `Text(zh=…, en=…)`."""
    return Text(zh=zh, en=en)
