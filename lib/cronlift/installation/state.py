"""What the databases hold under a planned name, compared with the plan."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Literal

from cronlift.generate import command, facts, managed
from cronlift.generate.facts import Facts
from cronlift.generate.procedure import body_of
from cronlift.generate.quoting import Text
from cronlift.generate.statements import signature
from cronlift.model.plan import PlannedJob, Target
from cronlift.postgres.server import Connection

State = Literal["absent", "present", "edited", "foreign"]
Kind = Literal["procedure", "cron_entry", "schema", "gate", "sweeper", "fence"]


@dataclass(frozen=True)
class Found:
    """One object: not there, as planned, cronlift's own but edited since, or somebody else's. ``job`` is None where
    the object serves several jobs.

    ``differences`` says in what it is not as planned, fact by fact; ``diff`` the same as the lines of a unified diff
    from what was planned to what is there, bodies included. ``paused``: a cron entry that somebody has set inactive;
    ``flat``: one that calls the procedure itself, as its gate says that it is to.
    """

    database: str
    object: Kind
    name: str
    job: PlannedJob | None
    state: State
    differences: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    paused: bool = False
    flat: bool = False


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


def cron_entry(connection: Connection, job: PlannedJob, target: Target, *, flat: bool = False) -> Found:
    """The job's cron entry. Edited: it is the job's role's, for the planned database, and the only one of the name.

    ``flat``: its gate says that it was flattened, so the plain command is as it should be. The planned one is no fault
    then, either: the gate says so first, and the runner runs the job until the entry is changed.
    """
    found = Found(target.cron_database, "cron_entry", job.cron_name, job, "absent")
    if flat:
        looked = _entry(connection, found, facts.entry(command.flat(job), target))
        if looked.state == "present":
            return replace(looked, flat=True)
    return _entry(connection, found, facts.entry(job, target))


def flattened(connection: Connection, jobs: Sequence[PlannedJob]) -> frozenset[str]:
    """The ids of the jobs whose gate says that their cron entry calls the procedure itself (app database)."""
    gated = managed.gated(jobs)
    if not gated or not has_schema(connection):
        return frozenset()
    rows = {job.id: connection.execute(managed.gate_query(Text(job.id))).fetchone() for job in gated}
    return frozenset(job for job, row in rows.items() if row is not None and row[4])


def sweeper(connection: Connection, name: str, role: str, target: Target) -> Found:
    """A role's sweeper; judged as a job's entry is."""
    found = Found(target.cron_database, "sweeper", name, None, "absent")
    return _entry(connection, found, managed.sweep_facts(role, target))


def schema(connection: Connection, roles: Sequence[str], target: Target) -> Found:
    """Schema cronlift. Absent also where it is cronlift's own but not complete, or another version's: it is made anew
    over what is there. Foreign: without the mark."""
    row = connection.execute(managed.schema_query(roles)).fetchone()
    found = Found(target.database, "schema", managed.SCHEMA, None, "absent")
    if row is None:
        return found
    mark, owner, without = row
    if owner != managed.OWNER or not str(mark).startswith("cronlift handover "):
        planned: Facts = {"owner": managed.OWNER, "comment": managed.schema_mark()}
        return _compared(replace(found, state="foreign"), [(planned, {"owner": str(owner), "comment": str(mark)})], [])
    return replace(found, state="present" if mark == managed.schema_mark() and not without else "absent")


def gate(connection: Connection, job: PlannedJob, target: Target) -> Found:
    """The job's row of the gate. Edited where it differs and pg_cron does not own the job; foreign where it does."""
    found = Found(target.database, "gate", job.id, job, "absent")
    if not has_schema(connection):
        return found
    row = connection.execute(managed.gate_query(Text(job.id))).fetchone()
    if row is None:
        return found
    planned, actual = _texts(managed.gate_facts(job, target)), _texts(_mapping(row[0]))
    closed = row[1] in ("shut", "rolled_back", "disarmed")
    return _compared(replace(found, state="edited" if closed else "foreign"), [(planned, actual)], [])


def fence(connection: Connection, relation: str, column: str, target: Target) -> Found:
    """The fence on a queue table. Edited: another trigger of the name."""
    row = connection.execute(managed.fence_query(Text(relation))).fetchone()
    found = Found(target.database, "fence", relation, None, "absent")
    if row is None:
        return found
    pairs = [(managed.fence_facts(relation, column), _facts(row[0]))]
    return _compared(replace(found, state="edited"), pairs, [])


def has_schema(connection: Connection) -> bool:
    """Whether there is a gate at all."""
    row = connection.execute("SELECT pg_catalog.to_regclass('cronlift.gate') IS NOT NULL").fetchone()
    return row is not None and bool(row[0])


def _entry(connection: Connection, found: Found, planned: Facts) -> Found:
    """A cron entry of a name. Edited: it is the planned role's, for the planned database, and the only one."""
    rows = connection.execute(facts.entry_query(Text(found.name))).fetchall()
    if not rows:
        return found
    actual = [_facts(row[0]) for row in rows]
    own = len(rows) == 1 and all(actual[0][key] == planned[key] for key in ("database", "owner", "server"))
    paused = any(not row[1] for row in rows)
    state: State = "edited" if own else "foreign"
    return _compared(replace(found, state=state, paused=paused), [(planned, one) for one in actual], [])


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _texts(values: dict[str, object]) -> Facts:
    """Any JSON values as facts."""
    return {
        key: value if isinstance(value, str) or value is None else json.dumps(value, sort_keys=True)
        for key, value in values.items()
    }


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
        return replace(found, state="present")
    diff = [line for planned, actual in pairs for line in _diff(_lines(planned, planned), _lines(planned, actual))]
    body = [line for planned, actual in texts for line in _diff(planned.split("\n"), actual.split("\n"), "'s body")]
    return replace(found, differences=(*differences, *body), diff=(*diff, *body))


def _lines(order: Facts, known: Facts) -> list[str]:
    return [f"{key}: {known[key]}" for key in order if known[key] is not None]


def _diff(planned: list[str], found: list[str], what: str = "") -> list[str]:
    return list(unified_diff(planned, found, f"planned{what}", f"found{what}", lineterm=""))
