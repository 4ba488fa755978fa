"""Connections of this process that go through its wires although a driver learns the servers' own addresses.

A replica set tells every driver where its members are. What network rules would do between machines is done here where
names become addresses: whoever asks for one of these ports is given another.
"""

import socket
from collections.abc import Mapping
from typing import Any


def detour(ports: Mapping[int, int]) -> None:
    """From now on every connection to one of these ports goes to the one it is mapped to."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return real(host, ports.get(port, port), *args, **options)

    setattr(socket, "getaddrinfo", getaddrinfo)  # noqa: B010 - a type checker forbids the plain form
