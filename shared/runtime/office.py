"""What both sides of the reconciliation work with."""

from dataclasses import dataclass

from shared.runtime.amqp import Publisher
from shared.runtime.book import Book
from shared.runtime.clock import Clock
from shared.runtime.commands import Commands
from shared.runtime.mongo import Database
from shared.runtime.settings import Settings


@dataclass(frozen=True)
class Office:
    """The service's own parts, as far as its books need them."""

    database: Database
    book: Book
    commands: Commands
    clock: Clock
    publisher: Publisher
    settings: Settings
