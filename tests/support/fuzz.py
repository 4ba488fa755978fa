"""Requests that nobody thought of, from the OpenAPI description of a service, and what must hold for every answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import SchemathesisError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@dataclass(frozen=True)
class Seed:
    """A request that is known to mean something."""

    path: Mapping[str, str]
    """The parameters in its path."""
    body: Any


class Fuzz:
    """Explores one running service."""

    def __init__(self, description: Mapping[str, Any], url: str, callers: Sequence[str | None]) -> None:
        """`callers` are tokens; None calls without one."""
        self._schema = schemathesis.openapi.from_dict(dict(description))
        self._url = url
        self._callers = callers

    def explore(self, method: str, path: str, seeds: Sequence[Seed], *, times: int, start: int) -> None:
        """So many requests to one operation: from its schema, against its schema, and known ones in all mixtures."""
        operation = self._schema[path][method]
        strategies = [operation.as_strategy(GenerationMode.POSITIVE), operation.as_strategy(GenerationMode.NEGATIVE)]
        with requests.Session() as session:
            session.trust_env = False

            @seed(start)
            @settings(
                max_examples=times,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(st.data())
            def ask(data: st.DataObject) -> None:
                case = data.draw(st.one_of(strategies))
                token = data.draw(st.sampled_from(self._callers))
                known = data.draw(st.sampled_from([None, *seeds]))
                if known is not None:
                    case.path_parameters = dict(known.path)
                    if known.body is not None and data.draw(st.booleans()):
                        case.body = known.body
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                response = case.call(self._url, session=session, headers=headers)
                case.validate_response(response, checks=CHECKS)

            ask()


__all__ = ["Fuzz", "SchemathesisError", "Seed"]
