"""Real servers for the tests: one private sandbox per pytest session, fresh databases for each test.

- ``sandbox``: the running sandbox (session; with xdist one per worker), stopped and removed at the end
- ``server_environment``: libpq's variables for it (session)
- ``app_database``: a fresh database for one test, owned by a role that is no superuser, marked disposable, named to
  libpq through PG*. pg_cron lives in another database of the server; with

    @pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)

a test runs in both set-ups: ``own`` is the database pg_cron lives in, emptied before and after. A test that
needs more sandboxes calls them ``pytest-<pid>-<word>``, so that those of killed sessions are found.
The sandbox's own variables (``CRONLIFT_PG_MAJOR``, ``CRONLIFT_BACKGROUND_WORKERS``, ``CRONLIFT_PG_BINDIR``) make the
suite run on another PostgreSQL with pg_cron, or in pg_cron's other mode; ``pytest -m server`` is the part of it that
talks to a server (pairs.py).
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from boundary_table import boundary_table, pytest_terminal_summary
from databases import ROLE, AppDatabase
from psycopg import sql

from cronlift import sandbox as private
from cronlift.postgres import disposable
from cronlift.postgres.server import Connection, Server
from cronlift.sandbox import Sandbox
from cronlift.sandbox.private_server import names

__all__ = ["boundary_table", "pytest_terminal_summary"]

_numbers = itertools.count(1)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

# A busy machine is no fault of the code under test: speed is measured in benchmarks/.
hypothesis.settings.register_profile("cronlift", deadline=None)
hypothesis.settings.load_profile("cronlift")


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what talks to a server: the tests that use ``sandbox``, themselves or through another fixture; but not those
    that open a browser, which are about the page. Files with such come first: they take minutes, and one that comes
    last is waited for by an idle process (``-n 2 --dist loadfile --no-loadscope-reorder``)."""
    fixtures = {item: getattr(item, "fixturenames", ()) for item in items}
    slow = {item.path for item in items if "browser" in fixtures[item]}
    items.sort(key=lambda item: item.path not in slow)
    for item in items:
        if "sandbox" in fixtures[item] and "browser" not in fixtures[item]:
            item.add_marker("server")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox of this session's own; those of sessions that were killed are removed first."""
    for name in names():
        match = re.match(r"pytest-(\d+)", name)
        if match and not _alive(int(match[1])):
            private.down(name, remove=True)
    name = f"pytest-{os.getpid()}"
    try:
        yield private.up(name)
    finally:
        private.down(name, remove=True)


@pytest.fixture(scope="session")
def server_environment(sandbox: Sandbox) -> dict[str, str]:
    """PGHOST, PGPORT, PGUSER (the superuser) and PGDATABASE of the sandbox."""
    return sandbox.environment


@pytest.fixture
def app_database(
    request: pytest.FixtureRequest, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppDatabase]:
    """A fresh database, libpq's environment pointing at it as the superuser; gone afterwards with its cron
    entries."""
    own = getattr(request, "param", "separate") == "own"
    name = sandbox.cron_database if own else f"app_{next(_numbers)}"
    for variable in [v for v in os.environ if v.startswith("PG")]:
        monkeypatch.delenv(variable)
    for variable, value in {**sandbox.environment, "PGDATABASE": name}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("PGSERVICEFILE", str(Path(os.devnull)))
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        _ensure_role(connection)
        if own:
            _empty(connection)
            connection.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(ROLE))
            )
        else:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(ROLE))
            )
    with sandbox.server(name).connect(read_only=False) as connection:
        disposable.mark(connection)
    yield AppDatabase(name, ROLE, sandbox, Server())
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("DELETE FROM cron.job WHERE database = %s", (name,))
        if own:
            connection.execute(
                sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier("postgres"))
            )
            _empty(connection)
        else:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium, as the system has it. Without one these tests cannot run, and say so; continuous integration fails."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up(f"no browser on this machine (looked for {', '.join(BROWSERS)}): apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield chromium
        chromium.close()


def _ensure_role(connection: Connection) -> None:
    try:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
    except psycopg.errors.DuplicateObject:
        return


def _empty(connection: Connection) -> None:
    """Drop what tests made in the database of pg_cron, all but pg_cron; ``public`` is made anew as initdb
    makes it."""
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'cron')"
    ).fetchall()
    for (schema,) in rows:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(str(schema))))
    connection.execute("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    connection.execute("DELETE FROM cron.job")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
