"""``up.sql`` and ``down.sql``: what install and rollback do, as files a DBA runs with psql.

Each looks before it acts, as install and rollback do: it stops on another server, waits for other installers, leaves
alone what is done already, and stops where something under a planned name is not the planned object. So running one
twice is harmless, and so is running it after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from cronlift.generate import facts
from cronlift.generate.facts import Facts
from cronlift.generate.quoting import Body, Text, Verbatim, comment, connect, template, text_of
from cronlift.generate.statements import block, create_procedure, drop_procedure, schedule, unschedule
from cronlift.model.plan import PlannedJob, Target


@dataclass(frozen=True)
class Step:
    """One object of a job: the question whether it is there as planned, and what to do about it.

    ``when``: run ``statements`` where it is there (TRUE), where it is not (FALSE).
    """

    job: PlannedJob
    question: sql.Composable
    when: bool
    statements: tuple[sql.Composable, ...]


@dataclass(frozen=True)
class Section:
    """One transaction in one database. ``oid`` says which database of that name; ``helpers`` are what it asks with."""

    database: str
    oid: int
    helpers: tuple[str, ...]
    steps: tuple[Step, ...]


def up(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way in: procedures first, then cron entries."""
    procedures = tuple(
        Step(job, _is_procedure(job, target), False, create_procedure(job)) for job in jobs if job.procedure_sql
    )
    entries = tuple(Step(job, _is_entry(job, target), False, schedule(job, target)) for job in jobs)
    return _script("up.sql", "moves", jobs, target, [_app(target, procedures), _cron(target, entries)])


def down(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way back, in the opposite order: cron entries first, then procedures."""
    backwards = tuple(reversed(jobs))
    entries = tuple(Step(job, _is_entry(job, target), True, unschedule(job)) for job in backwards)
    procedures = tuple(
        Step(job, _is_procedure(job, target), True, drop_procedure(job)) for job in backwards if job.procedure_sql
    )
    return _script("down.sql", "takes back", jobs, target, [_cron(target, entries), _app(target, procedures)])


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
        if merged and merged[-1].database == section.database:
            last = merged.pop()
            section = Section(last.database, last.oid, last.helpers + section.helpers, last.steps + section.steps)
        merged.append(section)
    return merged


def _section(section: Section, target: Target) -> Iterator[str]:
    yield from ("", connect(section.database), "SET client_encoding = 'UTF8';", "BEGIN;", "")
    yield comment("Is this the very server and database, and is no other installer at work?")
    guard = block("install/script_guard_body", system=Text(target.system_identifier), oid=Verbatim(str(section.oid)))
    yield from (text_of(guard) + ";", "")
    yield comment("How this script looks at what is there already; gone when the session ends.")
    yield from _helpers(section.helpers)
    for step in section.steps:
        yield from ("", comment(f"{step.job.id}, {step.job.config_file}:{step.job.config_line}"))
        yield text_of(step.question) + r" \gset"
        yield from (r"\if :present", *(() if step.when else (r"\else",)))
        for statement in step.statements:
            yield text_of(statement) + ";"
        yield r"\endif"
    yield from ("", "COMMIT;")


def _helpers(names: Sequence[str]) -> Iterator[str]:
    queries = {
        "procedure": facts.procedure_query(Verbatim("in_schema"), Verbatim("in_name")),
        "entry": facts.entry_query(Verbatim("in_name")),
    }
    yield _function("difference")
    for name in names:
        yield _function(name, facts=queries[name])


def _function(name: str, **parts: sql.Composable) -> str:
    body = text_of(template(f"install/script_{name}_body", **parts))
    return text_of(template(f"install/script_{name}", body=Body(f"\n{body}\n", "look"))) + ";"


def _is_procedure(job: PlannedJob, target: Target) -> sql.Composable:
    return template(
        "install/script_is_procedure",
        schema=Text(job.schema_name or ""),
        name=Text(job.procedure or ""),
        planned=_json(facts.procedure(job, target)),
    )


def _is_entry(job: PlannedJob, target: Target) -> sql.Composable:
    return template("install/script_is_entry", name=Text(job.cron_name), planned=_json(facts.entry(job, target)))


def _json(value: Facts) -> Text:
    return Text(json.dumps(value, ensure_ascii=False))
