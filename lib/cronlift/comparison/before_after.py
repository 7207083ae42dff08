"""Each moved job's times before and after: what was observed on both sides, and what the proof's two sides took."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cronlift.comparison.history import Measured, of_oban, of_pg_cron, of_run_log
from cronlift.comparison.spread import Spread, spread
from cronlift.model.document import Record
from cronlift.model.job import Inventory
from cronlift.model.plan import Plan, PlannedJob
from cronlift.postgres import capabilities
from cronlift.postgres.server import Connection, Server

ENOUGH = 20
"""Runs on each side before their medians are compared."""
SAME = 0.15
"""Medians that differ by less are called the same."""


class Compared(Record):
    """One job: ``before`` and ``after`` as observed, ``proof`` the milliseconds that the effect proof took for the
    app's statements and for the procedure (on its own data)."""

    id: str
    cron_name: str
    before: Measured
    after: Measured
    proof: Mapping[str, tuple[float, ...]] = {}

    @property
    def spreads(self) -> tuple[Spread | None, Spread | None]:
        """Before and after."""
        return spread(self.before.values), spread(self.after.values)

    @property
    def ratio(self) -> float | None:
        """The median after as a multiple of the one before; None where either side has no runs, or where those after
        are in doubt."""
        before, after = self.spreads
        if before is None or after is None or before.median == 0 or self.after.doubt:
            return None
        return after.median / before.median

    @property
    def verdict(self) -> str:
        """A sentence: what can be said of this job."""
        before, after = self.spreads
        if before is None:
            return "the application's scheduler has no run of it on record here"
        if after is None:
            return "it has not run here yet: look again after some runs"
        if self.ratio is None:
            return self.after.doubt or "nothing to compare with"
        if min(before.n, after.n) < ENOUGH:
            return f"{self.ratio:.2f} times as long; too few runs on one side to say more ({ENOUGH} are enough)"
        if 1 - SAME <= self.ratio <= 1 + SAME:
            return f"the same ({self.ratio:.2f})"
        return f"{self.ratio:.2f} times as long"


def compare(
    plan: Plan, server: Server, inventory: Inventory | None = None, evidence: Mapping[str, Any] | None = None
) -> tuple[Compared, ...]:
    """Every job of the plan. Reads only: the application's database, and the one pg_cron lives in.

    ``inventory`` tells entries of one worker apart by their args; ``evidence`` is what verify kept (the proof's times).
    Raises ServerError where a database cannot be reached.
    """
    args = {job.id: job.options.args for job in inventory.jobs} if inventory else {}
    jobs = (evidence or {}).get("jobs", {})
    server = server.in_database(plan.target.cron_database)
    with server.connect(plan.target.database) as app, server.connect_cron() as cron:
        pg_cron = capabilities.of(cron)
        out = tuple(
            Compared(
                id=job.id,
                cron_name=job.cron_name,
                before=of_oban(app, job.worker, args.get(job.id)),
                after=_after(app, cron, job, pg_cron),
                proof=jobs.get(job.cron_name, {}).get("effects", {}).get("milliseconds", {}),
            )
            for job in plan.jobs
        )
    app.close()
    cron.close()
    return out


def _after(app: Connection, cron: Connection, job: PlannedJob, pg_cron: capabilities.Capabilities) -> Measured:
    """The run log where it has runs of the job: it is right with every pg_cron. Of a job behind a gate nothing else:
    pg_cron's history holds the runs that a shut gate held back, and they take no time."""
    logged = of_run_log(app, job.id)
    gated = job.managed is not None and job.procedure is not None
    return logged if logged.values or gated else of_pg_cron(cron, job.cron_name, pg_cron)
