"""The check for continuous integration: the application as it is now against what was decided, moved and installed.

It reads source, a decisions file, run folders and, where a database is named, catalogs. It writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cronlift.elixir.project import Project
from cronlift.errors import UsageError
from cronlift.model.decision import Decisions
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory, Job
from cronlift.model.plan import Plan
from cronlift.model.upkeep import CheckReport, Code, Found
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import current
from cronlift.stages.classify import classify
from cronlift.stages.inventory import inventory
from cronlift.upkeep.drift import drift


@dataclass(frozen=True)
class Move:
    """One run that installed something: its plan, and the moved jobs as they were judged then."""

    folder: RunFolder
    plan: Plan
    jobs: tuple[ClassifiedJob, ...]


def check(
    app: Path,
    env: str = "prod",
    *,
    decisions: Decisions | None = None,
    runs: Sequence[RunFolder] = (),
    server: Server | None = None,
) -> CheckReport:
    """Everything that is not as it was decided or done.

    Raises UsageError where ``app`` is not an application or a run folder cannot be read, ServerError where the
    named database cannot.
    """
    moves = [move for run in runs if (move := _move(run)) is not None]
    found = inventory(app, env)
    judged = classify(app, env, inventory=found)
    moved = {job.id: job for move in moves for job in move.jobs}
    notes = []
    checked: dict[Code, tuple[str, ...]] = {
        "new-movable-job": tuple(job.id for job in judged.jobs),
        "not-analysed": tuple(f"{place.file}:{place.line}" for place in found.not_analysed),
    }
    findings = [*_not_analysed(found), *_new(judged, decisions, moved)]
    if decisions is None:
        notes.append("decisions were not checked: none were named (--decisions)")
    else:
        checked["stale-decision"] = checked["decision-without-job"] = tuple(decisions.jobs)
        findings += _decisions(judged, decisions, moved)
    if not runs:
        notes.append("moved jobs were not checked: no run folder was named (--run)")
    else:
        checked["worker-changed"] = checked["still-scheduled"] = tuple(moved)
        findings += [*_changed(app, env, moved), *_still_scheduled(found, moved)]
        if server is None:
            notes.append("drift was not checked: no database was named (--service, --dsn-env)")
        else:
            checked["drift"] = tuple(job.cron_name for move in moves for job in move.plan.jobs)
            findings += [one for move in moves for one in _drift(move, server)]
    return CheckReport(
        app=found.app, env=env, checked=checked, findings=tuple(findings), notes=tuple(notes),
    )  # fmt: skip


def _move(run: RunFolder) -> Move | None:
    """What a run moved; None where it installed nothing (or took it back). Raises UsageError for no run folder."""
    if not run.documents.is_dir():
        raise UsageError("this is not a run folder", where=str(run.path), do="name the folder that --run was given")
    plan, judged = run.read_if_there(Plan), run.read_if_there(Classification)
    done = current(run.read_if_there(Installation), plan)
    if plan is None or judged is None or done is None or not done.applied:
        return None
    if {action.state for action in done.actions} <= {"removed", "absent"}:
        return None
    planned = {job.entry for job in plan.jobs}
    return Move(run, plan, tuple(job for job in judged.jobs if job.id in planned))


def _not_analysed(found: Inventory) -> Iterator[Found]:
    for place in found.not_analysed:
        text = f"something is scheduled here that cannot be resolved: {place.why}"
        do = "look at it yourself: it may be a job that nobody has judged"
        yield Found(code="not-analysed", job="", text=text, file=place.file, line=place.line, do=do)


def _new(judged: Classification, decisions: Decisions | None, moved: dict[str, ClassifiedJob]) -> Iterator[Found]:
    known = {*moved, *(decisions.jobs if decisions else ())}
    for job in judged.jobs:
        if job.verdict == "pure_sql" and job.id not in known:
            yield Found(
                code="new-movable-job",
                job=job.id,
                text=f"{job.worker} is only SQL ({job.schedule}), and nobody has decided about it",
                file=job.config.file,
                line=job.config.line,
                do="move it, or say in decisions.yaml that it stays (move: false, and why); "
                f"its code_hash is {job.code_hash}",
            )


def _decisions(judged: Classification, decisions: Decisions, moved: dict[str, ClassifiedJob]) -> Iterator[Found]:
    jobs = {job.id: job for job in judged.jobs}
    for name, decision in decisions.jobs.items():
        job = jobs.get(name)
        if job is None and name not in moved:
            text = "there is a decision on a job that the application no longer schedules"
            do = "take it out of decisions.yaml, or name the run that moved the job with --run"
            yield Found(code="decision-without-job", job=name, text=text, do=do)
        elif job is not None and job.code_hash != decision.code_hash:
            yield Found(
                code="stale-decision",
                job=name,
                text=f"the code has changed since {decision.who} decided on {decision.when}",
                file=job.handler.file if job.handler else job.config.file,
                line=job.handler.line if job.handler else job.config.line,
                do=f"look at the job again; the same decision on the code as it is now has code_hash {job.code_hash}",
            )


def _changed(app: Path, env: str, moved: dict[str, ClassifiedJob]) -> Iterator[Found]:
    """Moved jobs whose worker is still there and would do something else now: judged with the entry they had."""
    project = Project(app)
    there = [job for job in moved.values() if project.definitions(job.worker)]
    entries = tuple(_as_job(job) for job in there)
    now = classify(app, env, inventory=Inventory(app=project.root.name, env=env, jobs=entries))
    for before, after in zip(there, now.jobs, strict=True):
        if before.code_hash != after.code_hash:
            same = before.statements == after.statements
            what = "its statements are the same" if same else "its statements are not the ones that were moved"
            yield Found(
                code="worker-changed",
                job=before.id,
                text=f"{before.worker} has changed since its job was moved into the database: {what}",
                file=after.handler.file if after.handler else before.config.file,
                line=after.handler.line if after.handler else before.config.line,
                do="the database still runs what was moved: plan and install anew, or take the worker out",
            )


def _as_job(job: ClassifiedJob) -> Job:
    return Job(**{name: getattr(job, name) for name in Job.model_fields})


def _still_scheduled(found: Inventory, moved: dict[str, ClassifiedJob]) -> Iterator[Found]:
    for job in found.jobs:
        if job.id in moved and job.kind == "cron":
            yield Found(
                code="still-scheduled",
                job=job.id,
                text=f"{job.worker} runs in the database, and the application schedules it, too ({job.schedule})",
                file=job.config.file,
                line=job.config.line,
                do="deploy the patch of its run (pull_request/config.patch), or roll the run back",
            )


def _drift(move: Move, server: Server) -> Iterator[Found]:
    do = f"cronlift verify --run {move.folder.path.name} shows it; install puts back what is missing"
    for one in drift(move.plan, server):
        yield Found(code="drift", job=one.job, text=one.text, do=do)
