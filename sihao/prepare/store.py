"""In the store: the replica set, its administrator, and one user per service that knows its own database only.

A new `mongod` that asks for passwords lets whoever comes from its own machine make the first user; so this runs beside
it, in a container in the same network place (`network_mode: service:store`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

ADMINISTRATOR = "admin"
_AUTHENTICATION_FAILED = 18
_USER_EXISTS = 51003
_LOOK_EVERY = 0.5

Client = MongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Account:
    """A service's user."""

    user: str
    database: str
    """The one in which it may read and write, and in which it is known."""
    password: str


@dataclass(frozen=True)
class Server:
    """One `mongod`, as it is reached from its own machine."""

    address: str
    """Host and port here: `127.0.0.1:27017`."""
    member: str
    """Its name for the services: `store:27017`."""
    replica_set: str
    password: str
    """The administrator's."""

    def open(self, *, as_administrator: bool) -> Client:
        """A connection to just this server."""
        who: Mapping[str, Any] = (
            {"username": ADMINISTRATOR, "password": self.password, "authSource": "admin"} if as_administrator else {}
        )
        return MongoClient(f"mongodb://{self.address}/?directConnection=true", serverSelectionTimeoutMS=2000, **who)


def prepare(server: Server, accounts: list[Account], *, within: float) -> None:
    """Make or mend all of it; wait so many seconds at most for the server, and for its election.

    Raises:
        PyMongoError: it does not answer in time, or refuses.
    """
    with server.open(as_administrator=False) as anyone:
        _until(lambda: bool(anyone.admin.command("ping")), within)
        known = _administrator_is_known(server)
        with server.open(as_administrator=known) as first:
            _elect(first, server, within)
            if not known:
                first.admin.command("createUser", ADMINISTRATOR, pwd=server.password, roles=["root"])
    with server.open(as_administrator=True) as administrator:
        for account in accounts:
            _set(administrator, account)


def _administrator_is_known(server: Server) -> bool:
    with server.open(as_administrator=True) as administrator:
        try:
            administrator.admin.command("ping")
        except OperationFailure as error:
            if error.code != _AUTHENTICATION_FAILED:
                raise
            return False
    return True


def _elect(client: Client, server: Server, within: float) -> None:
    """Become a replica set of one, unless it is one; wait until it takes writes."""
    if "setName" not in client.admin.command("hello"):
        members = [{"_id": 0, "host": server.member}]
        client.admin.command("replSetInitiate", {"_id": server.replica_set, "members": members})
    _until(lambda: bool(client.admin.command("hello")["isWritablePrimary"]), within)


def _set(administrator: Client, account: Account) -> None:
    database = administrator[account.database]
    may = [{"role": "readWrite", "db": account.database}]
    try:
        database.command("createUser", account.user, pwd=account.password, roles=may)
    except OperationFailure as error:
        if error.code != _USER_EXISTS:
            raise
        database.command("updateUser", account.user, pwd=account.password, roles=may)


def _until(holds: Callable[[], bool], within: float) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            if holds():
                return
        except PyMongoError:
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise PyMongoError(f"{within:g} 秒内未就绪 / not ready within {within:g} s")
        time.sleep(_LOOK_EVERY)
