"""The proof for what no transaction can hold: two copies of the proof database, one for each side.

The app's statements run in their transactions on one copy, the cron entry's command on the other, COMMITs and all.
The copies are made from a template (CREATE DATABASE … TEMPLATE), which needs the database to itself for a moment, and
are dropped again whatever happens.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection, Server
from cronlift.proof import readout
from cronlift.proof.differences import difference
from cronlift.proof.findings import Failure, Finding, SideError
from cronlift.proof.readout import ROWS, Digest, Key, Relation, Row
from cronlift.proof.session import Side, become, run_app, run_command, side_error
from cronlift.proof.states import BUDGET
from cronlift.proof.timed import Window, equal_but_for_now, without_times

_TRIES = 4


class BusyError(Exception):
    """The proof database cannot be copied now: why, in words."""


@dataclass
class Copy:
    """What a side left on its copy."""

    database: str
    window: Window
    failure: Failure | None = None
    relations: dict[Key, Relation] = field(default_factory=dict)
    digests: dict[Key, Digest] = field(default_factory=dict)
    unreadable: dict[Key, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What runs on the copies: the app's transactions, and the command after what it needs (``before``)."""

    app: Side
    job: Side
    transactions: Sequence[Sequence[Step]]
    command: str
    before: Sequence[sql.Composable]
    must_read: frozenset[Key]


def prove(server: Server, database: str, work: Work) -> Finding:
    """Run both sides on copies of ``database`` and compare. Nobody of ours may be connected to it."""
    try:
        with _copies(server, database, 2) as (one, two):
            app = _run_app(server, one, work)
            job = _run_job(server, two, work)
            return _compared(server, database, work, app, job)
    except BusyError as busy:
        return Finding("unproved", f"the procedure with its COMMITs was not run from end to end: {busy}")


def _compared(server: Server, database: str, work: Work, app: Copy, job: Copy) -> Finding:
    details: dict[str, Any] = {"app": _window(app), "job": _window(job)}
    if app.failure and job.failure and app.failure.sqlstate == job.failure.sqlstate:
        return Finding("unproved", f"on copies both sides fail: {app.failure}", (), details)
    if app.failure or job.failure:
        text = f"on copies, the app's statements: {app.failure or 'no error'}; the command: {job.failure or 'no error'}"
        return Finding("differs", text, (), details)
    lines: list[str] = []
    wrong: list[str] = []
    samples: list[dict[str, Any]] = []
    only = sorted(app.relations.keys() ^ job.relations.keys())
    wrong += [f"{'.'.join(k)}: there only after {'the app' if k in app.relations else 'the command'}" for k in only]
    relevant = sorted(app.digests.keys() & job.digests.keys())
    different = [key for key in relevant if app.digests[key] != job.digests[key]]
    if different:
        unclear = [key for key in different if not _judge(server, app, job, key, (), lines, [], [])]
        natural = _natural(server, database, work, app, unclear) if unclear else {}
        for key in unclear:
            _judge(server, app, job, key, natural.get(key, ()), lines, wrong, samples)
    for key, why in sorted({**app.unreadable, **job.unreadable}.items()):
        lines.append(f"not read on the copies: {'.'.join(key)}: {why}")
    rows = sum(app.digests[key].rows for key in relevant)
    lines.insert(0, f"run from end to end on two copies: {len(relevant)} relations compared, {rows} rows")
    if samples:
        details["differences"] = samples
    if wrong:
        return Finding("differs", f"on copies the two do not leave the same: {wrong[0]}", (*wrong, *lines), details)
    result = "weak" if any("left out" in line for line in lines) else "equal"
    return Finding(result, "the same rows on two copies", tuple(lines), details)  # type: ignore[arg-type]


def _judge(
    server: Server,
    app: Copy,
    job: Copy,
    key: Key,
    natural: tuple[str, ...],
    lines: list[str],
    wrong: list[str],
    samples: list[dict[str, Any]],
) -> bool:
    """Whether the relation's difference is no fault; else ``wrong`` and ``samples`` get it. ``natural`` are columns in
    which the app's own runs differ."""
    relation, name = app.relations[key], ".".join(key)
    buckets = app.digests[key].differing(job.digests[key])
    left, right = _rows(server, app.database, relation, buckets), _rows(server, job.database, relation, buckets)
    if max(len(left), len(right)) >= ROWS:
        masked = without_times(relation)
        if masked and _masked(server, app.database, relation, masked) == _masked(
            server, job.database, relation, masked
        ):
            lines.append(f"{name}: {', '.join(masked)} left out: more than {ROWS} rows differ there; the rest is equal")
        else:
            wrong.append(f"{name}: more than {ROWS} rows differ")
        return not wrong
    found = difference(relation, left, right)
    times = equal_but_for_now(found, app.window, job.window)
    if times is not None:
        lines.append(
            f"{name}: {', '.join(times)} of {len(found.only_app)} rows differ by no more than the two runs lie apart, "
            "which is what now() does; everything else is equal"
        )
    elif natural and _masked(server, app.database, relation, natural) == _masked(
        server, job.database, relation, natural
    ):
        lines.append(f"{name}: {', '.join(natural)} left out: two runs of the app's own statements differ there too")
    else:
        wrong += found.lines({})
        samples.append(found.samples())
        return False
    return True


def _natural(
    server: Server, database: str, work: Work, app: Copy, different: Sequence[Key]
) -> Mapping[Key, tuple[str, ...]]:
    """The columns in which a second run of the app on a third copy differs from the first, by more than its clock."""
    with _copies(server, database, 1) as (three,):
        again = _run_app(server, three, work)
        found: dict[Key, tuple[str, ...]] = {}
        for key in different:
            if key not in again.digests:
                continue
            buckets = app.digests[key].differing(again.digests[key])
            relation = app.relations[key]
            between = difference(
                relation, _rows(server, app.database, relation, buckets), _rows(server, three, relation, buckets)
            )
            if between and equal_but_for_now(between, app.window, again.window) is None:
                found[key] = between.columns
        return found


def _run_app(server: Server, database: str, work: Work) -> Copy:
    with _session(server, database) as connection:
        copy = _begun(connection, database)
        try:
            become(connection, work.app, local=False)
            for steps in work.transactions:
                if steps[0].alone:
                    run_app(connection, steps)
                    continue
                connection.execute("BEGIN")
                run_app(connection, steps)
                connection.execute("COMMIT")
        except psycopg.Error as error:
            copy.failure = side_error(error).failure
        except SideError as error:
            copy.failure = error.failure
        return _ended(server, connection, copy, work)


def _run_job(server: Server, database: str, work: Work) -> Copy:
    with _session(server, database) as connection:
        for statement in work.before:
            connection.execute(sql.Composed([statement]))
        copy = _begun(connection, database)
        try:
            become(connection, work.job, local=False)
            run_command(connection, work.command)
        except SideError as error:
            copy.failure = error.failure
        return _ended(server, connection, copy, work)


def _begun(connection: Connection, database: str) -> Copy:
    now = _clock(connection)
    return Copy(database, Window(now, now))


def _ended(server: Server, connection: Connection, copy: Copy, work: Work) -> Copy:
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.execute("ROLLBACK")
    copy.window = Window(copy.window.start, _clock(connection))
    connection.close()
    with _session(server, copy.database) as reader:
        reader.execute("BEGIN READ ONLY")
        readout.reading(reader)
        copy.relations = readout.relations(reader)
        left = BUDGET
        for key, relation in copy.relations.items():
            if relation.kind == "f":
                copy.unreadable[key] = "its rows are on another server"
            elif key not in work.must_read and relation.size > left:
                copy.unreadable[key] = "it is too large to be read without a reason"
            else:
                left -= 0 if key in work.must_read else relation.size
                try:
                    with reader.transaction():
                        copy.digests[key] = readout.digest(reader, relation)
                except psycopg.Error as error:
                    copy.unreadable[key] = readout.cannot_read(error)
    return copy


def _rows(server: Server, database: str, relation: Relation, buckets: Sequence[int]) -> list[Row]:
    with _session(server, database) as connection:
        connection.execute("BEGIN READ ONLY")
        readout.reading(connection)
        return readout.fetch(connection, relation, buckets)


def _masked(server: Server, database: str, relation: Relation, columns: Sequence[str]) -> Digest:
    with _session(server, database) as connection:
        connection.execute("BEGIN READ ONLY")
        readout.reading(connection)
        return readout.digest(connection, relation, without=columns)


def _clock(connection: Connection) -> datetime:
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0].astimezone(UTC)


def _window(copy: Copy) -> dict[str, str]:
    return {"start": copy.window.start.isoformat(), "end": copy.window.end.isoformat()}


@contextmanager
def _session(server: Server, database: str) -> Iterator[Connection]:
    connection = server.connect(database, read_only=False)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _copies(server: Server, database: str, number: int) -> Iterator[tuple[str, ...]]:
    """Copies of the database, dropped at the end. Raises BusyError where it cannot be copied."""
    token = secrets.token_hex(4)
    names = tuple(f"cronlift_proof_{token}_{n}" for n in range(1, number + 1))
    with _maintenance(server, database) as connection:
        try:
            for name in names:
                _copy(connection, database, name)
            yield names
        finally:
            with suppress(psycopg.OperationalError):
                for name in names:
                    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _maintenance(server: Server, database: str) -> Iterator[Connection]:
    other = "template1" if database == "postgres" else "postgres"
    try:
        session = _session(server, other)
        connection = session.__enter__()
    except ServerError as error:
        raise BusyError(f"database {other}, from which copies are made, cannot be reached: {error.what}") from None
    try:
        connection.execute("SET client_min_messages = error")
        yield connection
    finally:
        session.__exit__(None, None, None)


def _copy(connection: Connection, database: str, name: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(database))
    if connection.execute(resources.sql("proof/launcher_here"), {"database": database}).fetchone() == (True,):
        raise BusyError(f"pg_cron lives in database {database}, which is therefore never free to be copied")
    for attempt in range(_TRIES):
        try:
            connection.execute(statement)
            return
        except psycopg.errors.ObjectInUse as error:
            if attempt == _TRIES - 1:
                detail = (error.diag.message_detail or "").rstrip(".")
                raise BusyError(
                    f"database {database} cannot be copied while others are connected to it ({detail.lower()})"
                ) from None
            time.sleep(1)
        except psycopg.Error as error:
            raise BusyError(f"no copy could be made: {error.diag.message_primary}") from None
