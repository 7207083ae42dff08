"""pg_cron's own record of runs: ``cron.job_run_details``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cronlift.generate.quoting import template
from cronlift.model.monitoring import Durations
from cronlift.monitor.entries import ServerState, older_than_1_5
from cronlift.monitor.runs import Record, Runs, Window, numbers, rows_of
from cronlift.postgres.server import Connection

_RECENT, _SPREAD = 500, 500
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
    timed = durations(state) != "not_recorded"
    record = Record(connection, "history", "bigint", timed=timed, sought=not state.sees_own_only)
    ids = numbers(record.last_run(), _RECENT, _SPREAD)
    samples = rows_of(connection, template("monitor/samples"), {"ids": ids})
    runs = record.runs(window, jobids)
    if state.blocks is not False and any(one.running for one in runs.values()):
        runs = {key: _not_dead(one) for key, one in runs.items()}
    return History(
        runs=runs,
        reaches=record.oldest(),
        samples=[(row["at"], row["age"]) for row in samples],
    )


def _not_dead(runs: Runs) -> Runs:
    """While the launcher waits for one run, the ends of those that it started beside it are not written (measured on
    1.4): that their processes are gone is no sign that they died."""
    last = runs.last
    return replace(runs, last=replace(last, state="ended")) if last is not None and last.state == "died" else runs
