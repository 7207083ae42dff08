"""What the monitor sees of a history on a real server: figures, privileges, both set-ups, views, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from databases import AppDatabase
from prometheus_client.parser import text_string_to_metric_families
from psycopg import errors
from watching import NEVER_MET, Ask, asking, names

from cronlift.commands.main import main
from cronlift.monitor.alarms import Limits
from cronlift.monitor.ticks import ticks
from cronlift.monitor.watch import Question, monitor

BOTH = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


class Records:
    """Entries and their history, written as pg_cron writes them."""

    def __init__(self, database: AppDatabase) -> None:
        self.database = database
        self.cron = database.sandbox.cron_database

    def admin(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        with self.database.admin(self.cron) as connection:
            cursor = connection.execute(query.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    def put(self, name: str, schedule: str = NEVER_MET, role: str = "", active: bool = True) -> int:
        return int(
            self.admin(
                "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport, active) "
                "VALUES (%(name)s, %(schedule)s, 'SELECT 1', %(database)s, %(role)s, '', 5432, %(active)s) "
                "RETURNING jobid",
                name=name, schedule=schedule, database=self.database.name, role=role or self.database.role,
                active=active,
            )[0][0]
        )  # fmt: skip

    def ran(self, jobid: int, ago: timedelta, take: float = 0.1, status: str = "succeeded", message: str = "1") -> None:
        self.admin(
            "INSERT INTO cron.job_run_details (jobid, runid, job_pid, database, username, command, status, "
            "return_message, start_time, end_time) SELECT %(jobid)s, nextval('cron.runid_seq'), 1, j.database, "
            "j.username, j.command, %(status)s, %(message)s, now() - %(ago)s, now() - %(ago)s + %(take)s "
            "FROM cron.job AS j WHERE jobid = %(jobid)s",
            jobid=jobid, ago=ago, take=timedelta(seconds=take), status=status, message=message,
        )  # fmt: skip


@pytest.fixture
def records(app_database: AppDatabase) -> Iterator[Records]:
    found = Records(app_database)
    found.admin("DELETE FROM cron.job")
    found.admin("DELETE FROM cron.job_run_details")
    yield found
    found.admin("DELETE FROM cron.job")
    found.admin("DELETE FROM cron.job_run_details")


@pytest.fixture
def ask(records: Records, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    return asking({}, monkeypatch, capsys)


def test_figures_of_the_window(records: Records, ask: Ask) -> None:
    one, other = records.put("one"), records.put("other")
    records.ran(other, timedelta(days=30), status="failed", message="ERROR:  no")
    records.ran(one, timedelta(days=9), take=500)
    for n in range(20, 0, -1):
        records.ran(one, timedelta(hours=8 * n), take=0.1 * n, message=f"DELETE {n}")
    said = ask()
    job = said.entry("one")
    assert (job["runs"], job["succeeded"], job["failed"], job["success_rate"]) == (20, 20, 0, 1.0)
    assert job["last_rows"] == 1
    if said.document["pg_cron"] != "1.4" or job["durations"] == "exact":
        assert job["p50_ms"] == pytest.approx(1050, abs=1)
        assert job["p95_ms"] == pytest.approx(1905, abs=1)
        assert job["trend"] == pytest.approx(550 / 1550, abs=0.01)
    # Its last run is older than the window: known all the same.
    assert said.entry("other")["runs"] == 0
    assert said.entry("other")["last_status"] == "failed"
    assert said.codes("other") == {"failing"}
    assert said.entry("other")["failing_since"] is not None


def test_a_failure_of_a_command_that_was_altered_since(records: Records, ask: Ask) -> None:
    job = records.put("mended")
    records.ran(job, timedelta(hours=2), status="failed", message="ERROR:  no")
    assert ask().codes("mended") == {"failing"}
    records.admin("UPDATE cron.job SET command = 'SELECT 2' WHERE jobid = %(id)s", id=job)
    said = ask()
    assert (said.code, said.codes("mended", "attention")) == (0, {"not-running-yet"})


def test_slower_unreliable_and_switched_off(records: Records, ask: Ask) -> None:
    slower, shaky, off = records.put("slower"), records.put("shaky"), records.put("cronlift/x/off", active=False)
    for n in range(23, -1, -1):
        records.ran(slower, timedelta(hours=7 * n), take=2 if n < 12 else 0.3)
        records.ran(shaky, timedelta(hours=7 * n), status="failed" if n % 3 == 1 else "succeeded")
    said = ask()
    if said.entry("slower")["durations"] == "exact":
        assert said.codes("slower", "attention") == {"slower"}
    assert said.codes("shaky", "attention") == {"unreliable"}
    assert said.codes("cronlift/x/off", "attention") == {"inactive"}
    assert (said.code, off > 0) == (0, True)


@BOTH
def test_both_set_ups_and_history_in_one_look(records: Records, ask: Ask) -> None:
    records.ran(records.put("here"), timedelta(hours=1))
    said = ask()
    assert names(said) == ["here"]
    assert said.document["history"][0]["table"] == "cron.job_run_details"
    assert said.document["schema_version"] == 1


def test_what_another_role_may_not_see(records: Records, app_database: AppDatabase, monkeypatch: Any, ask: Ask) -> None:
    """pg_cron's row-level security: the role's own entries and runs, and a note that there may be others."""
    records.ran(records.put("mine"), timedelta(hours=1))
    records.ran(records.put("theirs", role="postgres"), timedelta(hours=1), status="failed")
    records.admin("GRANT USAGE ON SCHEMA cron TO app")
    monkeypatch.setenv("PGUSER", app_database.role)
    try:
        said = ask("--cron-database", records.cron)
        assert said.code == 0
        assert names(said) == ["mine"]
        assert said.entry("mine")["succeeded"] == 1
        assert any("row-level security" in note for note in said.document["notes"])
        assert said.document["launcher"]["alive"] is None
        records.admin("GRANT pg_read_all_settings, pg_read_all_stats TO app")
        said = ask()
        assert said.document["launcher"]["alive"] is True
        assert ["row-level security" in note for note in said.document["notes"]] == [True]
    finally:
        records.admin("REVOKE pg_read_all_settings, pg_read_all_stats FROM app")
        records.admin("REVOKE USAGE ON SCHEMA cron FROM app")


def test_an_entry_that_nobody_knows_the_age_of_is_not_called_overdue(records: Records) -> None:
    """Overdue only where a run that was written after the entry shows that it was there when it fell due."""
    old = records.put("old", "0 * * * *")
    records.ran(old, timedelta(hours=5))
    found = {job.name: job for job in monitor(records.database.server, Question(limits=Limits(grace=1))).jobs}
    assert {s.code for s in found["old"].signals} == {"overdue", "backlog"}
    assert found["old"].waiting in (4, 5)
    new = records.put("new", "0 * * * *")
    found = {job.name: job for job in monitor(records.database.server, Question(limits=Limits(grace=1))).jobs}
    assert {s.code for s in found["new"].signals} == {"not-running-yet"}
    # Altered after its last run: its new schedule has asked for nothing yet.
    records.admin("UPDATE cron.job SET schedule = '1 * * * *' WHERE jobid = %(id)s", id=old)
    found = {job.name: job for job in monitor(records.database.server, Question(limits=Limits(grace=1))).jobs}
    assert found["old"].signals == ()
    assert new


def test_durations_are_left_out_where_pg_cron_does_not_know_them(records: Records) -> None:
    records.ran(records.put("one"), timedelta(hours=1))
    found = monitor(records.database.server)
    row = records.admin("SELECT setting FROM pg_settings WHERE name = 'cron.use_background_workers'")
    workers = row[0][0] == "on"
    expected = ("not_recorded" if found.pg_cron < "1.5" else "within_a_second") if workers else "exact"
    assert found.jobs[0].durations == expected
    assert (found.jobs[0].p50_ms is None) is (expected == "not_recorded")


def test_the_views_for_dashboards(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    """Run as a DBA runs them, twice; they say what the monitor says."""
    job = records.put("cronlift/shop/one")
    for n in range(4, -1, -1):
        records.ran(job, timedelta(hours=n + 1), take=0.2, status="failed" if n < 2 else "succeeded", message="said")
    assert main(["monitor", "--views"]) == 0
    text = capsys.readouterr().out
    try:
        for _ in range(2):
            done = records.database.psql("-d", records.cron, "-v", "ON_ERROR_STOP=1", text=text)
            assert done.returncode == 0, done.stderr
        (row,) = records.admin(
            "SELECT job, owned, last_status, last_message, runs_7d, failed_7d, failing_since < now(), p50_ms_7d "
            "FROM cronlift_monitor.job"
        )
        assert row[:7] == ("cronlift/shop/one", True, "failed", "said", 5, 2, True)
        seen = monitor(records.database.server).jobs[0]
        if seen.durations != "within_a_second":
            assert (row[7] is None) == (seen.p50_ms is None)
        assert records.admin("SELECT sum(runs), sum(failed) FROM cronlift_monitor.by_hour")[0] == (5, 2)
        with (
            records.database.connect(database=records.cron) as connection,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT FROM cronlift_monitor.job")
    finally:
        records.admin("DROP SCHEMA IF EXISTS cronlift_monitor CASCADE")


def test_metrics_are_what_prometheus_reads(records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    job = records.put('a "quoted"\nname')
    records.ran(job, timedelta(hours=1), status="failed")
    capsys.readouterr()
    assert main(["monitor", "--prometheus"]) == 1
    text = capsys.readouterr().out
    families = {family.name: family for family in text_string_to_metric_families(text)}
    signals = [s.labels for s in families["cronlift_signal"].samples if s.labels["job"]]
    assert signals[0]["code"] == "failing"
    assert signals[0]["job"] == 'a "quoted"\nname'
    (started,) = families["cronlift_job_last_start_timestamp_seconds"].samples
    assert datetime.now(UTC).timestamp() - started.value == pytest.approx(3600, abs=120)
    assert families["cronlift_launcher_up"].samples[0].value == 1
    assert families["cronlift_job_runs"].samples[1].value == 1


def test_without_the_time_zone_only_what_it_cannot_change_is_known() -> None:
    """A role that may not read pg_cron's settings does not know when "0 3 * * *" fires (cron.timezone, from 1.5 on)."""
    now = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
    daily, minutely = ticks("0 3 * * *", "1.6", None), ticks("* * * * *", "1.6", None)
    assert (daily.latest(now), daily.next(now, None), daily.between(now - timedelta(days=9), now)) == (None, None, 0)
    assert minutely.latest(now) == now.replace(second=0)
    assert ticks("0 3 * * *", "1.6", "Asia/Tokyo").latest(now) == datetime(2026, 2, 28, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "at", "last"),
    [
        ("*/15 * * * *", datetime(2026, 3, 1, 0, 7, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("0 0 1 * *", datetime(2026, 3, 31, 5, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2026, 3, 1, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)),
        ("* * 5 * *", datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 3, 5, 23, 59, tzinfo=UTC)),
        ("0 0 30 2 *", datetime(2026, 3, 1, tzinfo=UTC), None),
        ("@reboot", datetime(2026, 3, 1, tzinfo=UTC), None),
    ],
)
def test_the_last_firing(schedule: str, at: datetime, last: datetime | None) -> None:
    found = ticks(schedule, "1.4", "GMT")
    assert found.latest(at) == last
    if last is not None:
        assert found.between(last - timedelta(seconds=1), last) == 1
        assert found.between(last, at) == 0
