"""Approval: installing acts on exactly the plan that a person has seen, named by its hash."""

from __future__ import annotations

from cronlift.errors import SafetyError
from cronlift.model.plan import Plan

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
