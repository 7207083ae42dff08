"""What all checks look at: the plan, the databases as they are, and what may be done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cronlift import resources
from cronlift.errors import UsageError
from cronlift.installation import state
from cronlift.installation.sessions import opened
from cronlift.installation.state import Found
from cronlift.model.handover import CLOSED
from cronlift.model.plan import Plan, PlannedJob
from cronlift.postgres import capabilities
from cronlift.postgres.capabilities import Capabilities
from cronlift.postgres.disposable import is_disposable
from cronlift.postgres.server import Connection, Server
from cronlift.proof.session import Side, sides
from cronlift.proof.worker import Worker
from cronlift.verification import gated
from cronlift.verification.gated import Standing


@dataclass(frozen=True)
class Installed:
    """One job's objects as found; ``procedure`` is None where the plan has none; ``schedules``: of every entry of the
    job's cron name; ``visible``: entries can be seen."""

    procedure: Found | None
    entry: Found
    schedules: tuple[str, ...]
    visible: bool

    @property
    def anything(self) -> bool:
        """Whether any object of the job is there."""
        return self.entry.state != "absent" or (self.procedure is not None and self.procedure.state != "absent")

    @property
    def runs(self) -> bool:
        """Whether pg_cron has an entry of this name."""
        return self.entry.state != "absent"


@dataclass(frozen=True)
class Tick:
    """One tick of the application's own worker: the ``command`` that runs it, for the job of that id, and how many
    ``seconds`` it may take."""

    job: str
    command: str
    seconds: float

    def worker(self, server: Server, app: Side, folder: Path | None) -> Worker:
        """What runs it, on the proof's server."""
        return Worker(self.command, server, app, folder, self.seconds)


@dataclass(frozen=True)
class Context:
    """``proof`` is a disposable database for the effects (server and database; None: there is none),
    ``proof_is_target`` says that it is the one the plan is for. ``evidence`` collects, per cron name, what the
    databases said: rows and instants, which documents do not hold. ``tick`` is run beside the procedure of its job;
    ``gates``: where those of the jobs stand that have one."""

    plan: Plan
    server: Server
    installed: Mapping[str, Installed]
    sides: Mapping[str, tuple[Side, Side]]
    pg_cron: Capabilities
    reader: str
    disposable: bool
    proof: tuple[Server, str] | None
    proof_is_target: bool
    app: Path | None
    env: str
    probe: bool
    tick: Tick | None = None
    gates: Mapping[str, Standing] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)

    def waits(self, job: PlannedJob) -> bool:
        """Whether the job's cron entry is made only by ``start``: a command that stands alone, which no gate can hold
        back, and which the application runs as yet."""
        gate = self.gates.get(job.id)
        return job.procedure is None and gate is not None and gate.state in CLOSED

    def note(self, job: PlannedJob, key: str, value: Any) -> None:
        """Keep a piece of evidence."""
        self.evidence.setdefault("jobs", {}).setdefault(job.cron_name, {})[key] = value


def look(
    plan: Plan,
    server: Server,
    *,
    app: Path | None,
    env: str,
    proof: Server | None,
    probe: bool,
    tick: Tick | None = None,
) -> Context:
    """Look at both databases, read-only, on the very server the plan was made for.

    Raises UsageError, before anything is done, where a proof database without the disposable mark was named or a
    probe was asked for on a database without it; SafetyError where the server is not the plan's.
    """
    named = None if proof is None else (proof, _disposable_database(proof))
    target = plan.target
    server = server.in_database(target.cron_database)
    with opened(target, server, apply=False) as sessions:
        reader, sees_all = _reader(sessions.cron)
        schedules = _schedules(sessions.cron, plan)
        flat = state.flattened(sessions.app, plan.jobs)
        found = {
            job.id: Installed(
                procedure=state.procedure(sessions.app, job, target) if job.procedure_sql is not None else None,
                entry=state.cron_entry(sessions.cron, job, target, flat=job.id in flat),
                schedules=schedules.get(job.cron_name, ()),
                visible=sees_all or reader == job.job_role,
            )
            for job in plan.jobs
        }
        known_sides = {job.id: sides(sessions.app, target, job) for job in plan.jobs}
        disposable = is_disposable(sessions.app)
        pg_cron = capabilities.of(sessions.cron)
    if probe and not disposable:
        raise UsageError(
            "a probe is an extra run of the jobs, and this database does not carry the disposable mark",
            where=f"database {target.database}",
            do="leave --probe out (the next real run is awaited), or probe in the sandbox or on a marked copy",
        )
    own = (server, target.database) if disposable else None
    return Context(
        plan=plan,
        server=server,
        installed=found,
        sides=known_sides,
        pg_cron=pg_cron,
        reader=reader,
        disposable=disposable,
        proof=named or own,
        proof_is_target=named is None,
        app=app,
        env=env,
        probe=probe,
        tick=tick,
        gates=gated.standings(plan, server),
    )


def _disposable_database(proof: Server) -> str:
    with proof.connect() as connection:
        name = connection.info.dbname
        if not is_disposable(connection):
            raise UsageError(
                "the effect proof writes, and this database does not carry the disposable mark",
                where=f"database {name}, {proof.where}",
                do="name a copy that may be thrown away, and mark it: cronlift sandbox mark-disposable",
            )
    connection.close()
    return name


def _reader(connection: Connection) -> tuple[str, bool]:
    row = connection.execute(resources.sql("verify/sees_all_entries")).fetchone()
    assert row is not None
    return str(row[1]), bool(row[0])


def _schedules(connection: Connection, plan: Plan) -> dict[str, tuple[str, ...]]:
    """The schedules that pg_cron has under the planned names (the query of sql/cron_jobs.sql)."""
    names = [job.cron_name for job in plan.jobs]
    out: dict[str, tuple[str, ...]] = {}
    for _, name, schedule, *_rest in connection.execute(resources.sql("cron_jobs"), {"names": names}).fetchall():
        out[str(name)] = (*out.get(str(name), ()), str(schedule))
    return out
