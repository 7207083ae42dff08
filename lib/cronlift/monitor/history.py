"""pg_cron's own record of runs: ``cron.job_run_details``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cronlift.generate.quoting import template
from cronlift.model.monitoring import Durations
from cronlift.monitor.entries import ServerState, older_than_1_5
from cronlift.monitor.runs import Counted, Run, Runs, Window, count, rows_of
from cronlift.postgres.server import Connection

_RECENT, _SPREAD = 1000, 1000
"""How many of the latest runs, and of all, are looked at to tell since when an entry is as it is."""


def durations(state: ServerState) -> Durations:
    """How well the history knows when a run ended (measured, and read in pg_cron.c).

    Over the socket: exactly. With background workers before 1.5 the end is the moment before the launcher began to wait
    for the run, which is none. From 1.5 on it polls once a second (MaxWait), so that a run's end is up to one late. An
    unknown mode counts as the worse one.
    """
    if state.background_workers is False:
        return "exact"
    return "not_recorded" if older_than_1_5(state.version) else "within_a_second"


@dataclass(frozen=True)
class History:
    """The runs by jobid; ``reaches``: the start of the oldest run on record; ``samples``: pairs of when a run was
    last written and how many transactions ago, for :meth:`unchanged_since`."""

    runs: Mapping[int, Runs]
    reaches: datetime | None
    samples: Sequence[tuple[datetime, int]]

    def of(self, jobid: int) -> Runs:
        return self.runs.get(jobid, Runs())

    def unchanged_since(self, age: int) -> datetime | None:
        """The earliest moment by which a row of that age was surely there as it is: when the first run ended that was
        written after it. None: nothing on record tells. (A row keeps the number of the transaction that wrote it.)"""
        return min((at for at, written in self.samples if written <= age), default=None)


def history(connection: Connection, window: Window, state: ServerState, jobids: Sequence[int]) -> History:
    """All runs of the window, and the last ones of entries that have none in it."""
    first = 0 if state.sees_own_only else _first_run(connection, window.since)
    counted = count(
        connection, "runs_of_history", window, timed=durations(state) != "not_recorded", first=first
    )  # fmt: skip
    counted = {key: one for key, one in counted.items() if key in set(jobids)}
    _add_older(connection, window, first, jobids, counted)
    wanted = {i for one in counted.values() for i in (one.last, one.last_success, *one.running) if i is not None}
    details = _details(connection, wanted)
    failing = _failing(connection, counted, details)
    runs = {
        key: Runs(
            total=one.total,
            halves=one.halves,
            slots=one.slots,
            last=details.get(one.last or 0),
            last_success=details.get(one.last_success or 0),
            running=tuple(details[i] for i in one.running if i in details and details[i].state == "running"),
            failures_in_a_row=failing.get(key, (0, None))[0],
            failing_since=failing.get(key, (0, None))[1],
        )
        for key, one in counted.items()
    }
    return History(runs, _oldest(connection), _samples(connection))


def _first_run(connection: Connection, since: datetime) -> int:
    """The number of the first run of the window: bisected, since only the number has an index."""
    low, high = 0, _last_run(connection) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows_of(connection, template("monitor/first_run"), {"from": middle})
        if found and found[0]["start_time"] < since:
            low = int(found[0]["runid"]) + 1
        else:
            high = middle
    return low


def _last_run(connection: Connection) -> int:
    row = connection.execute(template("monitor/last_run")).fetchone()
    return int(str(row[0])) if row and row[0] is not None else 0


def _oldest(connection: Connection) -> datetime | None:
    found = rows_of(connection, template("monitor/first_run"), {"from": 0})
    return found[0]["start_time"] if found else None


def _add_older(
    connection: Connection, window: Window, first: int, jobids: Sequence[int], counted: dict[int, Counted]
) -> None:
    lacking = [i for i in jobids if i not in counted or counted[i].last_success is None]
    if not lacking:
        return
    parameters = {"keys": lacking, "first": first, "since": window.since}
    for row in rows_of(connection, template("monitor/older_runs"), parameters):
        one = counted.setdefault(row["key"], Counted())
        one.last = one.last or row["last"]
        one.last_success = one.last_success or row["last_success"]


def _details(connection: Connection, ids: Iterable[int]) -> dict[int, Run]:
    rows = rows_of(connection, template("monitor/run_details"), {"ids": list(ids)})
    return {row["id"]: _run(row) for row in rows}


def _run(row: Mapping[str, Any]) -> Run:
    state = row["status"] if row["status"] in ("succeeded", "failed") else "running"
    if state == "running" and row["started_at"] is None:
        state = "starting"
    elif state == "running" and row["alive"] is False:
        state = "died"
    return Run(state, row["started_at"], row["ended_at"], row["message"] or "", command=row["command"])


def _failing(
    connection: Connection, counted: Mapping[int, Counted], details: Mapping[int, Run]
) -> dict[int, tuple[int, datetime | None]]:
    """For each entry whose last run failed: how many in a row, and since when."""
    after = {
        key: one.last_success or 0
        for key, one in counted.items()
        if one.last is not None and one.last != one.last_success and one.last in details
    }
    if not after:
        return {}
    parameters = {"keys": list(after), "after": list(after.values()), "least": min(after.values())}
    rows = rows_of(connection, template("monitor/failures"), parameters)
    return {row["key"]: (row["failures"], row["since"]) for row in rows}


def _samples(connection: Connection) -> list[tuple[datetime, int]]:
    last = _last_run(connection)
    recent = range(max(last - _RECENT, 0), last + 1)
    spread = range(0, last + 1, max(last // _SPREAD, 1))
    rows = rows_of(connection, template("monitor/samples"), {"ids": sorted({*recent, *spread})})
    return [(row["at"], row["age"]) for row in rows]
