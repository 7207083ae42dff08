"""A schedule that pg_cron can only approximate: the entry asks whether its tick is one of the job's."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from building import DELETE, SCHEMA, application, classified, step
from databases import AppDatabase

from cronlift.model.plan import PlannedJob
from cronlift.stages.generate import generate

ZONE = "America/New_York"  # changes its clock, which the oldest pg_cron's (GMT) cannot follow


@pytest.fixture
def shop(app_database: AppDatabase) -> AppDatabase:
    app_database.execute(SCHEMA)
    return app_database


def planned(shop: AppDatabase, folder: Path, schedule: str, *steps: object) -> PlannedJob:
    job = classified("Shop.Guarded", *steps, schedule=schedule, timezone=ZONE)
    made = generate(application(folder, job), folder, shop.server)
    assert made.refused == ()
    return made.jobs[0]


def rows(shop: AppDatabase) -> int:
    with shop.connect() as connection:
        row = connection.execute("SELECT count(*) FROM cart").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "steps", [(DELETE,), (DELETE, "UPDATE item SET hot = hot")], ids=["one transaction", "commits between"]
)
def test_only_a_tick_of_the_job_works(shop: AppDatabase, tmp_path: Path, steps: tuple[str, ...]) -> None:
    now = datetime.now(ZoneInfo(ZONE))
    if now.minute == 59:
        pytest.skip("an hour's last minute: the tick would be the next hour's while the test runs")
    before = rows(shop)
    for hour, works in ((now.hour + 1) % 24, False), (now.hour, True):
        job = planned(shop, tmp_path / str(works), f"* {hour} * * *", *map(step, steps))
        assert job.schedule.guard is not None and job.schedule.equal == "proved"
        assert job.call in job.command and job.command.startswith("DO ")
        with shop.admin() as connection:
            connection.autocommit = True
            if not works:
                connection.execute(job.procedure_sql.encode())
            connection.execute(job.command.encode())
        assert (rows(shop) != before) is works


def test_the_plan_says_what_the_guard_is_for(shop: AppDatabase, tmp_path: Path) -> None:
    job = planned(shop, tmp_path, "0 5 13 * 5", step(DELETE))
    assert any("Fridays" in warning for warning in job.warnings)
    assert job.procedure_sql is not None and "statement_timestamp" not in job.procedure_sql
