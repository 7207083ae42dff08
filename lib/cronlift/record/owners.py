"""Who runs each job of a plan, in words: from where its gate stands, the same for the record and the walkthrough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cronlift.model.handover import CLOSED, Hand
from cronlift.model.plan import Plan, PlannedJob

Tone = Literal["green", "attention", "pending", "plain"]


@dataclass(frozen=True)
class Owner:
    """One job: ``who`` runs it, the ``state`` of its gate (empty: it has none), and from and until which tick pg_cron
    has it (ISO 8601, UTC). ``counted``: what the run log and the fence held when that was last looked at."""

    job: PlannedJob
    who: str
    tone: Tone
    state: str = ""
    since: str = ""
    until: str = ""
    counted: str = ""


def owners(
    plan: Plan, hands: Mapping[str, Hand], *, installed: bool, evidence: Mapping[str, Any] | None = None
) -> tuple[Owner, ...]:
    """Every job of the plan. ``hands``: where the gates stand, by job id, as far as that is known; a managed job
    without one was installed and not touched since. ``evidence``: what verify kept."""
    counted = (evidence or {}).get("jobs", {})
    return tuple(
        _owner(job, hands.get(job.id), installed, _counts(counted.get(job.cron_name, {}).get("gate", {})))
        for job in plan.jobs
    )


def _owner(job: PlannedJob, hand: Hand | None, installed: bool, counted: str) -> Owner:
    if not installed:
        return Owner(job, "the application, where it is deployed with the entry", "plain", counted=counted)
    if job.managed is None:
        return Owner(job, "pg_cron; the application, too, until it is deployed without the entry", "attention", "none")
    state = hand.after if hand and hand.after else "shut"
    since, until = (hand.pg_from or "", hand.pg_until or "") if hand else ("", "")
    who, tone = _words(state, since, until)
    return Owner(job, who, tone, state.replace("_", " "), since, until, counted)


def _words(state: str, since: str, until: str) -> tuple[str, Tone]:
    if state == "rolled_back" and until:
        return f"the application, from {until} on", "plain"
    if state in CLOSED:
        return "nobody in this copy" if state == "disarmed" else "the application", "plain"
    if state == "paused":
        return "nobody: it is paused", "attention"
    if state == "completed":
        return "pg_cron; the application no longer sends it", "green"
    return f"pg_cron, from {since} on" if since else "pg_cron", "green"


def _counts(gate: Mapping[str, Any]) -> str:
    """The counts of verify's evidence as one line; empty where there are none."""
    runs = [f"{gate[name]} {name}" for name in ("succeeded", "failed", "skipped") if gate.get(name)]
    parts = [f"runs by pg_cron: {', '.join(runs)}"] if runs else []
    if gate.get("turned_away"):
        number, last = gate["turned_away"], gate["last_turned_away"]
        parts.append(f"rows of the application's turned away: {number}, the last for {last}")
    return "; ".join(parts)
