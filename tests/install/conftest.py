"""The jobs and the small application that the tests of generate use serve here too."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, step

from cronlift.stages.generate import generate

JOBS = (
    classified("Shop.CartCleanupWorker", step(DELETE), schedule="*/15 * * * *"),
    classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="0 */6 * * *"),
    classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="30 3 * * 0"),
)


@pytest.fixture
def jobs():
    """A procedure in one transaction, one that commits, and a command that stands alone."""
    return JOBS


@pytest.fixture
def shop(app_database):
    """The application's database with its tables."""
    app_database.execute(SCHEMA)
    return app_database


@pytest.fixture
def plan(shop, jobs, tmp_path):
    """A plan for all of the jobs."""
    made = generate(application(tmp_path, *jobs), tmp_path, shop.server)
    assert made.refused == ()
    return made
