"""The moment at which each job of an act can change hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from cronlift import resources
from cronlift.handover import moment
from cronlift.handover.gate import Row
from cronlift.handover.moment import Moment, Schedule
from cronlift.handover.operation import Before
from cronlift.schedule import next_firings


def moments(before: Before, rows: Sequence[Row], beside: Mapping[str, Row] | None = None) -> dict[str, Moment]:
    """For each of the rows, by job; ``beside``: another row that changes hands with it, so that its firings count, too.

    Between two versions, both pg_cron's, ``rows_at`` stays None: whatever the application inserts is turned away.
    Raises SafetyError for a schedule that never fires again.
    """
    both = {row.job: [row, *([beside[row.job]] if beside and row.job in beside else [])] for row in rows}
    version = before.plan.target.pg_cron_version
    found = before.sessions.app.execute(
        resources.sql("handover/latest"),
        {"jobs": [one.job for pair in both.values() for one in pair], "now": before.now},
    ).fetchall()
    latest: dict[str, datetime | None] = {str(job): tick for job, tick in found}  # type: ignore[misc]
    chosen = {}
    for job, pair in both.items():
        schedules = [Schedule(row.schedule, version, row.timezone, latest.get(row.job)) for row in pair]
        at = moment.choose(schedules, before.now, job)
        first = _first_due(before, pair[0], at) if len(pair) == 1 else None
        chosen[job] = at.before(first) if first else at
    return chosen


def _first_due(before: Before, row: Row, moment: Moment) -> datetime | None:
    """The job's first tick behind the moment: a firing that its guard lets through; None where the next 1,500 are
    none."""
    reach = 1500 if row.guard else 1
    firings = next_firings(row.schedule, moment.at, reach, before.plan.target.pg_cron_version, row.timezone)
    found = before.sessions.app.execute(
        resources.sql("handover/first_due"), {"guard": row.guard, "firings": firings}
    ).fetchone()
    return cast(datetime | None, found[0]) if found else None
