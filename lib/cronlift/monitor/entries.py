"""The entries of ``cron.job``, and the server they are on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors

from cronlift.doctor import world
from cronlift.errors import ServerError
from cronlift.generate.quoting import quote_ident, template
from cronlift.monitor.runs import rows_of
from cronlift.postgres.server import Connection

OWN_PREFIX = "cronlift/"
"""How the names begin that cronlift gives to entries (``cronlift.generate.names.cron_name``)."""

_RUNNER = re.compile(r"\bCALL\s+cronlift\.(run|begin|sweep)\s*\(", re.IGNORECASE)
_DELETES = re.compile(r"\b(DELETE\s+FROM|TRUNCATE)\b[^;]*\bjob_run_details\b", re.IGNORECASE | re.DOTALL)
_DELETES_LOG = re.compile(r"\bDELETE\s+FROM\s+cronlift\.run_log\b|\bcronlift\.prune\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of ``cron.job``; ``age``: how many transactions ago it was last written; ``written``: when, where the
    server keeps the times of commits."""

    jobid: int
    jobname: str | None
    schedule: str
    command: str
    database: str
    role: str
    active: bool
    age: int
    written: datetime | None = None

    @property
    def name(self) -> str:
        """How sentences name it."""
        return self.jobname or f"entry {self.jobid}"

    @property
    def of_cronlift(self) -> bool:
        """Whether its name or command is one of cronlift's."""
        return self.name.startswith(OWN_PREFIX) or self.runner

    @property
    def runner(self) -> bool:
        """Whether it runs through cronlift's runner or sweeper (a managed job)."""
        return _RUNNER.search(self.command) is not None

    @property
    def prunes(self) -> bool:
        """Whether it is on, and its command says that it deletes from pg_cron's history."""
        return self.active and _DELETES.search(self.command) is not None

    @property
    def prunes_run_log(self) -> bool:
        """Whether it is on, and its command says that it deletes from the run log."""
        return self.active and _DELETES_LOG.search(self.command) is not None


@dataclass(frozen=True, slots=True)
class ServerState:
    """The server as one role sees it. None: that role may not see it (unknown is not "off")."""

    database: str
    version: str
    timezone: str | None
    now: datetime
    start: datetime
    launcher_start: datetime | None
    launcher_alive: bool | None
    library_loaded: bool | None
    in_recovery: bool
    background_workers: bool | None
    log_run: bool
    launch_active: bool
    max_running: int | None
    sees_own_only: bool
    role: str

    @property
    def started(self) -> datetime:
        """Since when pg_cron could have started anything."""
        return self.launcher_start or self.start

    @property
    def blocks(self) -> bool | None:
        """Whether the launcher waits while a run goes on: before pg_cron 1.5 with background workers
        (GetBgwTaskFeedback in pg_cron.c reads the worker's answers with nowait = false)."""
        return self.background_workers if older_than_1_5(self.version) else False


def older_than_1_5(version: str) -> bool:
    """Whether an extension's version (``1.4``) is before 1.5."""
    return tuple(map(int, version.split("."))) < (1, 5)


def server_state(connection: Connection) -> ServerState:
    """Ask pg_cron's database. Raises ServerError where pg_cron is not in it, too old, or not readable."""
    row = world.server(connection)
    version = world.version_of(row)
    where = f"database {row['database']}"
    if tuple(map(int, version.split("."))) < (1, 3):
        raise ServerError(
            f"pg_cron {version} keeps no record of its runs",
            where=where,
            do="ALTER EXTENSION pg_cron UPDATE (1.3 or later)",
        )
    try:
        own = rows_of(connection, template("monitor/server"), {})[0]
    except errors.InsufficientPrivilege:
        raise _unreadable(connection) from None
    known = bool(row["settings_readable"])
    return ServerState(
        database=str(row["database"]),
        version=version,
        timezone="GMT" if older_than_1_5(version) else str(row["cron_timezone"] or "GMT") if known else None,
        now=own["now"],
        start=own["server_start"],
        launcher_start=own["launcher_start"],
        launcher_alive=True if row["launcher_seen"] else False if row["stats_readable"] else None,
        library_loaded=bool(row["library_loaded"]) if known or row["library_loaded"] else None,
        in_recovery=bool(row["in_recovery"]),
        background_workers=_on(row["background_workers"]),
        log_run=_on(row["log_run"]) is not False,
        launch_active=_on(row["launch_active_jobs"]) is not False,
        max_running=own["max_running_jobs"],
        sees_own_only=bool(own["sees_own_only"]),
        role=str(own["role"]),
    )


def entries(connection: Connection) -> list[Entry]:
    """All of ``cron.job`` that the role sees. Raises ServerError where it may not look."""
    try:
        rows = rows_of(connection, template("monitor/entries"), {})
    except errors.InsufficientPrivilege:
        raise _unreadable(connection) from None
    return [_entry(row) for row in rows]


def not_seen(state: ServerState) -> list[str]:
    """What this role may not see, with the GRANT where there is one."""
    notes = []
    role = quote_ident(state.role)
    if state.sees_own_only:
        notes.append(
            f"pg_cron shows the role {state.role} its own entries and runs only (row-level security): others were not "
            "looked at; a superuser sees all"
        )
    if state.background_workers is None:
        notes.append(
            "how pg_cron starts runs is not known, and with it whether it may wait for one of them: "
            f"GRANT pg_read_all_settings TO {role};"
        )
    if state.timezone is None:
        notes.append(
            "in which time zone pg_cron reads schedules is not known, so that only entries of every minute or second "
            f"were looked at for overdue firings: GRANT pg_read_all_settings TO {role};"
        )
    if state.launcher_alive is None:
        notes.append(f"whether pg_cron's launcher runs was not seen: GRANT pg_read_all_stats TO {role};")
    if not state.log_run:
        notes.append("pg_cron records no runs here (cron.log_run is off): of jobs without a run log nothing is known")
    return notes


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        row["jobid"], row["jobname"], row["schedule"], row["command"], row["database"], row["username"], row["active"],
        row["age"], row["written"],
    )  # fmt: skip


def _unreadable(connection: Connection) -> ServerError:
    connection.rollback()
    return ServerError(
        "this role may not read cron.job",
        where=f"database {connection.info.dbname}",
        do=f"as a superuser: GRANT USAGE ON SCHEMA cron TO {quote_ident(connection.info.user)};",
    )


def _on(setting: object) -> bool | None:
    return None if setting is None else str(setting) in ("on", "true", "1")
