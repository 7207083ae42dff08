"""Entries in a real cron.job, and what the doctor says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clinic import Clinic
from databases import AppDatabase

from cronlift.model.diagnosis import Diagnosed


@pytest.fixture
def clinic(app_database: AppDatabase) -> Iterator[Clinic]:
    """A fresh database with nothing in cron.job and nothing in the history."""
    with app_database.admin("postgres") as connection:
        connection.execute("DELETE FROM cron.job")
        connection.execute("DELETE FROM cron.job_run_details")
    found = Clinic(app_database)
    yield found
    with app_database.admin("postgres") as connection:
        connection.execute("DELETE FROM cron.job WHERE jobid = ANY (%s)", (found.ids,))
        connection.execute("DELETE FROM cron.job_run_details")


@pytest.fixture
def looked(clinic: Clinic) -> Callable[..., list[Diagnosed]]:
    """``looked(command, …)``: one entry, and what is found about it."""

    def look(command: str, **columns: Any) -> list[Diagnosed]:
        jobid = clinic.put(command, **columns)
        return clinic.of(clinic.look(), jobid)

    return look
