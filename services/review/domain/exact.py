"""Exact numbers, rounded once: halves up, to so many places, whatever the surrounding decimal context says."""

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from math import isqrt


def half_up(exact: Fraction, places: int) -> Decimal:
    """A number that is not negative, to so many places."""
    above, below = exact.numerator * 10**places, exact.denominator
    return scaled((2 * above + below) // (2 * below), places)


def root_half_up(exact: Fraction, places: int) -> Decimal:
    """The square root of a number that is not negative, to so many places."""
    doubled = isqrt(4 * 10 ** (2 * places) * exact.numerator // exact.denominator)
    return scaled((doubled + 1) // 2, places)


def total(numbers: Collection[Decimal]) -> Decimal:
    """The sum, with as many places as the longest of them."""
    exponents = [number.as_tuple().exponent for number in numbers]
    places = max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)
    return scaled(int(sum(map(Fraction, numbers), Fraction(0)) * 10 ** max(places, 0)), max(places, 0))


def scaled(number: int, places: int) -> Decimal:
    """A whole number with the point moved: `scaled(253, 2)` is 2.53."""
    return Decimal(f"{number}e-{places}")
