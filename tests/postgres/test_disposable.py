"""The disposable mark: kept by the server, not to be had by a session, a role or a copy."""

from __future__ import annotations

import psycopg
import pytest
from databases import AppDatabase
from psycopg import sql

from cronlift.postgres import disposable


def _unmark(app_database: AppDatabase) -> None:
    app_database.execute(f"ALTER DATABASE {app_database.name} RESET cronlift.disposable", user="postgres")


def test_mark_and_unmark(app_database: AppDatabase) -> None:
    with app_database.admin() as connection:
        assert disposable.is_disposable(connection)
        _unmark(app_database)
        assert not disposable.is_disposable(connection)
        disposable.mark(connection)
    with app_database.connect() as connection:  # the app's role sees it as well
        assert disposable.is_disposable(connection)


def test_neither_a_session_nor_a_role_nor_another_value_is_a_mark(app_database: AppDatabase) -> None:
    _unmark(app_database)
    name = app_database.name
    app_database.execute(
        "ALTER ROLE app SET cronlift.disposable = 'yes';"
        f"ALTER ROLE app IN DATABASE {name} SET cronlift.disposable = 'yes';"
        f"ALTER DATABASE {name} SET cronlift.disposable = 'no';",
        user="postgres",
    )
    try:
        with app_database.connect() as connection:
            assert connection.execute("SHOW cronlift.disposable").fetchone() == ("yes",)
            assert not disposable.is_disposable(connection)
            connection.execute("SET cronlift.disposable = 'yes'")
            assert not disposable.is_disposable(connection)
    finally:
        app_database.execute("ALTER ROLE app RESET cronlift.disposable", user="postgres")


def test_a_copy_is_not_marked(app_database: AppDatabase) -> None:
    copy = f"{app_database.name}_copy"
    with app_database.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(app_database.name))
        )
        try:
            with app_database.admin(copy) as in_copy:
                assert not disposable.is_disposable(in_copy)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(copy)))


def test_the_owner_alone_cannot_mark(app_database: AppDatabase) -> None:
    _unmark(app_database)
    if app_database.sandbox.programs.major < 15:
        pytest.skip("before PostgreSQL 15 a database's owner may store any setting")
    with app_database.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        disposable.mark(connection)
