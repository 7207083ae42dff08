"""What the application's databases say of their jobs: gates, the run log, the fence's alarms; cronlift's own marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cronlift.errors import ServerError
from cronlift.generate.quoting import quote_ident, template
from cronlift.model.monitoring import HistorySize
from cronlift.monitor import sizes
from cronlift.monitor.entries import Entry
from cronlift.monitor.runs import Record, Runs, Window, rows_of
from cronlift.postgres.server import Connection, Server


@dataclass(frozen=True, slots=True)
class Gate:
    """A row of ``cronlift.gate``. pg_cron owns firings t with ``since`` <= t < ``until`` while it is ``open``.

    ``guarded``: the entry fires more often than the job is due. ``flat``: its runs no longer go through the runner, so
    that the run log ends. ``other``: another version of the job, which pg_cron runs. ``hits`` were turned away after
    the move was complete; ``next_attempt``: of a failed run.
    """

    job: str
    state: str
    since: datetime | None
    until: datetime | None
    guarded: bool = False
    flat: bool = False
    other: str | None = None
    hits: int = 0
    last_hit: datetime | None = None
    next_attempt: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether pg_cron is to do the work."""
        return self.state in ("started", "completed")

    def owns(self, tick: datetime) -> bool:
        """Whether a firing is pg_cron's."""
        return self.since is not None and self.since <= tick and (self.until is None or tick < self.until)

    @property
    def words(self) -> str:
        """Why pg_cron does nothing at its firings."""
        if self.other is not None and self.state in ("shut", "rolled_back"):
            return f"pg_cron runs another version of it: {self.other}"
        return {
            "shut": "the application runs it: the handover has not started",
            "paused": "it is paused: neither side runs it",
            "rolled_back": "it was given back: the application runs it",
            "disarmed": "it was disarmed: this is another database than the one it was installed in",
        }.get(self.state, f"its gate is {self.state}")

    @property
    def do(self) -> str:
        """The command for it."""
        if self.other is not None and self.state == "rolled_back":
            return "it does nothing; cronlift rollback of the run folder that installed it removes it (--job)"
        verb = {"shut": "start", "paused": "resume", "rolled_back": "start"}.get(self.state, "status")
        return f"cronlift jobs {verb} --job {self.job}"


@dataclass
class Managed:
    """What the databases say: gates and runs of the run log by jobid, and the entries that call a procedure of
    cronlift's."""

    gates: dict[int, Gate] = field(default_factory=dict)
    runs: dict[int, Runs] = field(default_factory=dict)
    owned: set[int] = field(default_factory=set)
    tables: list[HistorySize] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def managed(server: Server, window: Window, entries: Iterable[Entry]) -> Managed:
    """Look into every database that an entry runs in. One that cannot be reached is a note."""
    by_database: dict[str, list[Entry]] = {}
    for entry in entries:
        by_database.setdefault(entry.database, []).append(entry)
    found = Managed()
    for database, there in by_database.items():
        try:
            connection = server.connect(database)
        except ServerError as error:
            found.notes.append(f"the database {database} was not looked into ({error.what}): {_judged(there)}")
            continue
        with connection:
            _database(connection, window, there, found)
            connection.rollback()
    return found


def _database(connection: Connection, window: Window, entries: list[Entry], found: Managed) -> None:
    here = rows_of(connection, template("monitor/cronlift_here"), {})[0]
    calls = [f"CALL {name}(" for name in here["procedures"]]
    found.owned |= {e.jobid for e in entries if any(call in e.command for call in calls)}
    if not here["managed"]:
        return
    if not here["readable"]:
        role = quote_ident(connection.info.user)
        found.notes.append(
            f"the run log in {connection.info.dbname} was not read: {_judged(entries)}; GRANT USAGE ON SCHEMA cronlift "
            f"TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA cronlift TO {role};"
        )
        return
    by_name = {entry.jobname: entry for entry in entries}
    gates = {row["cron_name"]: _gate(row) for row in rows_of(connection, template("monitor/gates"), {})}
    record = Record(connection, "run_log", "text")
    logged: Mapping[Any, Runs] = record.runs(window, [gate.job for gate in gates.values()])
    for name, gate in gates.items():
        entry = by_name.get(name)
        if entry is not None:
            found.gates[entry.jobid] = gate
            if not gate.flat:
                found.runs[entry.jobid] = logged.get(gate.job, Runs())
    pruned = any(entry.prunes_run_log for entry in entries)
    found.tables.append(sizes.measure(connection, "cronlift", "run_log", record.oldest(), pruned=pruned))


def _judged(entries: list[Entry]) -> str:
    number = len(entries)
    return f"its {number} {'entry was' if number == 1 else 'entries were'} judged by pg_cron's record alone"


def _gate(row: Mapping[str, Any]) -> Gate:
    return Gate(
        job=row["job"],
        state=row["state"],
        since=row["since"],
        until=row["until"],
        guarded=row["guarded"],
        flat=row["flat"],
        other=row["other"],
        hits=row["hits"],
        last_hit=row["last_hit"],
        next_attempt=row["next_attempt"],
    )
