"""Approval: installing acts on exactly the plan that a person has seen, named by its hash."""

from __future__ import annotations

from cronlift.errors import Finding, SafetyError
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verification import Verification
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import current

_SHORTEST = 12


def require_approval(plan: Plan, plan_hash: str) -> None:
    """Raises SafetyError unless ``plan_hash`` names this plan: its hash, or at least its first 12 characters."""
    if not plan_hash:
        raise SafetyError(
            "to install, name the plan you approve",
            where=f"the plan's hash is {plan.hash}",
            do="read the plan (without --apply), then pass its hash with --plan-hash",
        )
    if len(plan_hash) < _SHORTEST or not plan.hash.startswith(plan_hash.lower()):
        raise SafetyError(
            "the plan is not the one that was approved; nothing was changed",
            where=f"approved {plan_hash}, the plan here is {plan.hash}",
            do="read what changed in the plan, then approve its hash",
        )


def require_no_difference(folder: RunFolder, plan: Plan) -> None:
    """Raises Finding where the last verification of this very plan saw other rows than the application's, and it is
    not installed yet (what is installed may be mended by installing it again)."""
    installed = current(folder.read_if_there(Installation), plan)
    if installed is not None and installed.applied:
        return
    seen = current(folder.read_if_there(Verification), plan)
    if seen is not None and seen.differing:
        raise Finding(
            "the proof found that the rows differ, so this plan is not installed; nothing was done",
            where="; ".join(seen.differing),
            do="plan without that job, or verify again; cronlift install --despite-failed-proof goes on all the same",
        )
