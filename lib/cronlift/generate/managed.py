"""The statements of a managed installation: schema ``cronlift`` with gate and runner, gate rows, sweeper, fence.

The objects of the schema are files of ``sql/handover``, one each; they are made in the order of ``OBJECTS``. As with
procedures and entries, up.sql, install and the acts of the handover all take their statements from here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from psycopg import sql

from cronlift import resources
from cronlift.generate import names
from cronlift.generate.quoting import Name, Text, Verbatim, quote_ident, template
from cronlift.generate.statements import block
from cronlift.model.plan import Managed, PlannedJob, Target

SCHEMA = "cronlift"
OWNER = "cronlift_owner"
TRIGGER = "zz_cronlift_fence"
SWEEP = "CALL cronlift.sweep()"
EVERY_MINUTE = "* * * * *"

OBJECTS = (
    "gate", "run_log", "run_log_once", "run_log_running", "fence_hit", "fence_hit_tick", "retry", "heartbeat",
    "field", "on_day", "tick", "here", "is_due", "base", "owns", "owns_row", "due", "room", "row_tick", "backoff",
    "apart", "together", "log_start", "skip_behind", "skip", "task", "is_led", "claim", "finish", "leave_out",
    "written", "committing_job", "weave", "woven", "led", "follow", "perform", "begin", "run", "run_now", "beat",
    "bury", "claim_due", "turned_away", "sweep", "prune", "instant", "fence", "closed",
)  # fmt: skip
"""The files of ``sql/handover`` that make up the schema, in the order in which each needs the ones before."""


@cache
def schema_mark() -> str:
    """The schema's comment: how cronlift knows it as its own, and with what content."""
    texts = "\n".join(resources.sql(f"handover/{name}") for name in OBJECTS)
    return f"cronlift handover {hashlib.sha256(texts.encode()).hexdigest()}"


def create_schema(roles: Sequence[str]) -> tuple[sql.Composable, ...]:
    """App database: role, schema, all that is in it, and what each job's role needs. Harmless where they are there."""
    objects = tuple(Verbatim(_statement(name)) for name in OBJECTS)
    return (
        block("handover/make_role_body", role=template("handover/role")),
        block("handover/make_schema_body", schema=template("handover/schema")),
        template("handover/as_owner"),
        *objects,
        template("handover/schema_mark", mark=Text(schema_mark())),
        *(template("handover/grants", role=Name(role)) for role in roles),
        template("handover/as_self"),
    )


def insert_gate(job: PlannedJob, target: Target) -> tuple[sql.Composable, ...]:
    """App database: the job's row, shut; the call of a body that commits is written down with it."""
    facts = Text(json.dumps(gate_facts(job, target), ensure_ascii=False))
    return template("handover/insert_gate", job=Text(job.id), facts=facts), template("handover/woven")


def delete_gate(job: PlannedJob) -> tuple[sql.Composable, ...]:
    """App database: the job's row goes, unless it is open."""
    return template("handover/delete_gate", job=Text(job.id)), template("handover/woven")


def create_fence(relation: str, column: str) -> sql.Composable:
    """App database: the fence on one queue table (``relation`` as SQL, with its schema); ``column`` turns a row
    away."""
    return template("handover/fence_trigger", relation=Verbatim(relation), name=Text(relation), column=Text(column))


def drop_fence(relation: str) -> sql.Composable:
    """App database: the fence goes."""
    return template("handover/drop_fence", relation=Verbatim(relation))


def gated(jobs: Sequence[PlannedJob]) -> tuple[PlannedJob, ...]:
    """The jobs behind a gate: a managed plan may hold plain ones beside them."""
    return tuple(job for job in jobs if job.managed is not None)


def gate_of(job: PlannedJob) -> Managed:
    """The job's gate; a plain job has none."""
    if job.managed is None:
        raise AssertionError(f"{job.id} is not managed")
    return job.managed


def gate_facts(job: PlannedJob, target: Target) -> dict[str, Any]:
    """What the plan settles about the job's row: all columns but where the job stands. ``plan_hash`` is the planned
    job's own hash, so that a plan's other jobs do not change it."""
    gate = gate_of(job)
    procedure = None if job.procedure is None else f"{quote_ident(job.schema_name or '')}.{quote_ident(job.procedure)}"
    return {
        "cron_name": job.cron_name,
        "relation": gate.relation,
        "worker": job.worker,
        "args": gate.args,
        "cron_expr": gate.cron_expr,
        "schedule": job.schedule.pg_cron,
        "timezone": target.cron_timezone,
        "guard": gate.guard,
        "procedure": procedure,
        "commits": job.commits,
        "job_role": job.job_role,
        "plan_hash": job.hash,
        "system_identifier": int(target.system_identifier),
        "database": str(target.database_oid),
        "overlap": gate.overlap,
        "max_attempts": gate.max_attempts,
        "backoff": gate.backoff,
        "catch_up": gate.catch_up,
        "unique_across": gate.unique_across,
        "follows": gate.follows,
    }


def fence_facts(relation: str, column: str) -> dict[str, str | None]:
    """What makes the fence the planned one."""
    return {"function": "cronlift.fence", "arguments": f"{relation}\\000{column}\\000", "armed": "yes"}


def sweep_facts(role: str, target: Target) -> dict[str, str | None]:
    """What makes a role's sweeper the planned cron entry."""
    return {
        "schedule": EVERY_MINUTE,
        "command": SWEEP,
        "database": target.database,
        "owner": role,
        "server": "this one",
    }


def roles(jobs: Sequence[PlannedJob]) -> tuple[str, ...]:
    """The roles that run managed jobs of the plan."""
    return tuple(sorted({job.job_role for job in gated(jobs)}))


def fences(jobs: Sequence[PlannedJob]) -> tuple[tuple[str, str], ...]:
    """The queue tables to fence, each with the column that turns rows away."""
    return tuple(sorted({(gate_of(job).relation, gate_of(job).column) for job in gated(jobs)}))


def sweep_name(role: str, target: Target) -> str:
    """The name of a role's sweeper: ``cronlift/<database>/sweep``, for other roles than the app's with their name."""
    own = f"cronlift/{target.database}/sweep"
    return names.shortened(own if role == target.app_role else f"{own}/{role}")


def sweepers(jobs: Sequence[PlannedJob], target: Target) -> dict[str, str]:
    """The sweepers of a plan: the cron entry's name, and the role it runs as."""
    return {sweep_name(role, target): role for role in roles(jobs)}


def entries(jobs: Sequence[PlannedJob]) -> tuple[PlannedJob, ...]:
    """The jobs whose cron entry is made while the gate is shut: one that the runner does not run is made by start."""
    return tuple(job for job in jobs if job.managed is None or job.procedure is not None)


def schema_query(job_roles: Sequence[str]) -> sql.Composed:
    """The query for the schema's facts; no row where there is none."""
    return template("handover/schema_facts", roles=array(job_roles))


def gate_query(job: sql.Composable) -> sql.Composed:
    """The query for a job's row; the schema must be there."""
    return template("handover/gate_facts", job=job)


def fence_query(relation: sql.Composable) -> sql.Composed:
    """The query for the fence on a table; no row where there is none."""
    return template("handover/fence_facts", relation=relation)


def array(texts: Sequence[str]) -> Text:
    """Texts as PostgreSQL reads an array of them."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return Text("{" + ",".join(quoted) + "}")


def _statement(name: str) -> str:
    """The text as it is in the file: bodies hold braces, which a template would read."""
    lines = resources.sql(f"handover/{name}").splitlines()
    while lines[0].startswith("--"):
        del lines[0]
    return "\n".join(lines).rstrip().removesuffix(";")
