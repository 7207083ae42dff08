"""What is known of runs, wherever they are recorded: counted in the database, the last ones looked at one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from cronlift.generate.quoting import Verbatim, template
from cronlift.postgres.server import Connection

_TAG = re.compile(r"(?:INSERT \d+|UPDATE|DELETE|MERGE|SELECT|COPY) (\d+)|(\d+) rows?")


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``state``: starting (pg_cron connects), running, succeeded, failed, skipped, died (its process is gone,
    and no end was written), or ended (the same, while pg_cron would not have written it)."""

    state: str
    started: datetime | None
    message: str = ""
    rows: int | None = None
    command: str | None = None

    @property
    def touched(self) -> int | None:
        """Its rows: as the run log counted them, else as the tag says that the server ended the command with (protocol,
        CommandComplete: ``INSERT 0 5``, ``DELETE 5``; over the socket pg_cron writes ``5 rows`` of a query)."""
        found = _TAG.fullmatch(self.message.strip()) if self.rows is None and self.state == "succeeded" else None
        return int(found[1] or found[2]) if found else self.rows


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
    """A key's runs: counted in the window, by ``halves`` of it and by ``slots``; the last ones; those that go on.
    ``last_seen``: the start of the last row of any kind in the window, one that was skipped included."""

    total: Part = Part()
    halves: Mapping[int, Part] = field(default_factory=dict)
    slots: Mapping[int, Part] = field(default_factory=dict)
    rows: int | None = None
    last: Run | None = None
    last_success: Run | None = None
    last_seen: datetime | None = None
    running: tuple[Run, ...] = ()
    failures_in_a_row: int = 0
    failing_since: datetime | None = None

    @property
    def last_start(self) -> datetime | None:
        """When the last run started."""
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
class _Counted:
    """One key's rows of sql/monitor/runs.sql: the parts, and the numbers of the runs to look at one by one."""

    total: Part = Part()
    halves: dict[int, Part] = field(default_factory=dict)
    slots: dict[int, Part] = field(default_factory=dict)
    rows: int | None = None
    last: int | None = None
    last_success: int | None = None
    last_seen: datetime | None = None
    running: tuple[int, ...] = ()


@dataclass(frozen=True)
class Record:
    """Where runs are recorded, in the connected database (``sql/monitor/rows_of_<name>.sql``); ``key_type``: of keys.
    ``timed`` False: the recorded ends mean nothing. ``sought`` False: reading one row may cost as much as reading all
    (row-level security)."""

    connection: Connection
    name: str
    key_type: str
    timed: bool = True
    sought: bool = True

    def runs(self, window: Window, keys: Sequence[Any]) -> dict[Any, Runs]:
        """The runs of the window by key, and the last ones of keys that have none in it."""
        first = self._first_run(window.since) if self.sought else 0
        counted = {key: one for key, one in self._count(window, first).items() if key in set(keys)}
        self._add_older(window, first, keys, counted)
        wanted = {i for one in counted.values() for i in (one.last, one.last_success, *one.running) if i is not None}
        query = self._query("run_details", alive=template(f"monitor/alive_of_{self.name}"))
        details = {row["id"]: _run(row) for row in rows_of(self.connection, query, {"ids": list(wanted)})}
        failing = self._failing(counted)
        found = {}
        for key, one in counted.items():
            failures, since = failing.get(key, (0, None))
            running = tuple(details[i] for i in one.running if i in details and details[i].state == "running")
            found[key] = Runs(
                total=one.total,
                halves=one.halves,
                slots=one.slots,
                rows=one.rows,
                last=details.get(one.last or 0),
                last_success=details.get(one.last_success or 0),
                last_seen=one.last_seen,
                running=running,
                failures_in_a_row=failures,
                failing_since=since,
            )
        return found

    def last_run(self) -> int:
        """The highest number of a run; 0 where there is none."""
        row = self.connection.execute(self._query("last_run")).fetchone()
        return int(str(row[0])) if row and row[0] is not None else 0

    def oldest(self) -> datetime | None:
        """The start of the oldest run."""
        found = self._rows("first_run", **{"from": 0})
        return found[0]["started_at"] if found else None

    def _count(self, window: Window, first: int) -> dict[Any, _Counted]:
        seconds = window.slot.total_seconds()
        by_slot = window.slots > 2
        parts = {
            "level": "GROUPING(r.half, r.slot)" if by_slot else "GROUPING(r.half) * 2 + 1",
            "slot": "r.slot" if by_slot else "NULL::integer",
            "sets": "(r.key), (r.key, r.half)" + (", (r.key, r.half, r.slot)" if by_slot else ""),
        }
        query = self._query("runs", **{name: Verbatim(text) for name, text in parts.items()})
        names = {"since": window.since, "slots": window.slots, "slot_seconds": seconds, "first": first}
        found: dict[Any, _Counted] = {}
        for row in rows_of(self.connection, query, names):
            one = found.setdefault(row["key"], _Counted())
            part = self._part(row)
            if row["level"] == 3:
                one.total, one.last, one.last_success = part, row["last"], row["last_success"]
                one.rows, one.running, one.last_seen = row["rows"], tuple(row["running"] or ()), row["last_seen"]
            elif row["half"] is None:  # a run without a start
                continue
            elif row["level"] == 1:
                one.halves[int(row["half"])] = part
            else:
                one.slots[row["slot"]] = part
        return found

    def _first_run(self, since: datetime) -> int:
        """The number of the first run of the window: bisected, since only the number has an index."""
        low, high = 0, self.last_run() + 1
        while low < high:
            middle = (low + high) // 2
            found = self._rows("first_run", **{"from": middle})
            if found and found[0]["started_at"] < since:
                low = int(found[0]["id"]) + 1
            else:
                high = middle
        return low

    def _add_older(self, window: Window, first: int, keys: Sequence[Any], counted: dict[Any, _Counted]) -> None:
        lacking = [key for key in keys if key not in counted or counted[key].last_success is None]
        if not lacking:
            return
        for row in self._rows("older_runs", keys=lacking, first=first, since=window.since):
            one = counted.setdefault(row["key"], _Counted())
            one.last = one.last or row["last"]
            one.last_success = one.last_success or row["last_success"]

    def _failing(self, counted: Mapping[Any, _Counted]) -> dict[Any, tuple[int, datetime | None]]:
        """For each key whose last run is no success: how many failed in a row, and since when."""
        last = {key: one.last_success or 0 for key, one in counted.items() if one.last not in (None, one.last_success)}
        if not last:
            return {}
        query = self._query("failures", key_type=Verbatim(self.key_type))
        parameters = {"keys": list(last), "after": list(last.values()), "least": min(last.values())}
        rows = rows_of(self.connection, query, parameters)
        return {row["key"]: (row["failures"], row["since"]) for row in rows}

    def _part(self, row: Mapping[str, Any]) -> Part:
        p50, p95 = row["percentiles"] or (None, None) if self.timed else (None, None)
        return Part(row["runs"], row["succeeded"], row["failed"], row["skipped"], p50, p95)

    def _rows(self, file: str, **parameters: Any) -> list[dict[str, Any]]:
        return rows_of(self.connection, self._query(file), parameters)

    def _query(self, file: str, **parts: sql.Composable) -> sql.Composed:
        return template(f"monitor/{file}", source=template(f"monitor/rows_of_{self.name}"), **parts)


def rows_of(connection: Connection, query: sql.Composable, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A query's rows by column."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(sql.Composed([query]), parameters).fetchall()


def numbers(last: int, recent: int, spread: int) -> Iterable[int]:
    """The last ``recent`` numbers of runs, and about ``spread`` of all."""
    return sorted({*range(max(last - recent, 0), last + 1), *range(0, last + 1, max(last // spread, 1))})


def _run(row: Mapping[str, Any]) -> Run:
    state = row["state"]
    if state == "running" and row["started_at"] is None:
        state = "starting"
    elif state == "running" and row["alive"] is False:
        state = "died"
    return Run(state, row["started_at"], row["message"] or "", row["rows"], row["command"])
