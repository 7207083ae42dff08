"""Whether PostgreSQL accepts the statements of a classification, against the tables that the migrations make.

PREPARE analyses a query and runs nothing (manual, PREPARE). The tables are made from what is read of the migrations,
in one transaction that is rolled back, and only in a database that carries the disposable mark.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from cronlift.ecto.database import Database
from cronlift.ecto.skeleton import Skeleton, skeleton
from cronlift.ecto.tables import Tables
from cronlift.errors import UsageError
from cronlift.model.score import PreparedStatement
from cronlift.model.verdict import Classification, Step
from cronlift.postgres import disposable
from cronlift.postgres.server import Connection
from cronlift.sql.facts import facts

_QUERIES = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE")


def prepare(found: Classification, database: Database, connection: Connection) -> tuple[PreparedStatement, ...]:
    """Every statement of every job, with PostgreSQL's answer. ``connection`` may write; it is left rolled back.

    Raises UsageError where its database does not carry the mark.
    """
    if not disposable.is_disposable(connection):
        raise UsageError(
            "the database does not carry the disposable mark",
            where=connection.info.dbname,
            do="name a database that may be thrown away (cronlift sandbox mark-disposable)",
        )
    steps = [(job.id, step) for job in found.jobs for step in job.steps]
    done: list[PreparedStatement] = []
    for repo in dict.fromkeys(step.repo for _, step in steps):
        tables = database.tables(repo)
        shape = skeleton(tables)
        try:
            _build(connection, shape)
            done += [_asked(connection, job, step, shape, tables) for job, step in steps if step.repo == repo]
        finally:
            connection.rollback()
    return tuple(done)


def _build(connection: Connection, shape: Skeleton) -> None:
    """The skeleton in schemas of its own; what was under their names before steps aside until the rollback."""
    for name in shape.schemas:
        there = connection.execute("SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s", (name,)).fetchone()
        if there is not None:
            aside = sql.Identifier(f"cronlift_aside_{name}"[:63])
            connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(name), aside))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    connection.execute("SET LOCAL search_path = public")
    for statement in shape.statements:
        try:
            with connection.transaction():
                connection.execute(statement.encode())
        except psycopg.Error as error:
            shape.stand_ins[statement] = f"{statement.partition('(')[0].strip()}: {_said(error)}"


def _asked(connection: Connection, job: str, step: Step, shape: Skeleton, tables: Tables) -> PreparedStatement:
    answer: bool | None = None
    why = ""
    if step.command not in _QUERIES:
        why = f"{step.command} is no query: PREPARE does not take it"
    else:
        try:
            with connection.transaction():
                connection.execute(b"PREPARE cronlift AS " + step.text.encode())
                connection.execute("DEALLOCATE cronlift")
            answer = True
        except psycopg.Error as error:
            said = _said(error)
            answer, why = False, "; ".join((said, *_excuses(step, said, shape, tables)))
    return PreparedStatement(job=job, file=step.file, line=step.line, sql=step.text, accepted=answer, why=why)


def _excuses(step: Step, said: str, shape: Skeleton, tables: Tables) -> Iterator[str]:
    """What is not known of what the statement, or PostgreSQL's answer, names."""
    if facts(step.text).parameters:
        yield "a value in it is not known"
    for relation in step.relations:
        prefix, _, name = relation.rpartition(".")
        if name in tables.views:
            yield f"{name} is a view: its columns are not read"
        elif tables.get(prefix or None, name) is None and not name.startswith("pg_"):
            yield f"no migration makes {relation}"
    for name, text in shape.stand_ins.items():
        if any(part in text_ for part in (name, name.rpartition(".")[2]) for text_ in (step.text, said)):
            yield text


def _said(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).splitlines()[0]
