"""A blocking AMQP client with no layers: what a broker can do when nothing but bytes stands in the way.

Control commands are built and read with pamqp; what is sent a thousand times a second is put together by hand.
"""

import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from pamqp import base, commands, frame
from pamqp.common import FieldTable
from pamqp.header import ContentHeader, ProtocolHeader

_METHOD, _HEADER, _BODY = 1, 2, 3
_FRAME = struct.Struct(">BHI")
_CLASS_METHOD = struct.Struct(">HH")
_DELIVER, _BASIC_ACK, _BASIC_NACK = (60, 60), (60, 80), (60, 120)
_CHANNEL = 1
_CHUNK = 1 << 20
_FRAME_MAX = 131_072


class Delivered(NamedTuple):
    """A message as it came."""

    tag: int
    header: bytes
    """The payload of the content header frame: properties, not read."""
    body: bytes


class Wire:
    """One connection with one channel."""

    def __init__(self, url: str) -> None:
        """Connect, log in, open the channel; heartbeats are off."""
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 5672))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._published = 0
        self.server_version = ""
        """As the broker tells it on connecting."""
        self._login(unquote(parts.username or "guest"), unquote(parts.password or "guest"), unquote(parts.path[1:]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _login(self, user: str, password: str, vhost: str) -> None:
        self._socket.sendall(frame.marshal(ProtocolHeader(), 0))
        start = self._until(commands.Connection.Start)
        self.server_version = str(start.server_properties["version"])
        capabilities: FieldTable = {"publisher_confirms": True, "basic.nack": True, "consumer_cancel_notify": True}
        self._send(
            commands.Connection.StartOk(
                client_properties={"capabilities": capabilities}, response=f"\0{user}\0{password}", locale="en_US"
            ),
            channel=0,
        )
        tune = self._until(commands.Connection.Tune)
        self._send(commands.Connection.TuneOk(tune.channel_max, _FRAME_MAX, 0), channel=0)
        self._send(commands.Connection.Open(vhost), channel=0)
        self._until(commands.Connection.OpenOk)
        self.ask(commands.Channel.Open(), commands.Channel.OpenOk)

    def ask(self, command: base.Frame, answer: type[base.Frame]) -> Any:
        """Send a command and wait for its answer."""
        self._send(command)
        return self._until(answer)

    def declare(self, queue: str, arguments: dict[str, Any], exchange: str, keys: Sequence[str]) -> None:
        """A durable queue, bound to a topic exchange."""
        exchange_ok, queue_ok, bind_ok = (
            commands.Exchange.DeclareOk,
            commands.Queue.DeclareOk,
            commands.Queue.BindOk,
        )
        self.ask(commands.Exchange.Declare(exchange=exchange, exchange_type="topic", durable=True), exchange_ok)
        self.ask(commands.Queue.Declare(queue=queue, durable=True, arguments=arguments), queue_ok)
        for key in keys:
            self.ask(commands.Queue.Bind(queue=queue, exchange=exchange, routing_key=key), bind_ok)

    def unbind(self, queue: str, exchange: str, key: str) -> None:
        """Take a binding away."""
        command = commands.Queue.Unbind(queue=queue, exchange=exchange, routing_key=key)
        self.ask(command, commands.Queue.UnbindOk)

    def confirm(self) -> None:
        """Have publishing confirmed."""
        self.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)

    def consume(self, queue: str, prefetch: int) -> None:
        """Begin to receive."""
        self.ask(commands.Basic.Qos(prefetch_count=prefetch), commands.Basic.QosOk)
        self._send(commands.Basic.Consume(queue=queue))
        self._until(commands.Basic.ConsumeOk)

    def publish(self, messages: Sequence[bytes]) -> None:
        """Send these framed messages (`framed`) in one write and wait until every one is confirmed."""
        self._socket.sendall(b"".join(messages))
        self._published += len(messages)
        open_ = set(range(self._published - len(messages) + 1, self._published + 1))
        while open_:
            kind, payload = self._frame()
            if kind != _METHOD:
                continue
            method = _CLASS_METHOD.unpack_from(payload)
            if method == _BASIC_NACK:
                raise ConnectionError("the broker refused a message")
            if method == _BASIC_ACK:
                tag, multiple = struct.unpack_from(">QB", payload, 4)
                open_ = {t for t in open_ if t > tag} if multiple else open_ - {tag}

    def deliveries(self, limit: int, timeout: float) -> list[Delivered]:
        """Whatever has arrived, at most `limit`; waits up to `timeout` seconds for the first."""
        found: list[Delivered] = []
        tag, header = 0, b""
        while len(found) < limit:
            waiting = bool(found) and not (tag or self._whole())
            self._socket.settimeout(0.0 if waiting else timeout)
            try:
                kind, payload = self._frame()
            except (BlockingIOError, TimeoutError):
                if tag:
                    continue  # the rest of a message is on its way
                break
            if kind == _METHOD and _CLASS_METHOD.unpack_from(payload) == _DELIVER:
                (tag,) = struct.unpack_from(">Q", payload, 5 + payload[4])
            elif kind == _HEADER:
                header = payload
            elif kind == _BODY:
                found.append(Delivered(tag, header, payload))
                tag = 0
        self._socket.settimeout(None)
        return found

    def ack(self, tag: int) -> None:
        """Acknowledge everything up to this delivery."""
        self._socket.sendall(_framed(_METHOD, struct.pack(">HHQB", *_BASIC_ACK, tag, 1)))

    def _send(self, command: base.Frame, *, channel: int = _CHANNEL) -> None:
        self._socket.sendall(frame.marshal(command, channel))

    def _until(self, answer: type[base.Frame]) -> Any:
        for command in self._commands():
            if isinstance(command, answer):
                return command
            if isinstance(command, commands.Connection.Close | commands.Channel.Close):
                raise ConnectionError(f"{command.reply_code} {command.reply_text}")
        raise ConnectionError("closed")

    def _commands(self) -> Iterator[Any]:
        while True:
            kind, payload = self._frame()
            _, _, command = frame.unmarshal(_framed(kind, payload))
            yield command

    def _whole(self) -> bool:
        """Whether a whole frame has been read already."""
        buffer = self._buffer
        return len(buffer) >= _FRAME.size and len(buffer) >= _FRAME.unpack_from(buffer)[2] + _FRAME.size + 1

    def _frame(self) -> tuple[int, bytes]:
        while not self._whole():
            piece = self._socket.recv(_CHUNK)
            if not piece:
                raise ConnectionError("the broker closed the connection")
            self._buffer += piece
        kind, _, size = _FRAME.unpack_from(self._buffer)
        payload = bytes(self._buffer[_FRAME.size : _FRAME.size + size])
        del self._buffer[: _FRAME.size + size + 1]
        return kind, payload


def framed(exchange: str, routing_key: str, properties: commands.Basic.Properties, body: bytes) -> bytes:
    """A mandatory publication as it travels: method, header and body frames.

    Raises:
        ValueError: the body does not fit into one frame.
    """
    if len(body) > _FRAME_MAX - 8:
        raise ValueError(f"{len(body)} bytes do not fit into one frame")
    method = commands.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True)
    header = ContentHeader(0, len(body), properties)
    return frame.marshal(method, _CHANNEL) + frame.marshal(header, _CHANNEL) + _framed(_BODY, body)


def _framed(kind: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, _CHANNEL, len(payload)) + payload + b"\xce"
