"""A database of the invented application (ecto_application.py) whose time zone is not UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from ecto_application import DATA, ZONE, cases, server, write_application
from psycopg import sql

from cronlift.sandbox import Sandbox


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application with every case's worker."""
    return write_application(tmp_path_factory.mktemp("ecto"), {c.id: c.elixir for c in cases()})


@pytest.fixture(scope="module")
def ecto_database(sandbox: Sandbox) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session in a fresh database of the application, seeded now, inside a transaction that is rolled back."""
    name = "ecto_effects"
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(**{**server(sandbox), "dbname": name}) as connection:
        connection.execute(f"SET timezone = '{ZONE}'")
        for file in ("schema.sql", "schema_oban.sql", "seed.sql"):
            text = (DATA / file).read_text()
            connection.execute(re.sub(r"^(\\.*|SET .*|SELECT pg_catalog\.set_config.*)$", "", text, flags=re.M))
        connection.commit()
        yield connection
        connection.rollback()
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
