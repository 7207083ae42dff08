"""Working as a side works: its role, with the settings that role's sessions have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import pq, sql

from cronlift.generate.catalog import path_text, role_settings
from cronlift.model.plan import PlannedJob, Target
from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection
from cronlift.proof import row_loops
from cronlift.proof.findings import Failure, SideError


@dataclass(frozen=True)
class Side:
    """Who works, and with which settings: the app's role, or the job's."""

    role: str
    settings: Mapping[str, str] = field(default_factory=dict)


def sides(connection: Connection, target: Target, job: PlannedJob) -> tuple[Side, Side]:
    """The app's side and the job's, with their settings as ``connection`` (to the target's server) has them.

    The app's search_path is the plan's. pg_cron starts the job as an ordinary session of its role, so its settings
    are that role's.
    """
    app = {
        **_settings(connection, target.app_role, target.database),
        "search_path": path_text(target.search_path),
        **job.session,
    }
    job_settings = _settings(connection, job.job_role, target.database)
    return Side(target.app_role, app), Side(job.job_role, {"search_path": '"$user", public', **job_settings})


def _settings(connection: Connection, role: str, database: str) -> dict[str, str]:
    found = role_settings(connection, role, database)
    return {name: value for name, value in found.items() if name not in ("role", "session_authorization")}


def become(connection: Connection, side: Side, *, local: bool = True) -> None:
    """Take on the side's settings and role: in a transaction until its end (or its savepoint's), else for the session.

    A superuser takes the whole identity (session_user too, as a session of the role has it); others SET ROLE.
    Raises SideError where the connected role may not.
    """
    try:
        for name, value in side.settings.items():
            connection.execute("SELECT pg_catalog.set_config(%s, %s, %s)", (name, value, local))
        superuser = connection.execute(
            "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = session_user"
        ).fetchone()
        what = "SESSION AUTHORIZATION" if superuser == (True,) else "ROLE"
        statement = sql.SQL("SET {} {} {}").format(
            sql.SQL("LOCAL" if local else "SESSION"), sql.SQL(what), sql.Identifier(side.role)
        )
        connection.execute(statement)
    except psycopg.Error as error:
        raise side_error(error) from error


@contextmanager
def wearing(connection: Connection, settings: Mapping[str, str]) -> Iterator[None]:
    """The settings for a while, inside a transaction; afterwards those from before."""
    before = {
        name: connection.execute("SELECT pg_catalog.current_setting(%s, true)", (name,)).fetchone() for name in settings
    }
    for name, value in settings.items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
    yield
    for name, row in before.items():
        connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, row[0] if row else None))


def unbecome(connection: Connection) -> None:
    """Be the connected role again; settings stay until the transaction (or savepoint) is rolled back."""
    connection.execute("SET LOCAL ROLE NONE")
    connection.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")


def run_app(connection: Connection, steps: Sequence[Step]) -> int:
    """The app's statements, each as its driver sends it: placeholders kept, values bound; in the place of a statement
    that stands for a loop the loop. How many rows the last one touched. Raises SideError."""
    rows = 0
    for step in steps:
        if step.loop is not None:
            run_command(connection, row_loops.block(step.loop))
            continue
        values = [_value(connection, p.sql) for p in sorted(step.parameters, key=lambda p: p.position)]
        result = connection.pgconn.exec_params(step.sql.encode(), values or None)
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise SideError(_failure(result))
        rows = result.command_tuples or 0
    return rows


def run_command(connection: Connection, command: str) -> None:
    """The command of the cron entry, as pg_cron sends it. Raises SideError."""
    result = connection.pgconn.exec_(command.encode())
    if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
        raise SideError(_failure(result))


def _value(connection: Connection, text: str) -> bytes | None:
    """A parameter's value as text; the literal is evaluated by the server, the type is inferred where it is bound."""
    result = connection.pgconn.exec_(f"SELECT ({text})".encode())
    if result.status != pq.ExecStatus.TUPLES_OK:
        raise SideError(_failure(result))
    return result.get_value(0, 0)


def _failure(result: pq.abc.PGresult) -> Failure:
    state = result.error_field(pq.DiagnosticField.SQLSTATE) or b"?"
    message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"the connection was lost"
    return Failure(state.decode(), message.decode(errors="replace").splitlines()[0])


def side_error(error: psycopg.Error) -> SideError:
    """psycopg's exception as a side's failure."""
    message = error.diag.message_primary or str(error) or type(error).__name__
    return SideError(Failure(error.sqlstate or "?", message.splitlines()[0]))


@contextmanager
def undone(connection: Connection, name: str) -> Iterator[None]:
    """A savepoint that is always rolled back, settings, roles and constraint modes with it."""
    savepoint = sql.Identifier(f"cronlift_{name}")
    connection.execute(sql.SQL("SAVEPOINT {}").format(savepoint))
    try:
        yield
    finally:
        connection.execute(sql.SQL("ROLLBACK TO SAVEPOINT {}").format(savepoint))
        connection.execute(sql.SQL("RELEASE SAVEPOINT {}").format(savepoint))
