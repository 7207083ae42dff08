"""The statements of a managed installation: schema ``cronlift`` with gate and runner, gate rows, sweeper, fence.

The objects themselves are files of ``sql/handover``, one each; they are made in the order of ``OBJECTS``.
"""

from __future__ import annotations

import hashlib

from psycopg import sql

from cronlift import resources
from cronlift.generate.quoting import Name, Text, Verbatim, template

SCHEMA = "cronlift"
OWNER = "cronlift_owner"
TRIGGER = "zz_cronlift_fence"

OBJECTS = (
    "gate", "run_log", "run_log_once", "run_log_running", "fence_hit", "fence_hit_tick", "retry", "heartbeat",
    "field", "on_day", "tick", "here", "is_due", "owns", "due", "backoff", "apart", "together", "log_start", "skip",
    "claim", "finish", "written", "perform", "begin", "run", "run_now", "beat", "bury", "claim_due", "sweep", "fence",
    "closed",
)  # fmt: skip
"""The files of ``sql/handover`` that make up the schema, in the order in which each needs the ones before."""


def schema_mark() -> str:
    """The schema's comment: how cronlift knows it as its own, and with what content."""
    texts = "\n".join(resources.sql(f"handover/{name}") for name in OBJECTS)
    return f"cronlift handover {hashlib.sha256(texts.encode()).hexdigest()}"


def create_role() -> sql.Composable:
    """The server's role that owns the schema."""
    return template("handover/role")


def create_schema() -> sql.Composable:
    """The empty schema."""
    return template("handover/schema")


def fill_schema() -> tuple[sql.Composable, ...]:
    """Its objects, and the mark; to run as the schema's owner. Harmless where they are there."""
    objects = tuple(Verbatim(_statement(name)) for name in OBJECTS)
    return (*objects, template("handover/schema_mark", mark=Text(schema_mark())))


def grants(role: str) -> sql.Composable:
    """What a job's role needs in the schema; to run as the schema's owner."""
    return template("handover/grants", role=Name(role))


def create_fence(relation: str, column: str) -> sql.Composable:
    """The fence on one queue table (``relation`` as SQL, with its schema); ``column`` turns a row away."""
    return template("handover/fence_trigger", relation=Verbatim(relation), name=Text(relation), column=Text(column))


def _statement(name: str) -> str:
    """The text as it is in the file: bodies hold braces, which a template would read."""
    return resources.sql(f"handover/{name}").rstrip().removesuffix(";")
