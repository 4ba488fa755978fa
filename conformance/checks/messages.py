"""C-ENV, C-SCH, C-EXT, C-ARE-1, C-DUP-3: every message that was announced, looked at by itself."""

import re
from datetime import datetime

from conformance.bench import SEALED, Bench
from conformance.ledger import Heard
from conformance.schemas import faults, known_fields
from shared.contracts import EVENTS, covers, parse_area, routing_words
from shared.contracts.provinces import PROVINCE_MAY_WRITE

_REQUIRED = ("ce-id", "ce-type", "ce-source", "ce-subject", "ce-time")


def messages(bench: Bench) -> None:
    """Every message, repeats included."""
    bodies: dict[str, tuple[str, bytes]] = {}
    for one in bench.ledger.heard:
        _envelope(bench, one)
        _body(bench, one)
        _area(bench, one)
        known = bodies.setdefault(one.id, (one.event, one.body))
        bench.verdicts.hold(
            "C-DUP-3",
            known == (one.event, one.body),
            f"编号 {one.id} 用于不同的内容（{known[0]}、{one.event}）",
            f"the id {one.id} stands for different contents ({known[0]}, {one.event})",
        )


def _envelope(bench: Bench, one: Heard) -> None:
    hold, headers = bench.verdicts.hold, one.headers
    wrong = [name for name in _REQUIRED if not isinstance(headers.get(name), str) or not headers[name]]
    wrong += ["ce-specversion"] if headers.get("ce-specversion") != "1.0" else []
    wrong += ["ce-time"] if "ce-time" not in wrong and not _has_zone(str(headers["ce-time"])) else []
    hold(
        "C-ENV-1",
        not wrong,
        f"{one.event} 的消息头 {wrong} 缺少或不对",
        f"headers {wrong} of {one.event} lack or are wrong",
    )
    properties = {
        "message_id": one.message_id == headers.get("ce-id", one.message_id) and bool(one.message_id),
        "type": one.type == headers.get("ce-type", one.type) and bool(one.type),
        "content_type": one.content_type == "application/json",
        "delivery_mode": one.persistent,
    }
    off = [name for name, right in properties.items() if not right]
    hold("C-ENV-2", not off, f"{one.event} 的属性 {off} 不对", f"properties {off} of {one.event} are wrong")
    wanted = f"{one.event}.{routing_words(str(one.data.get('area', '')))}"
    hold(
        "C-ENV-3",
        one.routing_key == wanted,
        f"路由键 {one.routing_key}，应为 {wanted}",
        f"the routing key is {one.routing_key}, it should be {wanted}",
    )


def _body(bench: Bench, one: Heard) -> None:
    hold = bench.verdicts.hold
    hold("C-SCH-2", one.event in PROVINCE_MAY_WRITE, f"宣布了 {one.event}", f"{one.event} was announced")
    if one.event not in EVENTS:
        return
    wrong = faults(one.event, one.body)
    hold("C-SCH-1", not wrong, f"{one.event} {one.id}：{'；'.join(wrong[:3])}", f"{one.event}: {'; '.join(wrong[:3])}")
    allowed = re.compile(rf"x-{bench.world.area}-[a-z0-9]+(-[a-z0-9]+)*")
    foreign = [name for name in one.data if name not in known_fields(one.event) and not allowed.fullmatch(name)]
    hold("C-EXT-1", not foreign, f"{one.event} 有契约之外的字段 {foreign}", f"{one.event} has fields {foreign}")


def _area(bench: Bench, one: Heard) -> None:
    area, data = bench.world.area, one.data
    wrong = [] if _lies_in(area, data.get("area")) else ["area"]
    if "jurisdiction" in data and data["jurisdiction"] != area:
        wrong.append("jurisdiction")
    if "case" in data and data["case"] != f"{data.get('application')}@{area}":
        wrong.append("case")
    if one.event == SEALED and data.get("shortlist") != f"{data.get('round')}@{area}":
        wrong.append("shortlist")
    said = {name: data.get(name) for name in wrong}
    bench.verdicts.hold(
        "C-ARE-1", not wrong, f"{one.event}：{said} 不属于 {area}", f"{one.event}: {said}, not of {area}"
    )


def _lies_in(outer: str, area: object) -> bool:
    try:
        return covers(outer, parse_area(str(area)))
    except ValueError:
        return False


def _has_zone(written: str) -> bool:
    try:
        return datetime.fromisoformat(written).tzinfo is not None
    except ValueError:
        return False
