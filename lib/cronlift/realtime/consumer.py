"""The consumer of a change stream: runs a job when its tables have changed, and never forgets a change.

The order is what makes it safe: look at the slot (nothing is confirmed), run the job, and only then confirm. Killed at
any point it looks again and runs the job once more than needed; the jobs it is for may be run twice. It cannot miss a
change: one it was told of is told again until a run that began afterwards has ended.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from cronlift.errors import CronliftError
from cronlift.postgres.server import Connection, Server
from cronlift.realtime.slot import Slot

Said = Callable[[str, str], None]
_PATIENCE = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before the next attempt to connect, after each that failed."""
_LONGEST = 60.0
"""Seconds after which the next due row is asked for again, whatever the stream says."""


@dataclass(frozen=True)
class Watched:
    """A job to run on changes: its ``call``, its stream, and for one of due rows the query for when the next is."""

    call: str
    slot: Slot
    next_due: str = ""


class Consumer:
    """Follows one job's stream in ``database``; changes wait up to ``interval`` seconds for others. ``said`` is told of
    each step (``connected``, ``seen``, ``ran``, ``confirmed``, ``lost``) with a few words, before the next one."""

    def __init__(
        self, server: Server, database: str, watched: Watched, interval: float, said: Said = lambda step, words: None
    ) -> None:
        self._server, self._database, self._watched = server, database, watched
        self._interval, self._said = interval, said
        self._due: datetime | None = None
        self._asked = 0.0

    def follow(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Work until ``stop`` says so; a lost connection is made again, and the job then run once.

        Raises the first error where no connection was ever had; UsageError and ServerError where the slot cannot be.
        """
        failed = 0
        while not stop():
            try:
                with self._server.connect(self._database, read_only=False) as connection:
                    connection.autocommit = True
                    self._catch_up(connection)
                    failed = 0
                    while not stop():
                        self.step(connection)
                        self._rest(stop)
                return
            except (psycopg.OperationalError, CronliftError) as error:
                if isinstance(error, CronliftError) and (failed == 0 and not self._asked):
                    raise
                words = str(error).splitlines()[0]
                self._said("lost", f"{words}; trying again")
                time.sleep(_PATIENCE[min(failed, len(_PATIENCE) - 1)])
                failed += 1

    def _catch_up(self, connection: Connection) -> None:
        """After a start nobody knows what the last process had done: one run makes up for everything so far."""
        made = self._watched.slot.ensure(connection)
        self._said("connected", "the slot was made anew" if made else "the slot is there")
        look = self._watched.slot.look(connection)
        self._watched.slot.settle(connection, look)
        self._run(connection)
        if look.upto:
            self._watched.slot.confirm(connection, look.upto)
            self._said("confirmed", look.upto)

    def step(self, connection: Connection) -> bool:
        """One look; whether the job was run."""
        look = self._watched.slot.look(connection)
        if look.changes:
            self._said("seen", f"{look.changes} changes")
            self._watched.slot.settle(connection, look)
        ran = False
        if self._wanted(connection, changed=look.changes > 0):
            self._run(connection)
            ran = True
        if look.upto:
            self._watched.slot.confirm(connection, look.upto)
            if look.changes:
                self._said("confirmed", look.upto)
        return ran

    def _wanted(self, connection: Connection, *, changed: bool) -> bool:
        if not self._watched.next_due:
            return changed
        if changed or time.monotonic() - self._asked > _LONGEST:
            self._ask(connection)
        return self._due is not None and self._due <= datetime.now(UTC)

    def _run(self, connection: Connection) -> None:
        connection.execute(self._watched.call.encode())
        self._said("ran", self._watched.call)
        self._ask(connection)

    def _ask(self, connection: Connection) -> None:
        """When the next row becomes due, by the database."""
        self._asked = time.monotonic()
        if self._watched.next_due:
            row = connection.execute(self._watched.next_due.encode()).fetchone()
            self._due = None if row is None or row[0] is None else _instant(float(str(row[0])))

    def _rest(self, stop: Callable[[], bool]) -> None:
        """The debounce: until the interval has passed, or the next row becomes due if that is sooner. A row that is due
        and was not taken does not come sooner."""
        seconds = self._interval
        if self._due is not None and self._due > (now := datetime.now(UTC)):
            seconds = min(seconds, (self._due - now).total_seconds() + 0.01)
        end = time.monotonic() + seconds
        while not stop() and time.monotonic() < end:
            time.sleep(min(0.2, max(0.0, end - time.monotonic())))


def _instant(epoch: float) -> datetime | None:
    """None for a time that never comes (infinity, or beyond what a date can hold)."""
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, ValueError):
        return None if epoch > 0 else datetime.min.replace(tzinfo=UTC)
