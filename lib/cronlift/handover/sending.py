"""Whether the application still sends a job: what the fence turned away, and whether its scheduler was at work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cronlift import resources
from cronlift.generate import managed
from cronlift.generate.quoting import Verbatim, template
from cronlift.handover.checks import exists
from cronlift.handover.operation import Before
from cronlift.model.plan import PlannedJob


@dataclass(frozen=True)
class Tick:
    """A job's latest tick that is over (None: none since the start), whether the application's row for it or a later
    one was turned away, when that last was, and whether another job's row was in that minute."""

    tick: datetime | None
    hit: bool
    last_hit: datetime | None
    other_hit: bool


def last_ticks(before: Before, jobs: Sequence[str]) -> dict[str, Tick]:
    """Each job's latest tick that is over."""
    found = before.sessions.app.execute(
        resources.sql("handover/last_due"), {"jobs": list(jobs), "now": before.now}
    ).fetchall()
    return {str(row[0]): Tick(*row[1:]) for row in found}  # type: ignore[arg-type]


def left_out(before: Before, job: PlannedJob, last: Tick) -> bool:
    """Whether the tick passed without a row of the job's while the application's scheduler was at work."""
    return last.tick is not None and not last.hit and (last.other_hit or _alive(before, job, last.tick))


def _alive(before: Before, job: PlannedJob, tick: datetime) -> bool:
    relation = managed.gate_of(job).relation
    asked = [("handover/alive", relation)]
    # Elixir's Oban and Python's name their leaders' tables differently.
    schema = relation.rpartition(".")[0]
    asked += [("handover/leader", f"{schema}.{name}") for name in ("oban_peers", "oban_leaders")]
    for file, table in asked:
        if not exists(before.sessions.app, table):
            continue
        row = before.sessions.app.execute(template(file, relation=Verbatim(table)), {"tick": tick}).fetchone()
        if row is not None and row[0]:
            return True
    return False
