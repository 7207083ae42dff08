"""What ``monitor`` saw: how the entries of ``cron.job`` are doing, and what is wrong just now.

The one document with clock times in it: it is a look at a moment, and no stage builds on it.
"""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

Severity = Literal["red", "attention"]

SignalCode = Literal[
    "launcher-dead",
    "launcher-blocked",
    "history-size",
    "overdue",
    "never-ran",
    "failing",
    "died",
    "backlog",
    "longer-than-period",
    "fence-hit",
    "drift",
    "unreliable",
    "slower",
    "skipping",
    "inactive",
    "not-running-yet",
]
"""Stable codes, each explained in docs/how-to/monitor.md."""

Durations = Literal["exact", "within_a_second", "not_recorded"]
"""How well the end of a run is known: see ``cronlift.monitor.history.durations``."""


class Signal(Record):
    """One thing that is wrong (``red``) or worth a look (``attention``): what, and what to do."""

    code: SignalCode
    severity: Severity
    text: str
    do: str


class Slot(Record):
    """What ran in one part of the window, for plots. ``start`` is an instant (ISO 8601, UTC)."""

    start: str
    runs: int
    failed: int
    p50_ms: float | None = None
    p95_ms: float | None = None


class Watched(Record):
    """One entry. Instants are ISO 8601 in UTC, durations milliseconds, None: not known or not there.

    ``owned``: cronlift made it (its name, a gate or a run folder says so). ``job`` and ``state`` are those of its gate
    where it has one; then the runs are those of the run log (``measured_by``), else of ``cron.job_run_details``.
    ``runs``, ``succeeded``, ``failed``, ``skipped`` and the percentiles are of the window; ``trend`` is the median of
    its later half over that of the earlier one. ``waiting``: firings that fell due behind a run that goes on.
    """

    jobid: int
    name: str
    database: str
    role: str
    schedule: str
    active: bool
    owned: bool
    job: str | None = None
    state: str | None = None
    measured_by: Literal["run_log", "history"] = "history"
    durations: Durations = "exact"
    last_run: str | None = None
    last_status: str | None = None
    last_message: str | None = None
    last_success: str | None = None
    next_run: str | None = None
    running_since: str | None = None
    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    success_rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    trend: float | None = None
    last_rows: int | None = None
    rows: int | None = None
    overdue_since: str | None = None
    failing_since: str | None = None
    failures_in_a_row: int = 0
    waiting: int = 0
    fence_hits: int = 0
    signals: tuple[Signal, ...] = ()
    slots: tuple[Slot, ...] = ()

    @property
    def colour(self) -> Literal["green", "attention", "red", "plain"]:
        """The worst of its signals; plain where it is switched off."""
        severities = {signal.severity for signal in self.signals}
        if "red" in severities:
            return "red"
        if not self.active:
            return "plain"
        return "attention" if severities else "green"


class Launcher(Record):
    """pg_cron's launcher. ``alive`` None: this role may not see it; ``running`` runs go on, of ``limit`` that may."""

    alive: bool | None
    since: str | None
    running: int
    limit: int | None


class HistorySize(Record):
    """A table that grows with every run: its rows (an estimate where it is large), bytes, and whether an entry deletes
    from it."""

    database: str
    table: str
    rows: int
    bytes: int
    oldest: str | None
    pruned: bool


class Monitoring(Document):
    """``at`` is the server's clock, ``window_seconds`` how far back runs were counted, ``slot_seconds`` the length of a
    slot (0: none were asked for). ``signals`` are the server's own; ``notes`` say what could not be seen."""

    at: str
    server: str
    pg_cron: str
    window_seconds: int
    slot_seconds: int = 0
    jobs: tuple[Watched, ...]
    launcher: Launcher
    history: tuple[HistorySize, ...] = ()
    signals: tuple[Signal, ...] = ()
    notes: tuple[str, ...] = ()

    def by_name(self) -> tuple[tuple[str, tuple[Signal, ...]], ...]:
        """The signals of the server, then those of each entry, under its name."""
        return (("the server", self.signals), *((job.name, job.signals) for job in self.jobs))
