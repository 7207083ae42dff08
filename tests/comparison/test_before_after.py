"""Times before and after, out of real tables of Oban, pg_cron and the run log."""

from __future__ import annotations

import pytest
from databases import AppDatabase

from cronlift import resources
from cronlift.comparison.before_after import Compared, compare
from cronlift.comparison.history import Measured, of_pg_cron
from cronlift.comparison.spread import spread
from cronlift.model.plan import Mode, Plan
from cronlift.notebook.before_after import before_after
from cronlift.postgres.capabilities import Capabilities
from cronlift.stages import decisions
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.install import install
from cronlift.stages.verify import verify

APP = resources.root() / "examples/demo_app"


@pytest.fixture
def demo(app_database: AppDatabase) -> Plan:
    """The demo application, planned plain and installed; its seed holds a week of Oban's runs."""
    return installed(app_database, "plain")


def installed(app_database: AppDatabase, mode: Mode | None = None) -> Plan:
    for file in ("schema.sql", "seed.sql"):
        app_database.execute((APP / "db" / file).read_text())
    chosen = decisions.load(APP / "decisions.yaml")
    plan = generate(classify(APP, "prod", decisions=chosen), APP, app_database.server, decisions=chosen, mode=mode)
    install(plan, app_database.server, apply=True)
    return plan


def ran(database: AppDatabase, name: str, *milliseconds: float) -> None:
    """Runs of an entry, as pg_cron writes them down."""
    with database.admin("postgres") as connection:
        for ms in milliseconds:
            connection.execute(
                "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, start_time, "
                "end_time) SELECT jobid, nextval('cron.runid_seq'), database, username, command, 'succeeded', now(), "
                "now() + %s * interval '1 millisecond' FROM cron.job WHERE jobname = %s",
                (ms, name),
            )
    connection.close()


def cleanup(found: tuple[Compared, ...]) -> Compared:
    return next(job for job in found if job.cron_name == "cache-cleanup-expired")


def test_obans_history_stands_before_pg_crons_after(app_database: AppDatabase, demo: Plan) -> None:
    waiting = cleanup(compare(demo, app_database.server))
    assert waiting.verdict == "it has not run here yet: look again after some runs"
    ran(app_database, "cache-cleanup-expired", *([10.0] * 20))
    found = cleanup(compare(demo, app_database.server))
    before, after = found.spreads
    assert before is not None
    assert after is not None
    with app_database.connect() as connection:
        expected = connection.execute(
            "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM completed_at - "
            "attempted_at)) * 1000 FROM oban_jobs WHERE worker LIKE '%CacheCleanupWorker' AND state = 'completed'"
        ).fetchone()
    assert (before.n, before.median) == pytest.approx(expected)
    assert (after.n, after.median) == (20, pytest.approx(10.0))
    # pg_cron 1.4 with background workers writes down wrong ends, which are shown and not compared.
    assert found.ratio == (None if found.after.doubt else pytest.approx(10.0 / before.median))
    assert found.after.source == "pg_cron's history"


def test_runs_that_a_shut_gate_held_back_are_none(app_database: AppDatabase) -> None:
    plan = installed(app_database)
    ran(app_database, "cache-cleanup-expired", *([0.1] * 20))
    found = cleanup(compare(plan, app_database.server))
    assert (found.after.source, found.after.values) == ("the run log", ())
    assert found.verdict == "it has not run here yet: look again after some runs"


def test_the_run_log_goes_before_pg_crons_history(app_database: AppDatabase, demo: Plan) -> None:
    ran(app_database, "cache-cleanup-expired", 1.0, 1.0)
    app_database.execute("CREATE SCHEMA cronlift")
    app_database.execute(resources.sql("handover/run_log"))
    app_database.execute(
        "INSERT INTO cronlift.run_log (job, cause, state, started_at, ended_at, plan_hash) "
        "SELECT 'oban:DemoApp.Jobs.CacheCleanupWorker', 'tick', s, now(), now() + interval '7 milliseconds', '' "
        "FROM unnest(ARRAY['succeeded', 'failed', 'running']) AS s"
    )
    found = cleanup(compare(demo, app_database.server))
    assert found.after.source == "the run log"
    assert found.after.values == pytest.approx((7.0,))
    assert "too few runs" in found.verdict


def test_the_proofs_times_are_kept_as_evidence_and_shown(app_database: AppDatabase, demo: Plan) -> None:
    evidence = verify(demo, app_database.server).evidence
    found = cleanup(compare(demo, app_database.server, evidence=evidence))
    assert set(found.proof) == {"app", "procedure"}
    assert all(0 < ms < 60_000 for values in found.proof.values() for ms in values)
    shown = before_after([found])
    assert "the statements alone, once or twice each" in shown.html
    assert "no runs" in shown.html
    assert "<svg" in shown.html


def test_a_database_without_obans_tables_has_nothing_before(app_database: AppDatabase, demo: Plan) -> None:
    app_database.execute("DROP TABLE oban_jobs")
    found = cleanup(compare(demo, app_database.server))
    assert found.verdict == "the application's scheduler has no run of it on record here"


@pytest.mark.parametrize(
    ("version", "workers", "doubtful"), [("1.4", True, True), ("1.4", False, False), ("1.6", True, False)]
)
def test_times_that_pg_cron_writes_down_wrongly_are_not_compared(
    app_database: AppDatabase, demo: Plan, version: str, workers: bool, doubtful: bool
) -> None:
    ran(app_database, "cache-cleanup-expired", *([1.7] * 20))
    known = Capabilities("postgres", 5, version, "GMT", workers, 5, "", True, False)
    with app_database.admin("postgres") as connection:
        after = of_pg_cron(connection, "cache-cleanup-expired", known)
    connection.close()
    found = Compared(
        id="j", cron_name="j", before=Measured(source="Oban's own table", values=(930.0,) * 20), after=after
    )
    assert bool(after.doubt) is doubtful
    assert (found.ratio is None) is doubtful
    if doubtful:
        assert "an end that is not the run's" in found.verdict
        assert "in doubt" in before_after([found]).html


@pytest.mark.parametrize(("factor", "text"), [(1.05, "the same (1.05)"), (0.5, "0.50 times as long")])
def test_medians_are_compared_where_there_are_enough(factor: float, text: str) -> None:
    before, after = (Measured(source="x", values=(10.0 * f,) * 20) for f in (1.0, factor))
    assert Compared(id="j", cron_name="j", before=before, after=after).verdict == text


def test_a_spread_is_what_the_table_says() -> None:
    measured = Measured(source="x", values=tuple(float(n) for n in range(1, 21)))
    text = before_after([Compared(id="j", cron_name="j", before=measured, after=measured)]).html
    assert str(spread(measured.values)) in text
