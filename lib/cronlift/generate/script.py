"""``up.sql`` and ``down.sql``: what install and rollback do, as files a DBA runs with psql.

Each looks before it acts, as install and rollback do: it stops on another server, waits for other installers, leaves
alone what is done already, and stops where something under a planned name is not the planned object. So running one
twice is harmless, and so is running it after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from cronlift.generate import facts, managed
from cronlift.generate.quoting import Body, Text, Verbatim, comment, connect, template, text_of
from cronlift.generate.statements import (
    block,
    create_procedure,
    drop_procedure,
    schedule,
    schedule_entry,
    unschedule,
)
from cronlift.model.plan import PlannedJob, Target


@dataclass(frozen=True)
class Step:
    """One object: the question whether it is there as planned, and what to do about it.

    ``when``: run ``statements`` where it is there (TRUE), where it is not (FALSE).
    """

    title: str
    question: sql.Composable
    when: bool
    statements: tuple[sql.Composable, ...]


@dataclass(frozen=True)
class Section:
    """One transaction in one database. ``oid`` says which database of that name; ``helpers`` are what it asks with,
    ``first`` what it does before it asks; ``alone``: no other section may share its transaction."""

    database: str
    oid: int
    helpers: tuple[str, ...]
    steps: tuple[Step, ...]
    first: tuple[sql.Composable, ...] = ()
    alone: bool = False


def up(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way in: procedures first, then cron entries; in managed mode behind a shut gate, and the fence last."""
    procedures = tuple(
        Step(_title(job), _is_procedure(job, target), False, create_procedure(job)) for job in jobs if job.procedure_sql
    )
    entries = tuple(
        Step(_title(job), _is_entry(job, target), False, schedule(job, target)) for job in managed.entries(jobs)
    )
    if not managed.gated(jobs):
        return _script("up.sql", "moves", jobs, target, [_app(target, procedures), _cron(target, entries)])
    schema = Step(
        "schema cronlift: gate, run log, runner and fence",
        template(
            "handover/script_is_schema", mark=Text(managed.schema_mark()), roles=managed.array(managed.roles(jobs))
        ),
        False,
        managed.create_schema(managed.roles(jobs)),
    )
    gates = tuple(
        Step(f"the gate of {_title(job)}", _is_gate(job, target), False, managed.insert_gate(job, target))
        for job in managed.gated(jobs)
    )
    sweepers = tuple(
        Step(
            f"the sweeper of role {role}",
            _asked_entry(name, managed.sweep_facts(role, target)),
            False,
            schedule_entry(name, managed.EVERY_MINUTE, managed.SWEEP, role, target),
        )
        for name, role in managed.sweepers(jobs, target).items()
    )
    fences = tuple(
        Step(
            f"the fence on {relation}",
            template(
                "handover/script_is_fence",
                relation=Text(relation),
                planned=_json(managed.fence_facts(relation, column)),
            ),
            False,
            (managed.create_fence(relation, column),),
        )
        for relation, column in managed.fences(jobs)
    )
    sections = [
        Section(target.database, target.database_oid, ("procedure", "schema", "gate"), (schema, *procedures, *gates)),
        _cron(target, (*entries, *sweepers)),
        Section(
            target.database, target.database_oid, ("fence",), fences, (template("handover/short_wait"),), alone=True
        ),
    ]
    return _script("up.sql", "prepares, with the gate shut,", jobs, target, sections)


def down(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way back, in the opposite order: cron entries first, then procedures. In managed mode what other plans may
    share stays: the schema, the sweepers, the fence."""
    backwards = tuple(reversed(jobs))
    entries = tuple(Step(_title(job), _is_entry(job, target), True, unschedule(job)) for job in backwards)
    procedures = tuple(
        Step(_title(job), _is_procedure(job, target), True, drop_procedure(job))
        for job in backwards
        if job.procedure_sql
    )
    if not managed.gated(jobs):
        return _script("down.sql", "takes back", jobs, target, [_cron(target, entries), _app(target, procedures)])
    gated = managed.gated(backwards)
    closed = {job.id: template("handover/script_closed", job=Text(job.id)) for job in gated}
    checks = tuple(Step(f"closed? {_title(job)}", closed[job.id], True, ()) for job in gated)
    gates = tuple(Step(f"the gate of {_title(job)}", closed[job.id], True, managed.delete_gate(job)) for job in gated)
    sections = [
        Section(target.database, target.database_oid, ("closed",), checks),
        _cron(target, entries),
        Section(target.database, target.database_oid, ("procedure", "closed"), (*procedures, *gates)),
    ]
    return _script("down.sql", "takes back", jobs, target, sections)


def _title(job: PlannedJob) -> str:
    return f"{job.id}, {job.config_file}:{job.config_line}"


def _app(target: Target, steps: tuple[Step, ...]) -> Section:
    return Section(target.database, target.database_oid, ("procedure",), steps)


def _cron(target: Target, steps: tuple[Step, ...]) -> Section:
    return Section(target.cron_database, target.cron_database_oid, ("entry",), steps)


def _script(name: str, does: str, jobs: Sequence[PlannedJob], target: Target, sections: Sequence[Section]) -> str:
    lines = [
        comment(f"cronlift {does} {len(jobs)} job{'' if len(jobs) == 1 else 's'}. Run: psql -X -f {name}"),
        comment("Harmless to repeat: what is done already is left alone, what is not as planned is an error."),
        comment(
            f"Made for database {target.database} (pg_cron {target.pg_cron_version} in {target.cron_database}) of the "
            f"server with system identifier {target.system_identifier}."
        ),
        r"\set ON_ERROR_STOP on",
    ]
    for section in _merged(sections):
        lines += _section(section, target)
    return "\n".join(lines) + "\n"


def _merged(sections: Sequence[Section]) -> list[Section]:
    """One database: one transaction for everything. Two: one each."""
    merged: list[Section] = []
    for section in (s for s in sections if s.steps):
        if merged and merged[-1].database == section.database and not section.alone:
            last = merged.pop()
            section = Section(
                last.database, last.oid, last.helpers + section.helpers, last.steps + section.steps, last.first
            )
        merged.append(section)
    return merged


def _section(section: Section, target: Target) -> Iterator[str]:
    yield from ("", connect(section.database), "SET client_encoding = 'UTF8';", "BEGIN;", "")
    yield comment("Is this the very server and database, and is no other installer at work?")
    guard = block("install/script_guard_body", system=Text(target.system_identifier), oid=Verbatim(str(section.oid)))
    yield from (text_of(guard) + ";", *(text_of(statement) + ";" for statement in section.first), "")
    yield comment("How this script looks at what is there already; gone when the session ends.")
    yield from _helpers(section.helpers)
    for step in section.steps:
        yield from ("", comment(step.title))
        yield text_of(step.question) + r" \gset"
        yield from (r"\if :present", *(() if step.when else (r"\else",)))
        for statement in step.statements:
            yield text_of(statement) + ";"
        yield r"\endif"
    yield from ("", "COMMIT;")


def _helpers(names: Sequence[str]) -> Iterator[str]:
    yield _function("install/script_difference")
    for name in dict.fromkeys(names):
        match name:
            case "procedure":
                query = facts.procedure_query(Verbatim("in_schema"), Verbatim("in_name"))
                yield _function("install/script_procedure", facts=query)
            case "entry":
                yield _function("install/script_entry", facts=facts.entry_query(Verbatim("in_name")))
            case "schema":
                query = template("handover/schema_facts", roles=Verbatim("roles"))
                yield _function("handover/script_schema", facts=query)
            case "gate":
                yield _function("handover/script_gate", facts=managed.gate_query(Verbatim("in_job")))
            case "fence":
                yield _function("handover/script_fence", facts=managed.fence_query(Verbatim("in_relation")))
            case "closed":
                body = text_of(template("handover/script_closed_body"))
                yield text_of(template("handover/script_closed_function", body=Body(f"\n{body}\n", "look"))) + ";"


def _function(file: str, **parts: sql.Composable) -> str:
    body = text_of(template(f"{file}_body", **parts))
    return text_of(template(file, body=Body(f"\n{body}\n", "look"))) + ";"


def _is_procedure(job: PlannedJob, target: Target) -> sql.Composable:
    return template(
        "install/script_is_procedure",
        schema=Text(job.schema_name or ""),
        name=Text(job.procedure or ""),
        planned=_json(facts.procedure(job, target)),
    )


def _is_gate(job: PlannedJob, target: Target) -> sql.Composable:
    planned = _json(managed.gate_facts(job, target))
    return template("handover/script_is_gate", job=Text(job.id), planned=planned)


def _is_entry(job: PlannedJob, target: Target) -> sql.Composable:
    return _asked_entry(job.cron_name, facts.entry(job, target))


def _asked_entry(name: str, planned: Mapping[str, object]) -> sql.Composable:
    return template("install/script_is_entry", name=Text(name), planned=_json(planned))


def _json(value: Mapping[str, object]) -> Text:
    return Text(json.dumps(value, ensure_ascii=False))
