"""The moment at which each job of an act can change hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cronlift import resources
from cronlift.handover import moment
from cronlift.handover.gate import Row
from cronlift.handover.moment import Moment, Schedule
from cronlift.handover.operation import Before


def moments(before: Before, rows: Sequence[Row], beside: Mapping[str, Row] | None = None) -> dict[str, Moment]:
    """For each of the rows, by job; ``beside``: another row that changes hands with it, so that its firings count, too.
    Raises SafetyError for a schedule that never fires again."""
    both = {row.job: [row, *([beside[row.job]] if beside and row.job in beside else [])] for row in rows}
    version = before.plan.target.pg_cron_version
    found = before.sessions.app.execute(
        resources.sql("handover/latest"),
        {"jobs": [one.job for pair in both.values() for one in pair], "now": before.now},
    ).fetchall()
    latest: dict[str, datetime | None] = {str(job): tick for job, tick in found}  # type: ignore[misc]
    return {
        job: moment.choose(
            [Schedule(row.schedule, version, row.timezone, latest.get(row.job)) for row in pair], before.now, job
        )
        for job, pair in both.items()
    }
