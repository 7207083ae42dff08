"""How a stage came out: one status and one sentence per document, the same for notebooks, commands and the
page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from cronlift.doctor import report
from cronlift.errors import CronliftError, Finding
from cronlift.model.diagnosis import Diagnosis
from cronlift.model.document import Document
from cronlift.model.handover import Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.monitoring import Monitoring
from cronlift.model.plan import Plan, version_of
from cronlift.model.realtime import Proposals
from cronlift.model.verdict import Classification
from cronlift.model.verification import Verification

Colour = Literal["green", "attention", "pending", "red"]

_CODES: dict[Colour, int] = {"green": 0, "attention": 0, "pending": 4, "red": 1}


@dataclass(frozen=True)
class Outcome:
    """``attention`` is fine, with something to read; ``pending`` is fine so far; only ``red`` stops a run."""

    colour: Colour
    sentence: str

    @property
    def exit_code(self) -> int:
        return _CODES[self.colour]


def plural(count: int, one: str, many: str = "") -> str:
    """``1 job``, ``3 jobs``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def of(document: Document) -> Outcome:
    """The outcome of any stage's document."""
    match document:
        case Inventory():
            return _inventory(document)
        case Classification():
            return _classification(document)
        case Plan():
            return _plan(document)
        case Installation():
            return _installation(document)
        case Verification():
            return _verification(document)
        case Diagnosis():
            return _diagnosis(document)
        case Monitoring():
            return _monitoring(document)
        case Proposals():
            return _proposals(document)
        case Handover():
            return _handover(document)
        case _:
            raise TypeError(f"no outcome for a {type(document).__name__}")


def require(document: Document) -> Outcome:
    """The outcome, or Finding where it is red: what a notebook's last cell calls."""
    outcome = of(document)
    if outcome.colour == "red":
        raise Finding(outcome.sentence, do="read the details above and in record.html, then run this stage again")
    return outcome


def worst(codes: list[int]) -> int:
    """A batch's exit code: a bug, then the environment, wrong use, a finding, something pending, fine."""
    return max(codes, key=(0, 4, 1, 2, 3, 5, 130).index, default=0)


def code_of(name: str) -> int:
    """The exit code of an error known by its class's name only (a kernel's); 5 where it is none of ours."""
    known = {kind.__name__: kind.exit_code for kind in _family(CronliftError)}
    return 130 if name == "KeyboardInterrupt" else known.get(name, 5)


def _family(kind: type[CronliftError]) -> list[type[CronliftError]]:
    return [kind, *(c for child in kind.__subclasses__() for c in _family(child))]


def _inventory(document: Inventory) -> Outcome:
    crons = sum(job.kind == "cron" for job in document.jobs)
    startup = len(document.jobs) - crons
    text = f"{plural(crons, 'scheduled job')} and {plural(startup, 'start-up job')} found in {document.app}"
    if document.not_analysed:
        return Outcome("attention", f"{text}; {plural(len(document.not_analysed), 'place')} could not be analysed")
    return Outcome("green" if document.jobs else "attention", text)


def _classification(document: Classification) -> Outcome:
    counts: Counter[str] = Counter(job.verdict for job in document.jobs)
    words = {
        "pure_sql": "can move to the database",
        "split": "can move in part",
        "app_logic": "stay in the application",
        "needs_review": "need a person's eyes",
        "no_effect": "do nothing and can be removed",
        "startup": "run at start-up only",
    }
    parts = [f"{counts[name]} {words[name]}" for name in words if counts[name]]
    colour: Colour = "attention" if counts["needs_review"] or document.not_analysed else "green"
    return Outcome(colour, "; ".join(parts) or "no job to classify")


def _plan(document: Plan) -> Outcome:
    text = f"{plural(len(document.jobs), 'job')} planned for database {document.target.database}"
    if document.refused:
        return Outcome("attention", f"{text}; {len(document.refused)} refused")
    return Outcome("green" if document.jobs else "attention", text if document.jobs else "no job is selected to move")


def _diagnosis(document: Diagnosis) -> Outcome:
    errors = any(f.severity == "error" for f in document.findings)
    return Outcome("red" if errors else "attention" if document.findings else "green", report.sentence(document))


def _monitoring(document: Monitoring) -> Outcome:
    looked = f"{plural(len(document.jobs), 'entry', 'entries')} looked at"
    wrong = [name for name, found in document.by_name() if any(s.severity == "red" for s in found)]
    if wrong:
        return Outcome("red", f"{looked}; wrong: {', '.join(wrong)}")
    remarks = sum(len(found) for _, found in document.by_name()) + len(document.notes)
    if remarks:
        return Outcome("attention", f"{looked}: nothing is wrong; {plural(remarks, 'remark')} to read")
    return Outcome("green", f"{looked}: nothing is wrong")


def _proposals(document: Proposals) -> Outcome:
    jobs = len({proposal.job for proposal in document.proposals})
    text = f"{plural(len(document.proposals), 'proposal')} for {plural(jobs, 'job')}, none of them installed"
    if document.none:
        text += f"; {plural(len(document.none), 'job')} without an alternative"
    return Outcome("green", text)


def _handover(document: Handover) -> Outcome:
    """Where the jobs stand after the act, or would stand."""
    ill = sum(not look.well for look in document.looks)
    if ill:
        return Outcome("red", f"{document.verb}: {plural(ill, 'look')} not well, nothing changes hands")
    states = Counter(hand.after or "not installed" for hand in document.jobs)
    stand = ", ".join(f"{plural(number, 'job')} {state}" for state, number in states.items()) or "no job"
    if not document.applied and document.verb != "status":
        return Outcome("green", f"{document.verb}: shown only; afterwards: {stand}")
    if not document.complete:
        return Outcome("pending", f"{document.verb} is not over: {stand}; run it again")
    return Outcome("green", f"{document.verb}: {stand}")


def _installation(document: Installation) -> Outcome:
    """``not installed`` is said only where nothing is there: a look at what is in place says that it is."""
    states = Counter(action.state for action in document.actions)
    undone = states["planned"]
    objects = plural(len(document.actions), "object")
    way_in = document.act == "install"
    there, will, act = ("in place", "created", "installation") if way_in else ("gone", "removed", "rollback")
    if not document.applied:
        if not undone and document.actions:
            return Outcome("green", f"nothing to do: {objects} {there} already")
        missing = sum(not right.held for right in document.rights)
        what = "not installed" if way_in else "not taken back"
        text = f"{what}: shown only ({plural(undone, 'object')} would be {will})"
        if missing:
            return Outcome("attention", f"{text}; the connected role lacks {plural(missing, 'right')} to do it")
        return Outcome("green", text)
    parts = [f"{states[s]} {s}" for s in ("created", "present", "removed", "absent") if states[s]]
    done = ", ".join(parts) or "nothing done"
    if not way_in and states["present"] and not undone and document.complete:
        gone = plural(states["removed"] + states["absent"], "object")
        return Outcome("green", f"{gone} gone; {states['present']} stay")
    if undone or not document.complete:
        return Outcome("red", f"{act} cut short: {done}, {undone} to do; running it again finishes")
    waiting = "; cronlift jobs start hands the jobs over" if document.mode == "managed" and way_in else ""
    return Outcome("green", f"{objects} {there}: {', '.join(parts) or 'none'}{waiting}")


def _verification(document: Verification) -> Outcome:
    counts = Counter(job.status for job in document.jobs)
    if not document.jobs:
        return Outcome("green", "nothing to verify")
    if counts["failed"]:
        names = ", ".join(job.cron_name for job in document.jobs if job.status == "failed")
        return Outcome("red", f"{plural(counts['failed'], 'job')} failed verification: {names}")
    if not document.installed:
        return Outcome("green", "not installed: nothing runs in the database yet")
    if counts["not_installed"]:
        return Outcome("red", f"{plural(counts['not_installed'], 'planned job')} not in the database")
    good = counts["passed"] + counts["warning"]
    waiting = [job for job in document.jobs if job.prepared]
    prepared = len(waiting)
    text = f"{good} of {plural(len(document.jobs), 'job' if prepared else 'moved job')} verified"
    if prepared:
        now = "the application runs" if all(version_of(job.id) == 1 for job in waiting) else "the former owner runs"
        text += f", {prepared} behind a shut gate: {now} {'it' if prepared == 1 else 'them'} until "
        text += "cronlift jobs start"
    if counts["pending"]:
        return Outcome("pending", f"{text}; {counts['pending']} pending")
    if counts["not_checked"] or counts["warning"]:
        return Outcome("attention", f"{text}, with remarks to read")
    return Outcome("green", text)
