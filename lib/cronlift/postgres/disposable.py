"""The mark of a database that may be written to and thrown away (effect proofs run nowhere else).

The mark is a setting of the database, read from the catalog: a session cannot fake it with ``SET``, and
``CREATE DATABASE … TEMPLATE`` does not copy it. Setting it takes a superuser (PostgreSQL 15+ lets nobody else
store a setting it does not know: guc.c, validate_option_array_item).
"""

from __future__ import annotations

from psycopg import sql

from cronlift import resources
from cronlift.postgres.server import Connection

SETTING = "cronlift.disposable"


def is_disposable(connection: Connection) -> bool:
    """Whether the connected database carries the mark."""
    row = connection.execute(resources.sql("disposable")).fetchone()
    return row is not None and row[0] is True


def statement(connection: Connection) -> sql.Composed:
    """The statement that marks the connected database."""
    return sql.SQL("ALTER DATABASE {} SET cronlift.disposable = 'yes'").format(sql.Identifier(connection.info.dbname))


def mark(connection: Connection) -> None:
    """Mark the connected database and commit. Needs a connection that may write; psycopg's errors go
    through."""
    connection.execute(statement(connection))
    connection.commit()
