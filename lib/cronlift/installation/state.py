"""What the databases hold under a planned name, compared with the plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Literal

from cronlift.generate import facts
from cronlift.generate.facts import Facts
from cronlift.generate.procedure import body_of
from cronlift.generate.quoting import Text
from cronlift.generate.statements import signature
from cronlift.model.plan import PlannedJob, Target
from cronlift.postgres.server import Connection

State = Literal["absent", "present", "edited", "foreign"]


@dataclass(frozen=True)
class Found:
    """One object: not there, as planned, cronlift's own but edited since, or somebody else's.

    ``differences`` says in what it is not as planned, fact by fact; ``diff`` the same as the lines of a unified diff
    from what was planned to what is there, bodies included. ``paused``: a cron entry that somebody has set inactive.
    """

    database: str
    object: Literal["procedure", "cron_entry"]
    name: str
    job: PlannedJob
    state: State
    differences: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    paused: bool = False


def procedure(connection: Connection, job: PlannedJob, target: Target) -> Found:
    """The job's procedure. Edited: it carries cronlift's mark for this job, or the planned body under another mark."""
    name = signature(job)
    query = facts.procedure_query(Text(job.schema_name or ""), Text(job.procedure or ""))
    row = connection.execute(query).fetchone()
    if row is None:
        return Found(target.database, "procedure", name, job, "absent")
    planned, actual = facts.procedure(job, target), _facts(row[0])
    own = re.fullmatch(rf"cronlift \w+ {re.escape(job.id)}", actual["comment"] or "", re.DOTALL) is not None
    same_body = actual["sha256 of the body"] == planned["sha256 of the body"]
    return _compared(
        Found(target.database, "procedure", name, job, "edited" if own or same_body else "foreign"),
        [(planned, actual)],
        [(body_of(job.procedure_sql or ""), str(row[1]))],
    )


def cron_entry(connection: Connection, job: PlannedJob, target: Target) -> Found:
    """The job's cron entry. Edited: it is the job's role's, for the planned database, and the only one of the name."""
    rows = connection.execute(facts.entry_query(Text(job.cron_name))).fetchall()
    if not rows:
        return Found(target.cron_database, "cron_entry", job.cron_name, job, "absent")
    planned = facts.entry(job, target)
    actual = [_facts(row[0]) for row in rows]
    own = len(rows) == 1 and all(actual[0][key] == planned[key] for key in ("database", "owner", "server"))
    paused = any(not row[1] for row in rows)
    return _compared(
        Found(target.cron_database, "cron_entry", job.cron_name, job, "edited" if own else "foreign", paused=paused),
        [(planned, one) for one in actual],
        [],
    )


def _facts(value: object) -> Facts:
    assert isinstance(value, dict)
    return value


def _compared(found: Found, pairs: Sequence[tuple[Facts, Facts]], texts: Sequence[tuple[str, str]]) -> Found:
    """``found`` with its differences; present where there are none."""
    differences = [
        f"{key}: found {actual[key] or 'none'}, planned {planned[key] or 'none'}"
        for planned, actual in pairs
        for key in planned
        if actual[key] != planned[key]
    ]
    if not differences:
        return Found(found.database, found.object, found.name, found.job, "present", paused=found.paused)
    diff = [line for planned, actual in pairs for line in _diff(_lines(planned, planned), _lines(planned, actual))]
    body = [line for planned, actual in texts for line in _diff(planned.split("\n"), actual.split("\n"), "'s body")]
    return Found(
        found.database,
        found.object,
        found.name,
        found.job,
        found.state,
        (*differences, *body),
        (*diff, *body),
        found.paused,
    )


def _lines(order: Facts, known: Facts) -> list[str]:
    return [f"{key}: {known[key]}" for key in order if known[key] is not None]


def _diff(planned: list[str], found: list[str], what: str = "") -> list[str]:
    return list(unified_diff(planned, found, f"planned{what}", f"found{what}", lineterm=""))
