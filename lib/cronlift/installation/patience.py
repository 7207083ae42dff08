"""Waiting for locks: briefly, several times, with pauses of random length, and not for ever.

A short ``lock_timeout`` matters because everybody else who wants the object queues up behind whoever waits for it
(manual, 13.3 Explicit Locking; lock_timeout in 20.11.1). The pauses are random so that two installers that stopped
each other do not meet again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import psycopg
from psycopg import errors

from cronlift import resources
from cronlift.errors import CronliftError
from cronlift.postgres.server import Connection, Server

T = TypeVar("T")

AGAIN = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
"""What is worth another try: the transaction was rolled back, and nothing is wrong with it."""


@dataclass(frozen=True)
class Patience:
    """How long to wait: ``attempts`` times ``lock_timeout`` ms, with pauses between, in seconds."""

    attempts: int = 8
    lock_timeout: int = 1000
    pause: tuple[float, float] = (0.1, 0.7)


PATIENCE = Patience()


class GaveUpError(Exception):
    """Every attempt ended at a lock. ``holders`` names who holds it, in words; empty where nobody was seen."""

    def __init__(self, error: psycopg.Error, seconds: float, holders: tuple[str, ...]) -> None:
        self.error, self.seconds, self.holders = error, seconds, holders
        super().__init__("no lock")


def patiently(connection: Connection, server: Server, act: Callable[[], T], patience: Patience | None = None) -> T:
    """Run ``act`` in a transaction and commit; again from its beginning where a lock was not to be had.

    Raises GaveUpError at last. ``act`` must do the same when it is run anew. psycopg's other errors go through.
    """
    patience = patience or PATIENCE
    started = time.monotonic()
    watcher = _Watcher(server, connection)
    for attempt in range(1, patience.attempts + 1):
        try:
            with watcher.watching(attempt > 1), connection.transaction():
                connection.execute(
                    "SELECT pg_catalog.set_config('lock_timeout', %s, true)", (f"{patience.lock_timeout}ms",)
                )
                return act()
        except AGAIN as error:
            if attempt == patience.attempts:
                raise GaveUpError(error, time.monotonic() - started, tuple(watcher.seen.values())) from error
            time.sleep(random.uniform(*patience.pause))  # noqa: S311 - no secret
    raise AssertionError("patience without an attempt")


@dataclass
class _Watcher:
    """Asks on a second connection who blocks the first one while it waits: afterwards nobody does. Only from the second
    attempt on, so that an ordinary act makes no further connection."""

    server: Server
    waiting: Connection
    seen: dict[int, str] = field(default_factory=dict)

    @contextmanager
    def watching(self, wanted: bool) -> Iterator[None]:
        if not wanted:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(
            target=self._watch, args=(self.waiting.info.dbname, self.waiting.info.backend_pid, ended), daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, database: str, pid: int, ended: threading.Event) -> None:
        try:
            with self.server.connect(database) as observer:
                observer.autocommit = True
                while not ended.is_set():
                    rows = observer.execute(resources.sql("install/blocking"), {"pid": pid}).fetchall()
                    if rows:
                        self.seen = {int(str(blocker)): str(words) for blocker, words in rows}
                    ended.wait(0.05)
            observer.close()
        except (CronliftError, psycopg.Error):
            return  # who holds the lock stays unknown; the act itself says what is wrong
