"""What must hold in a rubric beyond its shape: codes, sums, and that every name leads somewhere and is used."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from services.scoring.domain.case import Need
from services.scoring.domain.chamber import PROPERTIES
from services.scoring.domain.kinds import Checklist, Judged
from services.scoring.domain.rubric import Clause, Item, Rubric
from shared.contracts.text import Text, text
from shared.kernel.problem import Problem


def faults(rubric: Rubric) -> list[Problem]:
    """Everything that is wrong, in the order of the file."""
    return [*_codes(rubric), *_sums(rubric), *_items(rubric), *_unused(rubric)]


def _fault(field: str, rule: tuple[str, str], remedy: tuple[str, str]) -> Problem:
    return Problem(code="rubric.invalid", field=field, rule=Text(zh=rule[0], en=rule[1]), remedy=text(*remedy))


def _codes(rubric: Rubric) -> Iterator[Problem]:
    clauses = [clause for dimension in rubric.dimensions for clause in dimension.clauses]
    codes = [
        *(item.code for item in rubric.gates),
        *(dimension.code for dimension in rubric.dimensions),
        *(clause.code for clause in clauses),
        *(item.code for clause in clauses for item in clause.items),
    ]
    for code, times in Counter(codes).items():
        if times > 1:
            yield _fault(
                code,
                (f"编码重复 {times} 次", f"the code occurs {times} times"),
                ("每个编码只用一次", "use every code once"),
            )
    for dimension in rubric.dimensions:
        for clause in dimension.clauses:
            yield from _belongs(clause.code, dimension.code)
            for item in clause.items:
                yield from _belongs(item.code, f"{clause.code}.")


def _belongs(code: str, prefix: str) -> Iterator[Problem]:
    if not code.startswith(prefix):
        yield _fault(
            code,
            (f"编码应以 {prefix} 开头", f"the code must begin with {prefix}"),
            ("更正编码，或移到所属条目下", "correct the code, or move it to where it belongs"),
        )


def _sums(rubric: Rubric) -> Iterator[Problem]:
    yield from _sum(rubric.id, rubric.points, [d.points for d in rubric.dimensions])
    for dimension in rubric.dimensions:
        yield from _sum(dimension.code, dimension.points, [c.points for c in dimension.clauses])
        for clause in dimension.clauses:
            yield from _sum(clause.code, clause.points, [i.points for i in clause.items])


def _sum(place: str, whole: Decimal, parts: Iterable[Decimal]) -> Iterator[Problem]:
    total = sum(parts, Decimal(0))
    if total != whole:
        yield _fault(
            f"{place}.points",
            (f"下级分值之和 {total} 不等于 {whole}", f"the parts add up to {total}, not {whole}"),
            (f"调整分值，使之和为 {whole}", f"adjust the points so that they add up to {whole}"),
        )


def _items(rubric: Rubric) -> Iterator[Problem]:
    for item in rubric.gates:
        if item.gate is None:
            yield _fault(
                item.code,
                ("认定范围只能是 gate", "the scope consists of gates"),
                ("改用 kind: gate", "use kind: gate"),
            )
        yield from _item(rubric, item)
    for dimension in rubric.dimensions:
        for clause in dimension.clauses:
            yield from _clause(rubric, clause)


def _clause(rubric: Rubric, clause: Clause) -> Iterator[Problem]:
    for item in clause.items:
        yield from _item(rubric, item)


def _item(rubric: Rubric, item: Item) -> Iterator[Problem]:
    yield from _points(item)
    for place, need in _needs(item):
        if need.name.startswith("$"):
            yield from _parameter(rubric, f"{item.code}.{place}", need)
        elif need.name.startswith("chamber."):
            if need.name.removeprefix("chamber.") not in PROPERTIES:
                yield _unknown(f"{item.code}.{place}", need.name, [f"chamber.{name}" for name in PROPERTIES])
        elif need.name not in item.fields:
            yield _unknown(f"{item.code}.{place}", need.name, item.fields)
        elif need.types and item.fields[need.name].type not in need.types:
            yield _wrong_type(f"{item.code}.{place}", need, item.fields[need.name].type)
    yield from _fields(rubric, item)
    yield from _conditions(item)


def _fields(rubric: Rubric, item: Item) -> Iterator[Problem]:
    for name, field in item.fields.items():
        if field.origin is not None:
            code, _, origin = field.origin.rpartition(".")
            target = rubric.items.get(code)
            if target is None or origin not in target.fields or target.fields[origin].origin is not None:
                yield _unknown(f"{item.code}.fields.{name}.from", field.origin, ["B2.f.firms (…)"])
        if field.type in {"choice", "list"} and not field.choices:
            yield _fault(
                f"{item.code}.fields.{name}.choices",
                ("选择型字段须列出选项", "a field of choices must list them"),
                ("列出选项，或引用 names 参数", "list them, or refer to a parameter of type names"),
            )


def _points(item: Item) -> Iterator[Problem]:
    if item.gate is not None:
        if len(item.rules) > 1 or item.points or item.excludes_if:
            yield _fault(
                item.code,
                ("gate 单独成项，不计分", "a gate stands alone and gives no points"),
                ("删去其分值和其他规则", "remove its points and other rules"),
            )
        return
    shares = sum(rule.share for rule in item.point_rules)
    if shares != 100:  # noqa: PLR2004 - percent
        yield _fault(
            f"{item.code}.rules",
            (f"各规则 share 之和为 {shares} %，应为 100 %", f"the rules' shares add up to {shares} %, not 100 %"),
            ("调整 share", "adjust the shares"),
        )
    if not item.points:
        yield _fault(
            f"{item.code}.points",
            ("计分指标须有分值", "an item that is no gate must have points"),
            ("填写 points", "give it points"),
        )
    if sum(isinstance(rule, Judged) for rule in item.rules) > 1:
        yield _fault(
            f"{item.code}.rules",
            ("每项最多一个 judged", "an item has at most one judged rule"),
            ("合并专家评分", "merge the judged rules"),
        )
    if (item.mark_of * 100).denominator > 1:
        yield _fault(
            f"{item.code}.rules",
            ("专家评分的满分不得超过两位小数", "the experts' maximum must not have more than two decimal places"),
            ("调整 points 或 judged 的 share", "adjust the points or the judged rule's share"),
        )
    if item.excludes_if and not (len(item.rules) == 1 and isinstance(item.rules[0], Checklist)):
        yield _fault(
            f"{item.code}.excludes_if",
            ("一票否决只用于单一 checklist 指标", "only an item with one checklist can exclude"),
            ("拆分该指标，或删去 excludes_if", "split the item, or remove excludes_if"),
        )


def _needs(item: Item) -> Iterator[tuple[str, Need]]:
    for number, rule in enumerate(item.rules):
        for need in rule.needs():
            yield f"rules.{number}.{need.where}", need
    if item.applies_if is not None:
        for need in item.applies_if.needs():
            yield f"applies_if.{need.where}", need
    if item.excludes_if is not None:
        yield "excludes_if", Need("excludes_if", item.excludes_if, ("policy",))
    for name, field in item.fields.items():
        if isinstance(field.choices, str):
            yield f"fields.{name}.choices", Need("choices", field.choices, ("names",))


def _conditions(item: Item) -> Iterator[Problem]:
    demand = item.gate.require if item.gate else None
    for place, condition in (("applies_if", item.applies_if), ("require", demand)):
        if condition is not None and condition.comparisons() != 1:
            yield _fault(
                f"{item.code}.{place}",
                ("每个条件恰有一种比较", "every condition makes exactly one comparison"),
                (
                    "equals、one_of、at_least、at_most、none_since 中取一",
                    "one of equals, one_of, at_least, at_most, none_since",
                ),
            )
    for rule in item.point_rules:
        if isinstance(rule, Checklist):
            listed = rule.field is not None and bool(rule.wanted)
            if listed == bool(rule.fields) or (rule.field is None) != (not rule.wanted):
                yield _fault(
                    f"{item.code}.rules",
                    ("checklist 用 fields，或用 field 加 wanted", "a checklist has fields, or a field with wanted"),
                    ("二者取一", "use one of both"),
                )
            elif rule.field in item.fields and not isinstance(rule.wanted, str):
                choices = item.fields[rule.field].choices
                for name in set(rule.wanted) - set(choices):
                    yield _unknown(f"{item.code}.rules.wanted", name, choices)


def _parameter(rubric: Rubric, place: str, need: Need) -> Iterator[Problem]:
    parameter = rubric.parameters.get(need.name[1:])
    if parameter is None:
        yield _unknown(place, need.name, [f"${name}" for name in rubric.parameters])
    elif parameter.type not in need.types:
        yield _wrong_type(place, need, parameter.type)


def _unused(rubric: Rubric) -> Iterator[Problem]:
    used = {need.name[1:] for item in rubric.items.values() for _, need in _needs(item) if need.name.startswith("$")}
    for name in sorted(set(rubric.parameters) - used):
        yield _fault(
            f"parameters.{name}",
            ("声明的参数没有被任何指标使用", "no item uses this parameter"),
            ("删去该参数，或在指标中引用", "remove it, or refer to it from an item"),
        )


def _unknown(place: str, name: str, known: Iterable[str] | Mapping[str, object]) -> Problem:
    names = ", ".join(sorted(known)) or "—"
    return _fault(
        place,
        (f"没有名为 {name} 的字段或参数", f"there is no field or parameter {name}"),
        (f"改为下列之一：{names}", f"use one of {names}"),
    )


def _wrong_type(place: str, need: Need, actual: str) -> Problem:
    wanted = "/".join(need.types)
    return _fault(
        place,
        (f"{need.name} 的类型是 {actual}，应为 {wanted}", f"{need.name} is of type {actual}, not {wanted}"),
        ("更正类型，或引用别的字段或参数", "correct the type, or refer to something else"),
    )
