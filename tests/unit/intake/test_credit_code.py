"""Credit codes: right ones pass, any wrong character is found, and area and level are compared."""

from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.domain.credit_code import area_problem, level_problem, normal, organ_area, problem_of
from tests.unit.intake.given import credit_code

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
bodies = st.text(ALPHABET, min_size=9, max_size=9)
areas = st.sampled_from(["100000", "350000", "350200", "350203", "110101", "440300"])


@given(areas, bodies)
def test_a_right_code_passes(area: str, body: str) -> None:
    assert problem_of(credit_code(area, body)) is None


@given(areas, bodies, st.integers(2, 17), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_found(area: str, body: str, place: int, other: str) -> None:
    code = credit_code(area, body)
    assume(code[place] != other)
    wrong = problem_of(code[:place] + other + code[place + 1 :])
    assert wrong is not None
    assert wrong.code in {"chamber.code-check", "chamber.code-alphabet"}


@given(areas, bodies, st.integers(8, 16))
def test_two_neighbours_swapped_are_found(area: str, body: str, place: int) -> None:
    code = credit_code(area, body)
    assume(code[place] != code[place + 1])
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert problem_of(swapped) is not None


def test_the_check_character_is_named() -> None:
    code = credit_code()
    wrong = problem_of(code[:17] + ("0" if code[17] != "0" else "1"))
    assert wrong is not None
    assert f"“{code[17]}”" in wrong.rule.zh


def test_length_and_kind_are_named() -> None:
    short, firm = problem_of("5135020"), problem_of("91110000600037341L")
    assert short is not None
    assert short.code == "chamber.code-length"
    assert firm is not None
    assert firm.code == "chamber.code-kind"
    assert "91" in firm.rule.zh


def test_spaces_and_small_letters_do_not_matter() -> None:
    code = credit_code()
    assert normal(f" {code[:8].lower()} {code[8:].lower()}") == code


def test_the_organs_area_is_read_off_the_code() -> None:
    assert organ_area(credit_code("100000")) == "CN"
    assert organ_area(credit_code("350000")) == "35"
    assert organ_area(credit_code("350200")) == "3502"
    assert organ_area(credit_code("350203")) == "350203"


def test_another_area_is_named_on_both_sides() -> None:
    assert area_problem(credit_code("350200"), "3502") is None
    wrong = area_problem(credit_code("350200"), "3501")
    assert wrong is not None
    assert "3502" in wrong.rule.zh
    assert "3501" in wrong.rule.zh
    assert area_problem(credit_code("000000"), "3501") is not None


def test_level_and_area_must_fit() -> None:
    assert level_problem("national", "CN") is None
    assert level_problem("city", "3502") is None
    assert level_problem("county", "350203") is None
    assert level_problem("town", "350203") is None
    assert level_problem("town", "3502") is not None
    assert level_problem("province", "3502") is not None
