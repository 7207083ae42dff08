"""The moment at which each job of an act can change hands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cronlift import resources
from cronlift.handover import moment
from cronlift.handover.gate import Row
from cronlift.handover.moment import Moment, Schedule
from cronlift.handover.operation import Before


def moments(before: Before, rows: Sequence[Row]) -> dict[str, Moment]:
    """For each of the rows, by job. Raises SafetyError for a schedule that never fires again."""
    version = before.plan.target.pg_cron_version
    found = before.sessions.app.execute(
        resources.sql("handover/latest"), {"jobs": [row.job for row in rows], "now": before.now}
    ).fetchall()
    latest: dict[str, datetime | None] = {str(job): tick for job, tick in found}  # type: ignore[misc]
    return {
        row.job: moment.choose(
            [Schedule(row.schedule, version, row.timezone, latest.get(row.job))], before.now, row.job
        )
        for row in rows
    }
