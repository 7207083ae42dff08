"""What the doctor knows beside the entries: the server, its roles, and what pg_cron recorded of the runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import errors
from psycopg.rows import dict_row

from cronlift import resources
from cronlift.doctor.entry import Entry, Examined
from cronlift.errors import ServerError, UsageError
from cronlift.postgres.capabilities import major_minor
from cronlift.postgres.server import Connection
from cronlift.schedule.dialects.pg_cron import PgCron, family
from cronlift.schedule.dialects.protocol import BadExpression, Parsed
from cronlift.sql.command import comments


@dataclass(frozen=True, slots=True)
class Login:
    """Whether a role may start a session in a database."""

    role_exists: bool
    can_login: bool
    superuser: bool
    connection_limit: int
    bootstrap: bool
    database_exists: bool
    allows_connections: bool
    may_connect: bool


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``cron.job_run_details``."""

    status: str
    message: str
    start: datetime | None
    end: datetime | None
    command: str


@dataclass(frozen=True, slots=True)
class HbaRule:
    """A line of pg_hba.conf."""

    type: str
    databases: tuple[str, ...]
    users: tuple[str, ...]
    address: str
    method: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class World:
    """``server`` is the row of sql/doctor/server.sql (empty where migrations are read and no server is asked).

    ``apps`` are what ``--app`` found still scheduled in the application.
    """

    version: str
    server: Mapping[str, Any] = field(default_factory=dict)
    logins: Mapping[tuple[str, str], Login] = field(default_factory=dict)
    history: Mapping[int, Sequence[Run]] = field(default_factory=dict)
    history_rows: int = 0
    history_days: float = 0
    hba: Sequence[HbaRule] | None = None
    names: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    examined: Sequence[Examined] = ()
    apps: Sequence[Any] = ()
    clones: Sequence[str] = ()
    shares: Mapping[tuple[Any, ...], float] = field(default_factory=dict)

    @property
    def dialects(self) -> tuple[PgCron, ...]:
        """The readings of a schedule that the server's version number allows for; the newest where it is not known."""
        try:
            return family(self.version)
        except UsageError:
            return family("1.6")

    @property
    def offline(self) -> bool:
        """Whether no server was asked."""
        return not self.server

    @property
    def clone(self) -> bool:
        """Whether this ``cron.job`` is a copy that the launcher does not read."""
        name = self.server.get("cron_database")
        return name is not None and name != self.server["database"]

    @property
    def timezone(self) -> str:
        """The zone schedules are read in."""
        if tuple(map(int, self.version.split("."))) < (1, 5):
            return "GMT"
        return str(self.server.get("cron_timezone") or "GMT")

    def parsed(self, schedule: str) -> tuple[Parsed | None, ...]:
        """What each possible pg_cron makes of a schedule; None for one that refuses it."""
        return _parsed(self.dialects, schedule)

    def login(self, entry: Entry) -> Login | None:
        return self.logins.get((entry.username, entry.database))

    def runs(self, entry: Entry) -> Sequence[Run]:
        """The latest runs of the entry's present command, newest first."""
        known = self.history.get(entry.jobid, ()) if entry.jobid is not None else ()
        return [run for run in known if run.command == entry.command]


@lru_cache(maxsize=8192)
def _parsed(dialects: tuple[PgCron, ...], schedule: str) -> tuple[Parsed | None, ...]:
    found: list[Parsed | None] = []
    for dialect in dialects:
        try:
            found.append(dialect.parse(schedule))
        except BadExpression:
            found.append(None)
    return tuple(found)


def server(connection: Connection) -> dict[str, Any]:
    """The row of sql/doctor/server.sql. Raises ServerError where pg_cron is not in the database."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(resources.sql("doctor/server")).fetchone()
    assert row is not None
    if row["extension_version"] is None:
        raise ServerError(
            "the database has no extension pg_cron",
            where=f"database {row['database']}",
            do="CREATE EXTENSION pg_cron there, or name the database it lives in with --cron-database",
        )
    return row


def entries(connection: Connection, version: str) -> list[Entry]:
    """All of ``cron.job`` that this role sees. Raises ServerError where it may not look."""
    old = tuple(map(int, version.split("."))) < (1, 3)
    try:
        rows = connection.execute(resources.sql("doctor/entries_unnamed" if old else "doctor/entries")).fetchall()
    except errors.InsufficientPrivilege:
        raise ServerError(
            "this role may not read cron.job",
            where=f"database {connection.info.dbname}",
            do="connect as the entries' owner or a superuser, or: GRANT USAGE ON SCHEMA cron TO …",
        ) from None
    return [_entry(list(row)) for row in rows]


def _entry(row: list[Any]) -> Entry:
    jobid, jobname, schedule, command, database, username, active, nodename = row
    return Entry(jobid, jobname, schedule, command, database, username, active, nodename, remarks=comments(command))


def logins(connection: Connection, found: Sequence[Entry]) -> dict[tuple[str, str], Login]:
    """For each role and database that entries pair."""
    pairs = sorted({(entry.username, entry.database) for entry in found})
    names = {"usernames": [p[0] for p in pairs], "databases": [p[1] for p in pairs]}
    rows = connection.execute(resources.sql("doctor/roles"), names).fetchall()
    return {(str(user), str(database)): Login(*(_known(v) for v in rest)) for user, database, *rest in rows}  # type: ignore[arg-type]


def _known(value: object) -> object:
    return False if value is None else value


def history(connection: Connection) -> dict[int, list[Run]]:
    """The latest runs of each entry; nothing where this pg_cron keeps none or the role may not see them."""
    found: dict[int, list[Run]] = defaultdict(list)
    try:
        with connection.transaction():
            rows = connection.execute(resources.sql("doctor/history")).fetchall()
    except (errors.UndefinedTable, errors.InsufficientPrivilege):
        return {}
    for jobid, _, status, message, start, end, command in rows:
        found[int(str(jobid))].append(Run(str(status or ""), str(message or ""), start, end, str(command or "")))  # type: ignore[arg-type]
    return dict(found)


def history_size(connection: Connection) -> tuple[int, float]:
    """The rows of the history, and how many days back it reaches."""
    try:
        with connection.transaction():
            row: Any = connection.execute(resources.sql("doctor/history_size")).fetchone()
    except (errors.UndefinedTable, errors.InsufficientPrivilege):
        return 0, 0.0
    rows, oldest, now = row
    return int(rows), (now - oldest).total_seconds() / 86400 if oldest else 0.0


def hba(connection: Connection) -> list[HbaRule] | None:
    """pg_hba.conf as the server read it; None where the role may not see it."""
    try:
        with connection.transaction():
            rows = connection.execute(resources.sql("doctor/hba")).fetchall()
    except errors.InsufficientPrivilege:
        return None
    return [
        HbaRule(str(kind), tuple(dbs or ()), tuple(users or ()), str(address or ""), str(method), tuple(options or ()))  # type: ignore[arg-type]
        for kind, dbs, users, address, _, method, options in rows
    ]


def version_of(row: Mapping[str, Any]) -> str:
    """``1.6`` of the extension's version."""
    version = major_minor(str(row["extension_version"]))
    return version if re.fullmatch(r"\d+\.\d+", version) else "1.6"
