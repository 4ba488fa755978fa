"""A service as a process: its settings from the environment, put together, served."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import FastAPI

from shared.runtime.configured import Misconfigured, configured, refuse
from shared.runtime.server import serve
from shared.runtime.settings import Settings

S = TypeVar("S", bound=Settings)


def start(kind: type[S], create_app: Callable[[S], FastAPI]) -> None:
    """Serve until the process is told to end. Ends at once, with 78 and in words, if the settings are wrong."""
    settings = configured(kind)
    try:
        app = create_app(settings)
    except Misconfigured as wrong:
        refuse([f"- {wrong}"])
    serve(app, settings)
