"""A queue table under load, and how long its inserts waited for locks, as the server itself says.

The server logs each wait that is longer than ``deadlock_timeout`` when the lock is had (log_lock_waits); that is what
somebody's lock costs, however slow the machine is.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from databases import AppDatabase
from psycopg import sql

from cronlift.postgres.server import Connection

SHORTEST = 10  # ms: waits below are not logged

_ACQUIRED = re.compile(r"process (\d+) acquired .* after ([\d.]+) ms")
_WAITING = re.compile(r"process (\d+) still waiting for ")

INSERT = b"INSERT INTO oban_jobs (worker, args, meta) VALUES ('Shop.Mailer', %s, '{}')"
# A scheduler's row, which the fence looks up.
CRON = b"""INSERT INTO oban_jobs (worker, args, meta)
VALUES (%s, '{}', jsonb_build_object('cron', true, 'cron_expr', '* * * * *', 'cron_at', now()))"""


@dataclass
class Load:
    """Sessions of the application that insert as fast as they can; of ten rows one is a scheduler's, of one of these
    workers. ``pids`` are the sessions' server processes."""

    database: AppDatabase
    workers: tuple[str, ...] = ()
    inserted: int = 0
    pids: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def insert(self) -> None:
        connection = self.database.connect()
        connection.autocommit = True
        self.pids.append(str(connection.info.backend_pid))
        turn = 0
        try:
            while not self._stop.is_set():
                for _ in range(18 if self.workers else 20):
                    connection.execute(INSERT, ('{"to": 1}',))
                for _ in range(2 if self.workers else 0):
                    connection.execute(CRON, (self.workers[turn % len(self.workers)],))
                    turn += 1
                with self._lock:
                    self.inserted += 20
        except Exception as error:  # whatever keeps the application from inserting is a finding
            self.failed.append(str(error))
        finally:
            connection.close()

    @contextmanager
    def running(self, sessions: int = 3) -> Iterator[Load]:
        """While the block runs, and for as many seconds as the inserts then need to be through."""
        threads = [threading.Thread(target=self.insert) for _ in range(sessions)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)

    def turned_away(self) -> int:
        """How many of its rows were."""
        with self.database.connect() as connection:
            row = connection.execute("SELECT count(*) FROM oban_jobs WHERE meta ? 'cronlift'").fetchone()
        connection.close()
        return int(str(row[0])) if row else 0

    def rate(self, seconds: float = 1.0) -> float:
        """Inserts a second, right now."""
        before, start = self.inserted, time.monotonic()
        time.sleep(seconds)
        return (self.inserted - before) / (time.monotonic() - start)


class Waits:
    """What the sessions of a load waited for any lock since this was made, read from the server's log."""

    def __init__(self, load: Load, log: Path) -> None:
        self.load, self.log = load, log
        self._from = log.stat().st_size

    def so_far(self) -> list[float]:
        """Milliseconds, of waits that are over; one that is not over yet fails."""
        with self.log.open() as file:
            file.seek(self._from)
            text = file.read()
        done = [float(ms) for pid, ms in _ACQUIRED.findall(text) if pid in self.load.pids]
        begun = [pid for pid in _WAITING.findall(text) if pid in self.load.pids]
        assert len(begun) <= len(done), f"an insert waited and did not get its lock: {text[-2000:]}"
        return done


def log_waits(database: AppDatabase) -> None:
    """Let the server log the waits of this database's sessions (those that begin from now on)."""
    with database.admin() as connection:
        for setting in ("log_lock_waits = on", f"deadlock_timeout = '{SHORTEST}ms'"):
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {}").format(sql.Identifier(database.name), sql.SQL(setting))
            )
    connection.close()


@contextmanager
def long_transaction(database: AppDatabase) -> Iterator[Connection]:
    """A session of the application that has inserted, and does not commit."""
    connection = database.connect()
    connection.execute(INSERT, ("{}",))
    try:
        yield connection
    finally:
        connection.rollback()
        connection.close()
