"""Two jobs whose rows in the application's queue look the same: the fence of one would turn the other's away.

Within one plan that is refused where the gate is planned (``generate/gating.py``); here it is asked of what other plans
have put behind gates of the same database.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.generate import managed
from cronlift.installation import state
from cronlift.model.handover import GateState
from cronlift.model.plan import PlannedJob, entry_of
from cronlift.postgres.server import Connection


@dataclass(frozen=True)
class Alike:
    """A planned job, the id of a job behind a gate whose rows look like its own, and where that one stands."""

    job: PlannedJob
    other: str
    state: GateState

    @property
    def version(self) -> bool:
        """Whether the other is a version of the same entry: its rows look alike because they are the same."""
        return entry_of(self.other) == self.job.entry


def alike(connection: Connection, jobs: Sequence[PlannedJob]) -> tuple[Alike, ...]:
    """Every pair of a planned job and another one behind a gate of this database (app database)."""
    gated = {job.id: job for job in managed.gated(jobs)}
    if not gated or not state.has_schema(connection):
        return ()
    planned = [
        {
            "job": job.id,
            "relation": managed.gate_of(job).relation,
            "worker": job.worker,
            "args": managed.gate_of(job).args,
            "cron_expr": managed.gate_of(job).cron_expr,
        }
        for job in gated.values()
    ]
    rows = connection.execute(resources.sql("handover/same_rows"), {"planned": json.dumps(planned)}).fetchall()
    return tuple(Alike(gated[str(job)], str(other), cast(GateState, at)) for job, other, at in rows)


def require_apart(connection: Connection, jobs: Sequence[PlannedJob]) -> None:
    """Raises SafetyError, with both, where another plan's job has rows that look like a planned one's."""
    names = {job.id for job in jobs}
    found = [one for one in alike(connection, jobs) if not one.version and one.other not in names]
    if found:
        raise SafetyError(
            "nothing tells the rows of these jobs apart, so the fence of one would turn the other's away; nothing was "
            "changed",
            where="\n         ".join(
                f"{one.job.id} ({one.job.config_file}:{one.job.config_line}) of this plan, and {one.other}, which is "
                f"behind a gate ({one.state.replace('_', ' ')}): the same queue, worker {one.job.worker} and args"
                for one in found
            ),
            do="give the entries different args and generate again; or take the other back first (cronlift jobs "
            "rollback, then cronlift rollback, of the run folder that installed it); or decide on mode plain here",
        )
