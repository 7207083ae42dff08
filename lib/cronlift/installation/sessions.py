"""The two connections an installer works with, on the very server the plan was made for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cronlift import resources
from cronlift.errors import SafetyError, ServerError
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.model.plan import Target
from cronlift.postgres import identity
from cronlift.postgres.server import Connection, Server, is_direct

_IDENTITY = ("system_identifier", "database", "database_oid", "cron_database", "cron_database_oid")


@dataclass(frozen=True)
class Sessions:
    """``app`` and ``cron``: one and the same connection where pg_cron lives in the app's database."""

    app: Connection
    cron: Connection

    @property
    def split(self) -> bool:
        return self.app is not self.cron


@contextmanager
def opened(target: Target, server: Server, *, apply: bool) -> Iterator[Sessions]:
    """Connect, and with ``apply`` lock out other installers; everything is undone at the end but what was committed.

    Raises SafetyError where the server is not the plan's, or another installer is at work.
    """
    _check_identity(target, server)
    with ExitStack() as stack:
        # The locks' order is fixed, so that two installers cannot wait for each other: cron's database first.
        cron = stack.enter_context(_locked(server, target.cron_database, apply=apply))
        app = stack.enter_context(_locked(server, target.database, apply=apply)) if target.split else cron
        yield Sessions(app, cron)


def _check_identity(target: Target, server: Server) -> None:
    found = identity.target(server.in_database(target.cron_database))
    wrong = [f"{k}: plan {getattr(target, k)}, here {getattr(found, k)}" for k in _IDENTITY
             if getattr(target, k) != getattr(found, k)]  # fmt: skip
    if wrong:
        raise SafetyError(
            "the plan was made for another server or database; nothing was changed",
            where="; ".join(wrong),
            do="connect to the one it was made for, or generate a plan for this one",
        )


@contextmanager
def _locked(server: Server, database: str, *, apply: bool) -> Iterator[Connection]:
    connection = server.connect(database, read_only=not apply)
    try:
        if apply:
            _lock(server, connection, database)
        yield connection
    finally:
        connection.close()  # without COMMIT: what was not committed is rolled back, and the lock goes


def _lock(server: Server, connection: Connection, database: str) -> None:
    if not is_direct(connection):
        raise ServerError(
            "a connection pooler stands between, and cronlift's lock would not hold through it",
            where=f"database {database}",
            do="connect to the server directly",
        )
    try:
        patiently(connection, server, lambda: connection.execute(resources.sql("install/lock")))
    except GaveUpError as gave_up:
        raise SafetyError(
            f"another cronlift is installing or rolling back (waited {gave_up.seconds:.0f} s); nothing was changed",
            where="; ".join([f"database {database}", *gave_up.holders]),
            do="wait until it is done, then run the same command again",
        ) from None
