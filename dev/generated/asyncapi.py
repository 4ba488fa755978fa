"""What each service hears and announces, as AsyncAPI 3: FastStream's document, completed for foreign readers.

FastStream knows the queues, keys and bodies. Added here: the schemas as they are frozen, the CloudEvents headers, and
names that the specification allows.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from dev.generated.schemas import components
from dev.generated.services import Described
from shared.contracts import CATALOGUE
from shared.contracts.event import Event
from shared.runtime.clock import SystemClock
from shared.runtime.documents import Documents, Store
from shared.runtime.face import describe, make_broker
from shared.runtime.handlers import Subscription

PLACE = Path("docs/asyncapi")
BROKER = "amqp://broker.example:5672/"

_AREA = "地区：CN，或每两位一段的 GB/T 2260 代码 / the area: CN, or GB/T 2260 digits in pairs, `35.02.03`"
_HEADERS: dict[str, Any] = {
    "name": "cloudevents",
    "contentType": "application/json",
    "headers": {
        "type": "object",
        "description": "CloudEvents 1.0 属性，二进制模式 / CloudEvents 1.0 attributes, binary mode",
        "required": ["ce-specversion", "ce-id", "ce-type", "ce-source", "ce-subject", "ce-time"],
        "properties": {
            "ce-specversion": {"const": "1.0"},
            "ce-id": {"type": "string", "description": "编号，相同即为重复 / the event's id; the same id is a repeat"},
            "ce-type": {"type": "string", "description": "事件名 / wire name, `application.submitted.v1`"},
            "ce-source": {"type": "string", "description": "来源服务 / the service, `/sihao/intake`"},
            "ce-subject": {"type": "string", "description": "所指对象 / the aggregate it is about"},
            "ce-time": {"type": "string", "format": "date-time", "description": "发生时间 / when it happened"},
            "sihao-signature": {
                "type": "string",
                "description": "正文分离的 JWS，见 docs/trust.md / detached JWS over the body, see docs/trust.md",
            },
            "traceparent": {"type": "string", "description": "W3C Trace Context"},
            "tracestate": {"type": "string", "description": "W3C Trace Context"},
            "baggage": {
                "type": "string",
                "description": "W3C Baggage：周期、地区、申报、案件 / round, area, application, case (`sihao.…`)",
            },
        },
    },
}


def documents(services: Iterable[Described]) -> dict[Path, str]:
    """One file per service."""
    return {PLACE / f"{service.file}.yaml": as_yaml(document(service)) for service in services}


def document(service: Described) -> dict[str, Any]:
    """The AsyncAPI document of one service."""
    announced = [event for event in CATALOGUE if event.source == service.name or event.by_any_service]
    broker = make_broker(service.table, Documents(Store(), SystemClock()), announces=announced, url=BROKER)
    described = describe(broker, title=service.app.title, description=service.app.description)
    return _completed(described, list(service.table), announced)


def as_yaml(described: dict[str, Any]) -> str:
    """The one way in which generated YAML is written."""
    text: str = yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=120)
    return text


def _completed(
    described: dict[str, Any], heard: Sequence[Subscription], announced: Sequence[type[Event]]
) -> dict[str, Any]:
    """The document with our schemas and headers, in our order, under names that AsyncAPI allows (no `:` in keys)."""
    named = json.dumps(described).replace(":SubscribeMessage", ".message").replace(":Message", ".message")
    document: dict[str, Any] = json.loads(named.replace("#/servers/development", "#/servers/broker"))
    document["servers"] = {"broker": document["servers"].pop("development")}

    channels = [*(subscription.queue for subscription in heard), *(event.wire() for event in announced)]
    document["channels"] = {name: document["channels"][name] for name in channels}
    document["operations"] = {name: document["operations"][name] for name in channels}
    for event in announced:
        place = {"address": f"{event.wire()}.{{area}}", "parameters": {"area": {"description": _AREA}}}
        document["channels"][event.wire()].update(place)

    messages = {f"{name}.message": document["components"]["messages"][f"{name}.message"] for name in channels}
    for message in messages.values():
        message["traits"] = [{"$ref": "#/components/messageTraits/cloudevents"}]
    events = {subscription.event for subscription in heard}.union(announced)
    schemas = components(sorted(events, key=lambda event: event.wire()), "#/components/schemas/{model}")
    document["components"] = {
        "messages": messages,
        "messageTraits": {"cloudevents": _HEADERS},
        "schemas": dict(sorted(schemas.items())),
    }
    return document
