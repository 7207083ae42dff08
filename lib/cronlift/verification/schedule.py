"""Does pg_cron fire the job at the instants at which the application's scheduler would have?"""

from __future__ import annotations

from datetime import UTC, datetime

from cronlift.errors import CronliftError
from cronlift.model.plan import PlannedJob
from cronlift.model.verification import Check
from cronlift.schedule import convert, next_firings, next_source_firings
from cronlift.verification.context import Context

_FROM = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed beginning: the same findings, the same document
_LOOKED_AT = 400


def check(context: Context) -> dict[str, Check]:
    """The proof is made anew, for the pg_cron that is there now; then the entry's own expression counts."""
    return {job.id: _check(job, context) for job in context.plan.jobs}


def _check(job: PlannedJob, context: Context) -> Check:
    planned = job.schedule
    version, zone = context.pg_cron.version, context.pg_cron.timezone
    try:
        verdict = convert(planned.source, planned.dialect, planned.timezone, version, zone)
    except CronliftError as error:
        return Check(name="schedule", status="failed", text=f"the schedule cannot be read: {error.what}")
    lines = [
        f"source {planned.source} ({planned.dialect}, {planned.timezone}); planned {planned.pg_cron} "
        f"(pg_cron {version}, {zone})",
        *([verdict.explanation] if verdict.explanation else []),
    ]
    if verdict.equal != "proved" or (verdict.pg_cron, verdict.guard) != (planned.pg_cron, planned.guard):
        text = f"on this server the schedule would be {verdict.pg_cron or verdict.equal}, planned {planned.pg_cron}"
        return Check(name="schedule", status="failed", text=text, evidence=tuple(lines))
    found = context.installed[job.id]
    if not found.visible:
        return Check(name="schedule", status="not_checked", text="the cron entry cannot be seen", evidence=tuple(lines))
    if context.waits(job):
        text = (
            f"the planned expression fires at the same instants ({verdict.horizon}); scheduled by cronlift jobs start"
        )
        return Check(name="schedule", status="passed", text=text, evidence=tuple(lines))
    if not found.runs:
        text = f"the planned expression fires at the same instants ({verdict.horizon}); nothing is scheduled yet"
        return Check(name="schedule", status="not_installed", text=text, evidence=tuple(lines))
    if found.schedules != (planned.pg_cron,):
        actual = ", ".join(found.schedules)
        lines += [_first_difference(job, text, context) for text in found.schedules if text != planned.pg_cron]
        text = f"pg_cron has {actual}, planned {planned.pg_cron}"
        return Check(name="schedule", status="failed", text=text, evidence=tuple(lines))
    text = f"fires at the same instants as the application's schedule: {verdict.horizon}"
    return Check(name="schedule", status="passed", text=text, evidence=tuple(lines))


def _first_difference(job: PlannedJob, found: str, context: Context) -> str:
    """The first instant from 2026 on at which only one of the two fires."""
    planned = job.schedule
    try:
        actual = next_firings(found, _FROM, _LOOKED_AT, context.pg_cron.version, context.pg_cron.timezone)
        source = next_source_firings(planned.source, _FROM, _LOOKED_AT, planned.dialect, planned.timezone)
    except CronliftError as error:
        return f"{found}: {error.what}"
    wanted = [moment.astimezone(UTC) for moment in source]
    for ours, theirs in zip(actual, wanted, strict=False):
        if ours != theirs:
            who = "pg_cron" if ours < theirs else "the application"
            first = f"{min(ours, theirs):%Y-%m-%d %H:%M} UTC"
            return f"{found}: from 2026 on first different at {first}, when only {who} fires"
    if not actual:
        return f"{found}: never fires"
    return f"{found}: the first {_LOOKED_AT} firings from 2026 on are the same"
