"""From a server to a World: every entry examined in its own database, read-only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from psycopg import DatabaseError, errors

from cronlift import resources
from cronlift.doctor import world as facts
from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.examine import examine
from cronlift.doctor.rules import large_delete
from cronlift.doctor.session import LOCK_TIMEOUT, Session
from cronlift.doctor.world import World
from cronlift.errors import ServerError
from cronlift.postgres.server import Connection, Server
from cronlift.sql import tree


@dataclass
class _Gathered:
    """What the entries' databases said."""

    examined: list[Examined] = field(default_factory=list)
    names: dict[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    shares: dict[tuple[Any, ...], float] = field(default_factory=dict)
    clones: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(server: Server, apps: Sequence[Any] = ()) -> tuple[World, list[str]]:
    """The world as it is, and what of it could not be seen. Raises ServerError where there is no pg_cron to look at."""
    with server.connect_cron() as connection:
        row = facts.server(connection)
        version = facts.version_of(row)
        entries = facts.entries(connection, version)
        logins = facts.logins(connection, entries)
        history = facts.history(connection)
        rows, days = facts.history_size(connection)
        hba = facts.hba(connection)
        connection.rollback()
    gathered = _Gathered(notes=_hidden(row))
    by_database: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_database[entry.database].append(entry)
    for database, found in by_database.items():
        _database(database, found, server, row, gathered)
    order = {entry: number for number, entry in enumerate(entries)}
    gathered.examined.sort(key=lambda e: order[e.entry])
    gathered.notes += _versions(row, version)
    world = World(
        version=version,
        server=row,
        logins=logins,
        history=history,
        history_rows=rows,
        history_days=days,
        hba=hba,
        names=gathered.names,
        examined=gathered.examined,
        apps=apps,
        clones=gathered.clones,
        shares=gathered.shares,
    )
    return world, gathered.notes


def _database(
    database: str, entries: Sequence[Entry], server: Server, row: dict[str, Any], gathered: _Gathered
) -> None:
    """Examine the entries of one database in it; by their texts alone where it cannot be reached."""
    try:
        connection = server.connect(database)
    except ServerError as error:
        gathered.notes.append(
            f"the database {database} could not be looked into ({error.what}): its {len(entries)} entries "
            "were judged by their text"
        )
        gathered.examined += [examine(e, None) for e in entries]
        return
    with connection:
        session = Session(connection)
        for entry in entries:
            if _local(entry):
                gathered.examined.append(_examined(entry, session, gathered))
            else:
                gathered.notes.append(f"{entry.called} runs on {entry.nodename}: it was judged by its text")
                gathered.examined.append(examine(entry, None))
        mine = [e for e in gathered.examined if e.entry.database == database and e.looked_up]
        gathered.names[database] = (
            _names(connection) if any(p.state in ("42P01", "42883") for e in mine for p in e.problems) else ()
        )
        _shares(connection, database, mine, gathered)
        if database != row["database"] and database != row["cron_database"] and _is_clone(connection):
            gathered.clones.append(database)
        connection.rollback()


def _local(entry: Entry) -> bool:
    return entry.nodename in ("", "localhost", "127.0.0.1", "::1") or entry.nodename.startswith("/")


def _examined(entry: Entry, session: Session, gathered: _Gathered) -> Examined:
    try:
        examined = examine(entry, session)
    except DatabaseError as error:
        # Whatever the server objects to, it is this entry's look that failed: the others are still worth having.
        message = error.diag.message_primary or type(error).__name__
        session.connection.rollback()
        gathered.notes.append(f"{entry.called} was judged by its text: {message}")
        return examine(entry, None)
    gathered.notes += [f"{entry.called}: {text}" for text in examined.unseen]
    return examined


def _names(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(resources.sql("doctor/elsewhere")).fetchall()
    return [(str(schema), str(name)) for schema, name in rows]


def _is_clone(connection: Connection) -> bool:
    row = connection.execute(resources.sql("doctor/clones")).fetchone()
    return row is not None and bool(row[0])


def _shares(connection: Connection, database: str, examined: Sequence[Examined], gathered: _Gathered) -> None:
    """For DELETEs by age from large tables: what share of the rows is that old, by the planner's statistics."""
    for found in examined:
        for unit in found.units:
            if unit.kind == "DeleteStmt" and "whereClause" not in unit.tree:
                for relation in (found.relations.get(a.written) for a in tree.accesses(unit)):
                    if relation is not None and relation.rows < 0 and relation.kind == "r":
                        # A lock that somebody holds on it is waited for a moment only.
                        with suppress(errors.LockNotAvailable), connection.transaction():
                            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                            size: Any = connection.execute(
                                resources.sql("doctor/size"), {"oid": relation.oid}
                            ).fetchone()
                            gathered.shares[database, relation.oid] = float(size[0] or 0)
            for column, interval in large_delete.conditions_on_age(unit):
                target = unit.tree["relation"]
                relation = found.relations.get(".".join(filter(None, [target.get("schemaname"), target["relname"]])))
                if relation is None or relation.rows < large_delete.MANY:
                    continue
                key = (database, relation.schema, relation.name, column, interval)
                parameters = {"schema": relation.schema, "table": relation.name, "column": column, "interval": interval}
                with suppress(errors.DataError), connection.transaction():
                    row: Any = connection.execute(resources.sql("doctor/histogram"), parameters).fetchone()
                    if row is not None and row[0] is not None:
                        gathered.shares[key] = float(row[0])


def _hidden(row: dict[str, Any]) -> list[str]:
    notes = []
    if not row["superuser"]:
        notes.append("connected as a role that is no superuser: only entries this role may see were looked at")
    if not row["settings_readable"]:
        notes.append(
            "pg_cron's settings may not be read by this role (GRANT pg_read_all_settings): mode and time "
            "zone are not known"
        )
    if not row["stats_readable"]:
        notes.append("whether the launcher runs could not be seen (GRANT pg_read_all_stats)")
    return notes


def _versions(row: dict[str, Any], version: str) -> list[str]:
    if version == "1.6":
        return [
            "the server says pg_cron 1.6: releases 1.6.0 and 1.6.1 run dates a day early (look at the "
            "package's version)"
        ]
    if version == "1.5":
        return [
            "the server says pg_cron 1.5: release 1.5.0 takes schedules that begin with 1 to 59 for seconds "
            "(look at the package's version)"
        ]
    return []
