"""What the doctor promises about itself: nothing executed, nothing written, small locks, one entry at a time."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest
from clinic import Clinic

from cronlift.doctor import session

TABLES = """
CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL, n int);
CREATE TABLE touched (at timestamptz DEFAULT clock_timestamp());
CREATE SEQUENCE ticks;
CREATE FUNCTION stable_trap() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE EXCEPTION 'executed'; END $$;
CREATE FUNCTION immutable_trap(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
  BEGIN PERFORM nextval('ticks'); RAISE EXCEPTION 'executed'; END $$;
CREATE FUNCTION writing() RETURNS void LANGUAGE sql AS 'INSERT INTO touched DEFAULT VALUES';
CREATE PROCEDURE purge() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM events WHERE n = immutable_trap(1); COMMIT; END $$;
CREATE MATERIALIZED VIEW view_of AS SELECT id FROM events;
"""
COMMANDS = (
    "DELETE FROM events WHERE n = immutable_trap(1) AND at < now()",
    "SELECT stable_trap(), nextval('ticks'), 1 / 0",
    "UPDATE events SET n = stable_trap()",
    "SELECT writing()",
    "CALL purge()",
    "REFRESH MATERIALIZED VIEW view_of",
    "TRUNCATE events",
    "ALTER TABLE events ADD COLUMN x int",
    "VACUUM FULL events",
    "LOCK TABLE events",
    "DO $$ BEGIN PERFORM writing(); END $$",
    "CREATE TABLE made AS SELECT * FROM events",
)


def contents(clinic: Clinic) -> Any:
    """Everything that could have changed: catalogs' sizes, rows, sequences, statistics of writes."""
    with clinic.database.admin() as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT count(*) FROM touched",
                "SELECT last_value, is_called FROM ticks",
                "SELECT relname, relfilenode, reltuples FROM pg_class ORDER BY 1",
                "SELECT proname, prosrc FROM pg_proc ORDER BY oid",
                "SELECT attname, atttypid FROM pg_attribute ORDER BY attrelid, attnum",
                "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2",
            )
        ]


def cron(clinic: Clinic) -> Any:
    with clinic.database.admin("postgres") as connection:
        return [connection.execute(f"SELECT * FROM cron.{t} ORDER BY 1").fetchall() for t in ("job", "job_run_details")]


def test_nothing_is_executed_and_nothing_written(clinic: Clinic) -> None:
    clinic.database.execute(TABLES)
    for number, command in enumerate(COMMANDS):
        clinic.put(command, f"job {number}")
    before = contents(clinic), cron(clinic)
    diagnosis = clinic.look()
    assert (contents(clinic), cron(clinic)) == before
    assert not any("executed" in f.message for f in diagnosis.findings)
    assert not any(n.startswith("job") and "judged by its text" in n for n in diagnosis.notes)


def test_no_lock_stronger_than_row_exclusive(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured after each statement was analysed, while its locks are still held."""
    clinic.database.execute(TABLES)
    for number, command in enumerate(COMMANDS):
        clinic.put(command, f"job {number}")
    held: set[tuple[str, str]] = set()
    transactions: list[float] = []
    plain, looking = session.Session._parse, session.Session.looking

    def measured(self: session.Session, text: str) -> Any:
        said = plain(self, text)
        pid = self.connection.info.backend_pid
        with clinic.database.admin() as watcher:
            rows = watcher.execute(
                "SELECT l.mode, c.relname FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation WHERE l.pid = %s",
                (pid,),
            ).fetchall()
            held.update((str(mode), str(name)) for mode, name in rows)
            (since,) = watcher.execute("SELECT xact_start FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()  # type: ignore[misc]
            transactions.append(since)  # type: ignore[arg-type]
        return said

    monkeypatch.setattr(session.Session, "_parse", measured)
    clinic.look()
    modes = {mode for mode, _ in held}
    assert ("RowExclusiveLock", "events") in held
    assert modes <= {"AccessShareLock", "RowShareLock", "RowExclusiveLock"}
    # A transaction of its own for each entry with something to analyse.
    assert len(set(transactions)) >= 6
    assert looking is session.Session.looking


def test_a_lock_is_waited_for_a_moment_only(clinic: Clinic) -> None:
    clinic.database.execute("CREATE TABLE events (id bigint PRIMARY KEY); CREATE TABLE free (id bigint PRIMARY KEY)")
    clinic.put("DELETE FROM events", "waits")
    clinic.put("DELETE FROM fre", "other")
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with clinic.database.connect() as connection:
            connection.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            locked.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert locked.wait(30)
        start = time.monotonic()
        diagnosis = clinic.look()
        assert time.monotonic() - start < 20
    finally:
        done.set()
        holder.join()
    assert [f.jobname for f in diagnosis.findings] == ["other"]
    assert any(note.startswith("waits: ") and "lock" in note for note in diagnosis.notes)


def test_a_role_of_its_own_search_path(clinic: Clinic) -> None:
    """Names are resolved as the entry's role: its setting, its rights on schemas, its "$user"."""
    clinic.database.execute(
        "DO $$ BEGIN CREATE ROLE doctor_path LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "CREATE SCHEMA one; CREATE TABLE one.here (id int); CREATE SCHEMA closed; CREATE TABLE closed.there (id int);"
        "GRANT USAGE ON SCHEMA one TO doctor_path; GRANT ALL ON one.here, closed.there TO doctor_path;"
        f"ALTER ROLE doctor_path IN DATABASE {clinic.database.name} SET search_path = one, closed",
        user="postgres",
    )
    fine = clinic.put("DELETE FROM here", role="doctor_path")
    hidden = clinic.put("DELETE FROM there", role="doctor_path")
    default = clinic.put("DELETE FROM here")
    diagnosis = clinic.look()
    assert clinic.of(diagnosis, fine) == []
    assert [f.check for f in clinic.of(diagnosis, hidden)] == ["missing-relation"]
    assert [f.check for f in clinic.of(diagnosis, default)] == ["missing-relation"]


def test_a_role_that_is_no_superuser_sees_its_own(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.database.execute("CREATE TABLE events (id bigint PRIMARY KEY)")
    clinic.put("DELETE FROM evnts", "mine")
    clinic.put("DELETE FROM evnts", "theirs", role="postgres")
    grants = (
        "{} USAGE ON SCHEMA cron {} " + clinic.database.role,
        "{} SELECT ON cron.job, cron.job_run_details {} PUBLIC",
        "{} pg_read_all_settings {} " + clinic.database.role,
    )
    with clinic.database.admin("postgres") as connection:
        for grant in grants:
            connection.execute(grant.format("GRANT", "TO"))
    try:
        monkeypatch.setenv("PGUSER", clinic.database.role)
        diagnosis = clinic.look()
    finally:  # the role is the next test's, too
        with clinic.database.admin("postgres") as connection:
            for grant in grants[::2]:
                connection.execute(grant.format("REVOKE", "FROM"))
    assert [f.jobname for f in diagnosis.findings] == ["mine"]
    assert any("no superuser" in note for note in diagnosis.notes)


def test_an_inactive_entry_is_left_alone(clinic: Clinic) -> None:
    clinic.put("DELETE FROM nowhere", "resting", active=False)
    assert clinic.look().findings == ()


def test_text_that_cannot_be_followed_is_said(clinic: Clinic) -> None:
    clinic.database.execute(
        "CREATE FUNCTION dynamic(t text DEFAULT 'x') RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN EXECUTE 'DELETE FROM ' || quote_ident(t); END $$"
    )
    clinic.put("SELECT dynamic()", "dynamic")
    diagnosis = clinic.look()
    assert diagnosis.findings == ()
    assert any("EXECUTE" in note and "public.dynamic" in note for note in diagnosis.notes)


def test_a_command_too_large_for_the_parser_is_said(clinic: Clinic) -> None:
    """libpg_query's recursion would end the process on it."""
    clinic.put("SELECT " + "1+" * 150_000 + "1", "endless")
    clinic.put("SELECT " + "(" * 3_000 + "1" + ")" * 3_000, "deep")
    diagnosis = clinic.look()
    assert not [f for f in diagnosis.findings if f.check in ("syntax-error", "empty-command")]
    assert any(note.startswith("endless: ") and "longer than" in note for note in diagnosis.notes)


def test_a_database_that_lets_nobody_in(clinic: Clinic) -> None:
    clinic.put("DELETE FROM nowhere", "elsewhere", database="no_such_database")
    diagnosis = clinic.look()
    assert [f.check for f in diagnosis.findings] == ["owner-cannot-run"]
    assert any("no_such_database could not be looked into" in note for note in diagnosis.notes)


def test_the_driver_knows_what_it_promises() -> None:
    """Parse without execution is libpq's PQprepare."""
    assert hasattr(psycopg.pq.PGconn, "prepare")
