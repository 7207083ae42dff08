"""What is known of an entry's runs, wherever it was recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from cronlift.generate.quoting import template
from cronlift.postgres.server import Connection


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``state``: starting (pg_cron connects), running, succeeded, failed, skipped, or died (its process is
    gone, and no end was written)."""

    state: str
    started: datetime | None
    ended: datetime | None = None
    message: str = ""
    rows: int | None = None
    command: str | None = None

    @property
    def touched(self) -> int | None:
        """Its rows: as the run log counted them, else as the tag says that the server ended the command with (protocol,
        CommandComplete: ``INSERT 0 5``, ``DELETE 5``; over the socket pg_cron writes ``5 rows`` of a query)."""
        found = _TAG.fullmatch(self.message.strip()) if self.rows is None and self.state == "succeeded" else None
        return int(found[1] or found[2]) if found else self.rows


_TAG = re.compile(r"(?:INSERT \d+|UPDATE|DELETE|MERGE|SELECT|COPY) (\d+)|(\d+) rows?")


@dataclass(frozen=True, slots=True)
class Part:
    """Runs counted together. ``p50`` and ``p95`` in milliseconds, of those that succeeded."""

    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True)
class Runs:
    """An entry's runs: counted in the window, by ``halves`` of it and by ``slots``; the last ones; those that go on."""

    total: Part = Part()
    halves: Mapping[int, Part] = field(default_factory=dict)
    slots: Mapping[int, Part] = field(default_factory=dict)
    rows: int | None = None
    last: Run | None = None
    last_success: Run | None = None
    running: tuple[Run, ...] = ()
    failures_in_a_row: int = 0
    failing_since: datetime | None = None

    @property
    def last_start(self) -> datetime | None:
        starts = [r.started for r in (self.last, self.last_success, *self.running) if r and r.started]
        return max(starts, default=None)

    @property
    def trend(self) -> float | None:
        """The median of the window's later half over that of the earlier one; None where either is not known."""
        earlier, later = self.halves.get(0, Part()).p50, self.halves.get(1, Part()).p50
        return later / earlier if earlier and later is not None else None


@dataclass(frozen=True, slots=True)
class Window:
    """From ``since`` to ``now`` (the server's clock), in parts of the length ``slot``."""

    since: datetime
    now: datetime
    slot: timedelta

    @property
    def slots(self) -> int:
        """How many parts there are, the last one begun."""
        return -(-(self.now - self.since) // self.slot)


@dataclass
class Counted:
    """One key's rows of sql/monitor/runs.sql: the parts, and the numbers of the runs to look at one by one."""

    total: Part = Part()
    halves: dict[int, Part] = field(default_factory=dict)
    slots: dict[int, Part] = field(default_factory=dict)
    rows: int | None = None
    last: int | None = None
    last_success: int | None = None
    running: tuple[int, ...] = ()


def count(
    connection: Connection, source: str, window: Window, *, timed: bool = True, **parameters: Any
) -> dict[Any, Counted]:
    """The runs of ``sql/monitor/<source>.sql`` by key. ``timed`` False: their recorded ends mean nothing."""
    query = template("monitor/runs", source=template(f"monitor/{source}"))
    names = {
        "since": window.since, "slots": window.slots, "slot_seconds": window.slot.total_seconds(), **parameters
    }  # fmt: skip
    found: dict[Any, Counted] = {}
    for row in rows_of(connection, query, names):
        one = found.setdefault(row["key"], Counted())
        part = _part(row, timed=timed)
        if row["level"] == 3:
            one.total, one.last, one.last_success = part, row["last"], row["last_success"]
            one.rows, one.running = row["rows"], tuple(row["running"] or ())
        elif row["half"] is None:  # a run without a start
            continue
        elif row["level"] == 1:
            one.halves[int(row["half"])] = part
        else:
            one.slots[row["slot"]] = part
    return found


def rows_of(connection: Connection, query: sql.Composable, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A query's rows by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.Composed([query]), parameters).fetchall()


def _part(row: Mapping[str, Any], *, timed: bool) -> Part:
    p50, p95 = row["percentiles"] or (None, None) if timed else (None, None)
    return Part(row["runs"], row["succeeded"], row["failed"], row["skipped"], p50, p95)
