"""Where every job ends: one row per job, and counts that add up.

found = moved + split + stays + review + startup + not analysed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from cronlift.model.handover import Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory, Job
from cronlift.model.plan import Plan
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.model.verification import Verification
from cronlift.record.run_folder import RunFolder

D = TypeVar("D", Installation, Verification, Handover)

Place = Literal["moved", "split", "stays", "review", "startup", "not analysed"]
PLACES: tuple[Place, ...] = ("moved", "split", "stays", "review", "startup", "not analysed")


@dataclass(frozen=True)
class Row:
    """One job, or one place that could not be analysed. ``state``: what is known of a moved job."""

    id: str
    worker: str
    schedule: str
    timezone: str
    where: str
    verdict: str
    place: Place
    why: str
    evidence: str = ""
    args: str = ""
    cron_name: str = ""
    procedure: str = ""
    state: str = ""

    @property
    def name(self) -> str:
        """The job in a few words: the worker's last name, told apart by its args; or the place in the source."""
        last = self.worker.rsplit(".", 1)[-1]
        return f"{last} ({self.args})" if last and self.args else last or self.where


@dataclass(frozen=True)
class Tally:
    """All rows, in the order of PLACES and of the source within each."""

    rows: tuple[Row, ...]
    classified: bool = True

    @property
    def counts(self) -> dict[Place, int]:
        return {place: sum(row.place == place for row in self.rows) for place in PLACES}

    @property
    def equation(self) -> str:
        """The sum, written out: ``22 found = 3 moved + 0 split + …``."""
        if not self.classified:
            return f"{len(self.rows)} found, not classified yet"
        return f"{len(self.rows)} found = " + " + ".join(f"{n} {place}" for place, n in self.counts.items())


def tally(folder: RunFolder) -> Tally:
    """The tally of a run folder, as far as its stages have got."""
    classification = folder.read_if_there(Classification)
    plan = folder.read_if_there(Plan)
    installation = current(folder.read_if_there(Installation), plan)
    verification = current(folder.read_if_there(Verification), plan)
    if classification is not None:
        jobs: Iterable[Row] = (_classified(job, plan, installation, verification) for job in classification.jobs)
        unknown = classification.not_analysed
    else:
        inventory = folder.read_if_there(Inventory)
        if inventory is None:
            return Tally(())
        jobs = (
            Row(
                id=job.id,
                worker=job.worker,
                schedule=job.schedule or "",
                timezone=job.timezone if job.kind == "cron" else "",
                where=f"{job.config.file}:{job.config.line}",
                verdict="",
                place="startup" if job.kind == "startup" else "review",
                args=_args(job),
                why="enqueued at boot" if job.kind == "startup" else "not classified yet",
            )
            for job in inventory.jobs
        )
        unknown = inventory.not_analysed
    rest = (
        Row(
            id=f"{place.file}:{place.line}",
            worker="",
            schedule="",
            timezone="",
            where=f"{place.file}:{place.line}",
            verdict="",
            place="not analysed",
            why=place.why,
        )
        for place in unknown
    )
    rows = sorted([*jobs, *rest], key=lambda row: PLACES.index(row.place))
    return Tally(tuple(rows), classification is not None)


def current(document: D | None, plan: Plan | None) -> D | None:
    """The document, if it is about this very plan: one that was made for an earlier plan says nothing of this one."""
    return document if document is not None and plan is not None and document.plan_hash == plan.hash else None


def _classified(
    job: ClassifiedJob, plan: Plan | None, installation: Installation | None, verification: Verification | None
) -> Row:
    place, why, evidence = _place(job, plan)
    planned = next((p for p in plan.jobs if p.entry == job.id), None) if plan else None
    procedure = ""
    if planned and planned.procedure:
        procedure = f"{planned.schema_name}.{planned.procedure}()" if planned.schema_name else f"{planned.procedure}()"
    return Row(
        id=job.id,
        worker=job.worker,
        schedule=job.schedule or "",
        timezone=job.timezone if job.kind == "cron" else "",
        where=f"{job.config.file}:{job.config.line}",
        verdict=job.verdict,
        place=place,
        why=why,
        evidence=evidence,
        args=_args(job),
        cron_name=planned.cron_name if planned else "",
        procedure=procedure,
        state=_state(planned.id if planned else "", place, installation, verification),
    )


def _place(job: ClassifiedJob, plan: Plan | None) -> tuple[Place, str, str]:
    """Where a job ends, why in words, and the evidence's place in the source."""
    first, at = (job.reasons[0].text, f"{job.reasons[0].file}:{job.reasons[0].line}") if job.reasons else ("", "")
    if job.kind == "startup" or job.verdict == "startup":
        return "startup", first or "enqueued at boot, never scheduled", at
    if job.verdict == "pure_sql":
        refused = next((r for r in plan.refused if r.id == job.id), None) if plan else None
        if refused:
            return "review", refused.why, at
        if plan is not None and all(p.entry != job.id for p in plan.jobs):
            return "stays", "could move; not selected for this run", at
        return "moved", first, at
    if job.verdict == "split":
        return "split", first, at
    if job.verdict == "app_logic":
        return "stays", first, at
    if job.verdict == "no_effect":
        return "review", first or "does nothing: remove it from the crontab", at
    return "review", first, at


def _args(job: Job) -> str:
    return ", ".join(f"{key}: {value}" for key, value in job.options.args.items())


def _state(job: str, place: Place, installation: Installation | None, verification: Verification | None) -> str:
    """Words for a moved job, by its id in the plan: its verification's status, once there is one; empty for a job that
    is not planned."""
    if not job:
        return "can move" if place == "moved" else ""
    if verification is None:
        if installation is None or not installation.applied:
            return "planned"
        states = {a.state for a in installation.actions if a.job == job}
        if states <= {"removed", "absent"}:
            return "taken back"
        return "partly installed" if "planned" in states else "installed"
    if not verification.installed:
        return "not installed"
    verified = next((v for v in verification.jobs if v.id == job), None)
    if verified is None:
        return "not checked"
    if verified.prepared and verified.status in ("passed", "warning", "pending"):
        return "prepared" if verified.status == "pending" else "verified, gate shut"
    words = {"passed": "verified", "warning": "verified, with remarks"}
    return words.get(verified.status, verified.status.replace("_", " "))
