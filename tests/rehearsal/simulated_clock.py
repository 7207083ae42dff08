"""The installed SQL of the handover with another clock: each session says what time it is.

The functions are read back from the catalog and made again with every call of PostgreSQL's clock replaced; not a letter
of them is otherwise touched. ``SET sim.at`` is a session's time, so that sessions may disagree.
"""

from __future__ import annotations

import re
from datetime import datetime

from cronlift.postgres.server import Connection

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


def set_clock(connection: Connection, at: datetime) -> None:
    """What time it is for this session from now on."""
    connection.execute("SELECT set_config('sim.at', %s, false)", (at.isoformat(),))
