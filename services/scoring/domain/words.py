"""How figures are put into words, Chinese first, English second. One place, so that all reasons read alike."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from shared.contracts.text import Text, text


def rounded(exact: Fraction) -> Decimal:
    """An exact number as a decimal with two places, halves upward: the only rounding on the platform's scorecards."""
    above, below = exact.as_integer_ratio()
    return Decimal((200 * above + below) // (2 * below)).scaleb(-2)


def percent(share: Fraction) -> str:
    """A share as people read it: 31/150 → `20.67 %`, 1/2 → `50 %`."""
    above, below = share.as_integer_ratio()
    whole, rest = divmod((20_000 * above + below) // (2 * below), 100)
    return f"{whole}.{rest:02} %" if rest else f"{whole} %"


def joined(parts: Iterable[Text], zh: str = "；", en: str = "; ") -> Text:
    """Several sentences as one."""
    texts = list(parts)
    return texts[0] if len(texts) == 1 else text(zh.join(t.zh for t in texts), en.join(t.en for t in texts))


def not_given(label: Text, period: str | int | None = None) -> Text:
    """The reason of a missing fact."""
    if period is None:
        return text(f"未填报：{label.zh}", f"not given: {label.en}")
    return text(f"{period}：未填报{label.zh}", f"{period}: not given: {label.en}")


def both(sentence: str) -> Text | None:
    """The two halves of `中文 / English`, or None if one is missing."""
    zh, slash, en = sentence.partition(" / ")
    return text(zh.strip(), en.strip()) if slash and zh.strip() and en.strip() else None
