"""verify on a managed plan: a run that a shut gate held back is no real run."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, SCHEMA, application, classified, step

from cronlift.stages.generate import generate
from cronlift.stages.install import install
from cronlift.stages.verify import verify
from cronlift.verification import queries

JOB = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


def real_run(shop, plan):
    document = verify(plan, shop.server).verification
    (job,) = document.jobs
    return next((c.status, c.text) for c in job.checks if c.name == "real_run")


def asked(shop, plan, name):
    """Which jobs a query shows, and how their runs ended."""
    found = queries.ask(name, plan, shop.server)
    state = found.columns.index("state" if name == "monitor_run_log" else "status")
    return [(row[0], row[state]) for row in found.rows]


def test_only_the_run_log_tells_of_a_real_run(shop, tmp_path):
    plan = generate(application(tmp_path, JOB), tmp_path, shop.server, mode="managed")
    install(plan, shop.server, apply=True)
    with shop.admin(plan.target.cron_database) as connection:
        connection.execute(
            "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, "
            "start_time, end_time) SELECT jobid, 1000000 + jobid, database, username, command, 'succeeded', now(), "
            "now() FROM cron.job"
        )
    try:
        status, text = real_run(shop, plan)
        assert status == "pending"
        assert "the gate is shut" in text
        # What pg_cron recorded of a gate that was shut is shown as no run; of a plain job it would be.
        assert asked(shop, plan, "monitor_runs") == asked(shop, plan, "monitor_run_log") == []
        shop.execute("UPDATE cronlift.gate SET state = 'started', pg_from = '2026-01-01'", user="postgres")
        assert real_run(shop, plan)[0] == "pending"
        with shop.connect() as connection:
            connection.autocommit = True
            connection.execute(plan.jobs[0].command)
        assert real_run(shop, plan)[0] == "passed"
        assert asked(shop, plan, "monitor_run_log") == [(plan.jobs[0].id, "succeeded")]
        shop.execute(
            "UPDATE cronlift.gate SET flat = true", user="postgres"
        )  # now its entry calls the procedure itself
        assert asked(shop, plan, "monitor_runs") == [(plan.jobs[0].cron_name, "succeeded")]
        assert asked(shop, plan, "monitor_run_log") == []
    finally:
        with shop.admin(plan.target.cron_database) as connection:
            connection.execute("DELETE FROM cron.job_run_details WHERE runid >= 1000000")
