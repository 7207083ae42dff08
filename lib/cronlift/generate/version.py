"""A later change of a job that pg_cron runs already: a new version beside the old one, with names of its own.

The new one is installed behind its own gate, proved like any job, and ``start`` switches from one to the other in one
update. So a change goes the same way as the first move, back included.
"""

from __future__ import annotations

from dataclasses import dataclass

from cronlift import resources
from cronlift.generate.catalog import Connection
from cronlift.model.decision import Decision
from cronlift.model.plan import entry_of, version_of
from cronlift.model.verdict import ClassifiedJob


@dataclass(frozen=True)
class Version:
    """What pg_cron runs of a job: the gate's key, the version's number, and the hash of what was planned."""

    key: str
    number: int
    plan_hash: str


def running(connection: Connection) -> dict[str, Version]:
    """By job id, what pg_cron runs in this database; empty where there is no gate, or it may not be read."""
    row = connection.execute(
        "SELECT pg_catalog.to_regnamespace('cronlift') IS NOT NULL "
        "AND pg_catalog.has_schema_privilege('cronlift', 'USAGE') "
        "AND pg_catalog.has_table_privilege('cronlift.gate', 'SELECT')"
        if connection.execute("SELECT pg_catalog.to_regclass('cronlift.gate')").fetchone() != (None,)
        else "SELECT false"
    ).fetchone()
    if row != (True,):
        return {}
    found: dict[str, Version] = {}
    for key, plan_hash in connection.execute(resources.sql("handover/versions")):
        found[entry_of(str(key))] = Version(str(key), version_of(str(key)), str(plan_hash))
    return found


def as_version(job: ClassifiedJob, decision: Decision | None, number: int) -> tuple[ClassifiedJob, Decision | None]:
    """The job and its decision under the names of a version; the first keeps its own."""
    if number == 1:
        return job, decision
    if decision is not None:
        chosen = {
            "cron_name": decision.cron_name and f"{decision.cron_name}@v{number}",
            "procedure": decision.procedure and f"{decision.procedure.removesuffix('()')}_v{number}",
        }
        decision = decision.model_copy(update=chosen)
    return job.model_copy(update={"id": f"{job.id}@v{number}"}), decision
