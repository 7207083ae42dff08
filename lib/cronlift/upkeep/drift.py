"""What is no longer in the databases as a plan put it there. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cronlift.errors import SafetyError
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.stages.install import install


@dataclass(frozen=True)
class Drift:
    """One difference; ``job`` is empty where it is not one job's alone."""

    job: str
    text: str


def drift(plan: Plan, server: Server) -> Iterator[Drift]:
    """Every difference between the plan and the databases. Raises ServerError where they cannot be read."""
    try:
        looked = install(plan, server, apply=False)
    except SafetyError as error:
        lines = [line.strip() for line in error.where.splitlines() if line.strip()]
        yield Drift("", "; ".join([error.what.split(";")[0], *lines]))
        return
    for action in looked.actions:
        if action.state not in ("present", "created"):
            yield Drift(
                action.job,
                f"{action.object.replace('_', ' ')} {action.name} is not in database {action.database} as installed",
            )
