"""Unified social credit codes 统一社会信用代码 (GB 32100-2015), and the area of the organ that registered the holder.

Digit 1 names the registering organ's branch (5 = 民政), digit 2 the kind of body (1 = 社会团体), digits 3-8 the organ's
area, and the last character checks all others. A code survives every rename.
"""

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from shared.contracts import CENTRE, Area, Level, level_of, parse_area
from shared.kernel.problem import Problem, problem

SOCIAL_ORGANISATION = "51"
"""民政 registered, 社会团体: how every chamber's code begins."""
_MINISTRY = "10"
"""Area digits of 民政部 (100000), which registers national bodies."""
LEVEL_WORDS: dict[Level, str] = {
    "national": "全国",
    "province": "省级",
    "city": "市级",
    "county": "县级",
    "town": "乡镇",
}
"""Levels as people name them."""


def normal(code: str) -> str:
    """The code without spaces and hyphens, in capitals."""
    return uscc.compact(code)


def problem_of(code: str) -> Problem | None:
    """What is wrong with a code, or None: length, alphabet, check character, and that it is a social organisation's."""
    try:
        uscc.validate(code)
    except InvalidLength:
        return _problem("length", "统一社会信用代码应为 18 位", "a credit code has 18 characters")
    except InvalidChecksum:
        return _problem(
            "check",
            f"校验码不符：前 17 位应以“{uscc.calc_check_digit(code[:17])}”结尾（GB 32100-2015）",
            f"the check character should be {uscc.calc_check_digit(code[:17])!r} (GB 32100-2015)",
        )
    except ValidationError:
        return _problem(
            "alphabet",
            "前 8 位应为数字，其余为数字或大写字母（不含 I、O、S、V、Z）",
            "the first 8 are digits, the rest digits or capitals other than I, O, S, V, Z",
        )
    if not code.startswith(SOCIAL_ORGANISATION):
        return _problem(
            "kind",
            f"社会团体的代码以 51 开头，此码以 {code[:2]} 开头",
            f"codes of social organisations begin with 51, this one with {code[:2]}",
        )
    return None


def organ_area(code: str) -> Area:
    """The area of the organ that registered the holder: digits 3-8; `100000` is the centre.

    Raises:
        ValueError: the digits are no area.
    """
    area = parse_area(code[2:8])
    return CENTRE if area == _MINISTRY else area


def area_problem(code: str, area: Area) -> Problem | None:
    """Whether the code names another area than the one declared; both are named."""
    try:
        organ = organ_area(code)
    except ValueError:
        organ = code[2:8]
    if organ == area:
        return None
    return problem(
        "chamber.area-mismatch",
        "area",
        rule=(
            f"信用代码第 3–8 位表明登记机关在 {organ}，填报地区为 {area}",
            f"digits 3-8 of the credit code say the registering organ is in {organ}; declared is {area}",
        ),
        remedy=(
            "请核对代码与地区；如因区划调整或登记机关不同级，请在“区划差异说明”中写明",
            "Check code and area; if boundaries changed or another organ registered it, say so in `area_note`.",
        ),
    )


def level_problem(level: Level, area: Area) -> Problem | None:
    """Whether a chamber of this level can belong to this area's federation; a town's belongs to a county's."""
    fitting = level_of(area)
    if level == fitting or (level == "town" and fitting == "county"):
        return None
    return problem(
        "chamber.level-mismatch",
        "level",
        rule=(
            f"地区 {area} 的工商联为{LEVEL_WORDS[fitting]}，填报级别为{LEVEL_WORDS[level]}",
            f"the federation of area {area} is of level {fitting}; declared is {level}",
        ),
        remedy=(
            "全国级填 CN，省级填 2 位，市级填 4 位，县级和乡镇填 6 位地区代码",
            "National: CN; province: 2 digits; city: 4; county and town: 6.",
        ),
    )


def _problem(code: str, zh: str, en: str) -> Problem:
    return problem(
        f"chamber.code-{code}",
        "code",
        rule=(zh, en),
        remedy=("请按登记证书核对统一社会信用代码", "Compare the code with the registration certificate."),
    )
