"""Is what is installed what was planned? The procedure's content and owner, and every column of the cron entry."""

from __future__ import annotations

from cronlift.generate import command
from cronlift.model.plan import PlannedJob
from cronlift.model.verification import Check
from cronlift.verification.context import Context, Installed


def check(context: Context) -> dict[str, Check]:
    """Value against value; nothing there at all is no failure (the plan was not applied)."""
    return {job.id: _check(job, context.installed[job.id], context) for job in context.plan.jobs}


def _check(job: PlannedJob, found: Installed, context: Context) -> Check:
    target = context.plan.target
    if not found.visible:
        return Check(
            name="catalog",
            status="not_checked",
            text=f"row-level security hides the cron entries of {job.job_role} from {context.reader}",
            evidence=(f"connect as {job.job_role}, or as a superuser",),
        )
    if context.waits(job):
        return _alone(found)
    if not found.anything and job.id not in context.gates:
        return Check(name="catalog", status="not_installed", text="neither procedure nor cron entry is there")
    entry, procedure = found.entry, found.procedure
    wrong = [f"cron entry {entry.name}: {line}" for line in entry.differences]
    if entry.state == "absent":
        wrong.append(f"cron entry {entry.name}: found none, planned one ({_makes(job)})")
    if entry.paused:
        wrong.append(f"cron entry {entry.name}: active: found no, planned yes (somebody paused it)")
    if procedure is not None:
        wrong += [f"procedure {procedure.name}: {line}" for line in procedure.differences]
        if procedure.state == "absent":
            wrong.append(f"procedure {procedure.name}: found none, planned one (every run fails)")
    if wrong:
        return Check(name="catalog", status="failed", text=f"not as planned: {wrong[0]}", evidence=tuple(wrong))
    runs = command.flat(job).command + " (flattened)" if entry.flat else job.command
    lines = [
        f"cron entry {job.cron_name}: {job.schedule.pg_cron} | {runs} | database {target.database} | "
        f"as {job.job_role} | active",
    ]
    if procedure is not None:
        lines.append(
            f"procedure {procedure.name}: owned by {job.job_role}, not executable by PUBLIC, body as planned "
            f"(content {job.hash[:12]})"
        )
    what = "procedure and cron entry are" if procedure is not None else "the cron entry is"
    return Check(name="catalog", status="passed", text=f"{what} as planned", evidence=tuple(lines))


def _alone(found: Installed) -> Check:
    """A command that no gate can hold back, while the application runs it."""
    if found.entry.state == "absent":
        text = "it stands alone: its cron entry is made at cronlift jobs start, and looked at after that"
        return Check(name="catalog", status="pending", text=text)
    text = f"cron entry {found.entry.name} is there although the application runs the job: both run each tick"
    done = "cronlift jobs start or cronlift jobs rollback, whichever was meant, finishes"
    return Check(name="catalog", status="failed", text=text, evidence=(done,))


def _makes(job: PlannedJob) -> str:
    alone = job.managed is not None and job.procedure is None
    return "cronlift jobs start makes it" if alone else "a second install finishes"
