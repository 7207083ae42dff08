"""The installed SQL of the handover, and cronlift itself, with another clock: each session says what time it is.

The functions are read back from the catalog and made again with every call of PostgreSQL's clock replaced; not a letter
of them is otherwise touched. ``SET sim.at`` is a session's time, so that sessions may disagree. What cronlift sends by
itself goes through ``ClockedServer``, which does the same to its statements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from cronlift.postgres.server import Connection, Server

_CLOCKS = re.compile(r"\b(?:pg_catalog\.)?(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)")
_OTHERS = re.compile(r"\b(current_timestamp|localtimestamp|current_date|current_time|timeofday)\b", re.IGNORECASE)


def install(connection: Connection) -> None:
    """Give every routine of schema cronlift the sessions' own clocks; as the superuser, in this transaction."""
    connection.execute("""
CREATE SCHEMA sim;
GRANT USAGE ON SCHEMA sim TO PUBLIC;
CREATE FUNCTION sim.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT current_setting('sim.at')::timestamptz $$;
""")
    rows = connection.execute(
        "SELECT oid::regprocedure::text, pg_get_functiondef(oid) FROM pg_proc "
        "WHERE pronamespace = 'cronlift'::regnamespace"
    ).fetchall()
    replaced = 0
    for name, text in rows:
        assert not _OTHERS.search(text), f"{name} reads a clock that is not replaced"
        changed, number = _CLOCKS.subn("sim.clock()", text)
        if number:
            connection.execute(changed.encode())
            replaced += number
    assert replaced, "no routine reads a clock"


def played(text: str) -> str:
    """A statement with PostgreSQL's clock replaced by the session's own."""
    return _CLOCKS.sub("sim.clock()", text)


def set_clock(connection: Connection, at: datetime) -> None:
    """What time it is for this session from now on."""
    connection.execute("SELECT set_config('sim.at', %s, false)", (at.isoformat(),))


@dataclass
class Clock:
    """What time it is for cronlift."""

    at: datetime = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ClockedServer(Server):
    """A server whose clock, for who connects through this, is the one that is played."""

    clock: Clock = field(default_factory=Clock, compare=False)

    def connect(self, database: str | None = None, *, read_only: bool = True) -> Connection:
        """As ever, but for the time."""
        connection = super().connect(database, read_only=read_only)
        clock = self.clock

        class Cursor(psycopg.Cursor[tuple[object, ...]]):
            def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
                text = query.as_string(self.connection) if isinstance(query, sql.Composable) else query
                text = text.decode() if isinstance(text, bytes) else text
                assert not _OTHERS.search(text), f"a clock that is not replaced: {text}"
                changed = _CLOCKS.sub(f"timestamptz '{clock.at.isoformat()}'", text)
                # Undone with the transaction, so said before each statement; outside of one there are none here.
                super().execute("SELECT set_config('sim.at', %s, false)", (clock.at.isoformat(),))
                return super().execute(changed.encode(), params, **options)

        connection.cursor_factory = Cursor
        return connection
