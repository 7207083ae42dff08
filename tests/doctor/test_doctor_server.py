"""Rules about the server itself, on servers of their own that tests may break."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from cronlift import sandbox as private
from cronlift.doctor.diagnose import diagnose, judge
from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.rules import history_without_retention
from cronlift.doctor.world import World
from cronlift.model.diagnosis import Diagnosis
from cronlift.postgres.server import Server
from cronlift.sandbox import Sandbox


@pytest.fixture(scope="module")
def broken() -> Iterator[Sandbox]:
    """A server whose launcher and roles may be damaged."""
    name = f"pytest-{os.getpid()}-doctor"
    try:
        yield private.up(name)
    finally:
        private.down(name, remove=True)


def server(sandbox: Sandbox, database: str = "postgres") -> Server:
    return Server(settings=sandbox.server(database).settings)


def put(sandbox: Sandbox, database: str = "postgres", role: str = "postgres", active: bool = True) -> None:
    with sandbox.server(database).connect(read_only=False) as connection:
        connection.execute(
            "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport, active) "
            "VALUES ('quiet', '11 4 1 1 *', 'SELECT 1', 'postgres', %s, 'localhost', 5432, %s)",
            (role, active),
        )


def checks(diagnosis: Diagnosis) -> set[tuple[str, str | None]]:
    return {(f.check, f.jobname) for f in diagnosis.findings}


def version(sandbox: Sandbox) -> tuple[int, ...]:
    with sandbox.server("postgres").connect() as connection:
        row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'").fetchone()
    assert row is not None
    return tuple(map(int, str(row[0]).split("-")[0].split(".")))


def test_a_healthy_server_is_said_nothing_of(broken: Sandbox) -> None:
    put(broken)
    assert checks(diagnose(server(broken))) == set()


def test_a_time_zone_that_pg_cron_does_not_know(broken: Sandbox) -> None:
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        if version(broken) >= (1, 5):
            # A real setting there: postmaster only, so that a database cannot have one of its own.
            assert ("timezone-without-effect", None) not in checks(diagnose(server(broken)))
            return
        connection.execute("ALTER DATABASE postgres SET cron.timezone = 'Europe/Berlin'")
        try:
            assert ("timezone-without-effect", None) in checks(diagnose(server(broken)))
            connection.execute("ALTER DATABASE postgres SET cron.timezone = 'UTC'")
            assert ("timezone-without-effect", None) not in checks(diagnose(server(broken)))
        finally:
            connection.execute("ALTER DATABASE postgres RESET cron.timezone")


def test_entries_in_a_clone_never_run(broken: Sandbox) -> None:
    """A clone made as one is made where the launcher was stopped: its extension and rows are there."""
    with broken.server("template1").connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'"
        )
        _wait_for(connection, "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'postgres'")
        connection.execute("CREATE DATABASE clone TEMPLATE postgres")
    private.down(broken.name)
    private.up(broken.name)
    found = diagnose(server(broken, "clone"))
    assert checks(found) == {("cloned-entries", "quiet")}
    assert "schedule_in_database('quiet'" in found.findings[0].fix
    assert ("cloned-entries", "quiet") not in checks(diagnose(server(broken)))


def test_a_launcher_that_is_gone(broken: Sandbox) -> None:
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        _wait_for(connection, "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'")
        assert ("launcher-dead", None) not in checks(diagnose(server(broken)))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'"
        )
        _wait_for(connection, "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'")
    assert ("launcher-dead", None) in checks(diagnose(server(broken)))


def test_a_role_that_was_dropped_stops_everybody(broken: Sandbox) -> None:
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.execute("CREATE ROLE soon_gone LOGIN")
    put(broken, role="soon_gone", active=False)
    assert ("owner-cannot-run", "quiet") not in checks(diagnose(server(broken)))
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.execute("DROP ROLE soon_gone")
    found = [f for f in diagnose(server(broken)).findings if f.check == "owner-cannot-run"]
    assert len(found) == 1
    assert "NO entry of this server runs" in found[0].message
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.execute(found[0].fix.split("  --")[0].encode())  # the fix is ready to paste
    assert ("owner-cannot-run", "quiet") not in checks(diagnose(server(broken)))


@pytest.mark.parametrize(("schedule", "pg_cron", "fires"), [
    ("@yearly", "1.6", False), ("@annually", "1.6", False), ("@yearly", "1.4", True), ("0 0 1 1 *", "1.6", True),
])  # fmt: skip
def test_yearly_by_version(schedule: str, pg_cron: str, fires: bool) -> None:
    entry = Entry(1, "close", schedule, "SELECT 1", "app", "app")
    found = judge(World(version=pg_cron, server={"x": 1, **_SERVER}, examined=[Examined(entry, top=1)]))
    assert ({f.check for f in found.findings} == {"yearly-never-fires"}) is not fires


def test_history_that_grows(broken: Sandbox) -> None:
    rows = history_without_retention.ROWS
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.execute(
            "INSERT INTO cron.job_run_details (jobid, runid, status, start_time, end_time) SELECT 1, n, 'succeeded', "
            "now() - interval '90 days', now() FROM generate_series(1, %s) AS n", (rows,),
        )  # fmt: skip
    assert ("history-without-retention", None) in checks(diagnose(server(broken)))
    with broken.server("postgres").connect(read_only=False) as connection:
        connection.execute("UPDATE cron.job SET command = 'DELETE FROM cron.job_run_details WHERE end_time < now()'")
    assert ("history-without-retention", None) not in checks(diagnose(server(broken)))


def test_an_extension_in_public_is_advice(broken: Sandbox) -> None:
    entry = Examined(Entry(1, "quiet", "11 4 1 1 *", "SELECT 1", "app", "app"), top=1)
    for schema, said in (("public", True), ("pg_catalog", False)):
        found = judge(World(version="1.4", server={**_SERVER, "extension_schema": schema}, examined=[entry]))
        assert any(a.check == "extension-in-public" for a in found.advice) is said


_SERVER = {
    "database": "app", "cron_database": "app", "settings_readable": True, "library_loaded": True, "in_recovery": False,
    "stats_readable": True, "launcher_seen": True,
}  # fmt: skip


def _wait_for(connection: object, condition: str) -> None:
    for _ in range(150):
        row = connection.execute(condition).fetchone()  # type: ignore[attr-defined]
        if row[0]:
            return
        time.sleep(0.2)
    raise AssertionError(condition)
