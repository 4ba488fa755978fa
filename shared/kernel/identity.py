"""Ids derived from their cause: the same decision, taken twice, announces the same events."""

import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sihao:event")


def event_id(cause: str, document: str, index: int) -> str:
    """The id of the `index`-th fact that a document announces because of `cause` (a message or command id)."""
    return str(uuid.uuid5(_NAMESPACE, f"{cause}\n{document}\n{index}"))


def command_id(subject: str, operation: str, key: str) -> str:
    """The id of a command sent over HTTP: who, which operation, and the caller's idempotency key."""
    return str(uuid.uuid5(_NAMESPACE, f"command\n{subject}\n{operation}\n{key}"))


def due_id(document: str, deadline: str) -> str:
    """The id of a deadline acting on a document; a second tick of the same deadline is a repeat."""
    return str(uuid.uuid5(_NAMESPACE, f"due\n{document}\n{deadline}"))
