"""Entries in a real cron.job, and what the doctor says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from databases import AppDatabase

from cronlift.doctor.diagnose import diagnose
from cronlift.model.diagnosis import Diagnosed, Diagnosis

QUIET = "11 4 1 1 *"
"""A schedule that no test run meets."""


@dataclass
class Clinic:
    """A database whose entries are looked at: ``put`` rows into cron.job, ``look`` at them."""

    database: AppDatabase
    ids: list[int] = field(default_factory=list)

    def put(self, command: str, name: str | None = None, schedule: str = QUIET, **columns: Any) -> int:
        """Insert a row (as pg_cron's own function does, without its check of the schedule); returns its jobid."""
        database = columns.get("database", self.database.name)
        role = columns.get("role", self.database.role)
        with self.database.admin("postgres") as connection:
            row = connection.execute(
                "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport, active) "
                "VALUES (%s, %s, %s, %s, %s, 'localhost', 5432, %s) RETURNING jobid",
                (name, schedule, command, database, role, columns.get("active", True)),
            ).fetchone()
        assert row is not None
        self.ids.append(int(str(row[0])))
        return self.ids[-1]

    def ran(self, jobid: int, command: str, every: float, take: float, count: int, **columns: Any) -> None:
        """Put runs into the history: ``count`` of them, ``every`` so many seconds, each ``take`` seconds long."""
        start = datetime(2026, 1, 5, 6, 0, 0, tzinfo=UTC)
        with self.database.admin("postgres") as connection:
            for number in range(count):
                at = start + timedelta(seconds=every * number)
                connection.execute(
                    "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, "
                    "return_message, "
                    "start_time, end_time) VALUES (%s, nextval('cron.runid_seq'), %s, %s, %s, %s, %s, %s, %s)",
                    (
                        jobid, self.database.name, self.database.role, command,
                        columns.get("status", "succeeded"), columns.get("message", "1"), at, at +
                        timedelta(seconds=take), ),
                )  # fmt: skip

    def look(self) -> Diagnosis:
        """What the doctor says of everything in cron.job."""
        return diagnose(self.database.server)

    def of(self, diagnosis: Diagnosis, jobid: int) -> list[Diagnosed]:
        """The findings about one entry."""
        return [f for f in diagnosis.findings if f.jobid == jobid]
