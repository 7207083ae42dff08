"""Does the application still run the job? Then every tick runs twice."""

from __future__ import annotations

from cronlift.model.job import Job
from cronlift.model.plan import PlannedJob
from cronlift.model.verification import Check
from cronlift.stages.inventory import inventory
from cronlift.verification.context import Context
from cronlift.verification.gated import Standing


def check(context: Context) -> dict[str, Check]:
    """Reads the application's crontab as it is now; what is deployed may be older, and no source can say that."""
    if context.app is None:
        text = "not looked at: the application's folder was not named (--app)"
        return {job.id: Check(name="double_run", status="not_checked", text=text) for job in context.plan.jobs}
    entries = [job for job in inventory(context.app, context.env).jobs if job.kind == "cron"]
    return {job.id: _check(job, entries, context, context.gates.get(job.id)) for job in context.plan.jobs}


def _check(job: PlannedJob, entries: list[Job], context: Context, gate: Standing | None) -> Check:
    still = [e for e in entries if _same(e, job)]
    lines = tuple(f"{e.config.file}:{e.config.line}: {e.schedule} {e.worker}" for e in still)
    others = tuple(
        f"also enqueued at {place} (the move leaves that as it is)"
        for entry in entries
        if entry.worker == job.worker
        for place in entry.enqueued_by
    )
    if not still:
        text = f"the application's crontab ({context.env}) no longer holds it"
        return Check(name="double_run", status="passed", text=text, evidence=others)
    if not context.installed[job.id].runs:
        text = "the application runs it, as it should while nothing is installed"
        return Check(name="double_run", status="passed", text=text, evidence=(*lines, *others))
    if gate is not None and gate.state != "completed":
        text = "the gate lets only one side run a tick, whatever the crontab holds"
        if gate.state in ("started", "paused"):
            text = "it is still in the application's crontab: the fence turns its rows away until a deploy takes it out"
        return Check(name="double_run", status="passed", text=text, evidence=(*lines, *others))
    if gate is not None:
        text = (
            "it is in the application's crontab although the move is complete: the fence turns its rows away, and "
            "each is an alarm until a deploy takes the entry out"
        )
        return Check(name="double_run", status="warning", text=text, evidence=(*lines, *others))
    return Check(
        name="double_run",
        status="warning",
        text="it is still in the application's crontab: until a deploy takes the entry out, ticks run twice",
        evidence=(*lines, "apply sql/config.patch and deploy", *others),
    )


def _same(entry: Job, job: PlannedJob) -> bool:
    """The planned entry itself. Its id can change when a second entry of its worker goes or comes (ids carry what
    tells entries apart), so worker, schedule and time zone count too."""
    if entry.id == job.entry:
        return True
    schedule = (job.schedule.source, job.schedule.timezone)
    return entry.worker == job.worker and (entry.schedule, entry.timezone) == schedule
