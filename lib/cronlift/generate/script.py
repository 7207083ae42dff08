"""``up.sql`` and ``down.sql``: what install and rollback do, as files a DBA runs with psql."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from cronlift.generate.quoting import comment, connect, text_of
from cronlift.generate.statements import create_procedure, drop_procedure, schedule, unschedule
from cronlift.model.plan import PlannedJob, Target


@dataclass(frozen=True)
class Section:
    """One transaction in one database: per job the statements."""

    database: str
    jobs: tuple[tuple[PlannedJob, tuple[sql.Composable, ...]], ...]


def up(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way in: procedures first, then cron entries."""
    sections = [
        Section(target.database, tuple((job, create_procedure(job)) for job in jobs)),
        Section(target.cron_database, tuple((job, schedule(job, target)) for job in jobs)),
    ]
    return "\n".join([*_head("up.sql", "moves", jobs, target), *_body(sections)]) + "\n"


def down(jobs: Sequence[PlannedJob], target: Target) -> str:
    """The way back, in the opposite order: cron entries first, then procedures."""
    backwards = tuple(reversed(jobs))
    sections = [
        Section(target.cron_database, tuple((job, unschedule(job, target)) for job in backwards)),
        Section(target.database, tuple((job, drop_procedure(job)) for job in backwards)),
    ]
    return "\n".join([*_head("down.sql", "takes back", jobs, target), *_body(sections)]) + "\n"


def _head(name: str, does: str, jobs: Sequence[PlannedJob], target: Target) -> Iterator[str]:
    yield comment(f"cronlift {does} {len(jobs)} job{'' if len(jobs) == 1 else 's'}. Run: psql -X -f {name}")
    yield comment(
        f"Made for database {target.database} (pg_cron {target.pg_cron_version} in {target.cron_database}) of the "
        f"server with system identifier {target.system_identifier}."
    )
    yield r"\set ON_ERROR_STOP on"


def _body(sections: Sequence[Section]) -> Iterator[str]:
    """One database: one transaction for everything. Two: one each."""
    merged: list[Section] = []
    for section in (s for s in sections if any(statements for _, statements in s.jobs)):
        if merged and merged[-1].database == section.database:
            merged[-1] = Section(section.database, merged[-1].jobs + section.jobs)
        else:
            merged.append(section)
    for section in merged:
        yield from ("", connect(section.database), "SET client_encoding = 'UTF8';", "BEGIN;")
        for job, statements in section.jobs:
            if statements:
                yield from ("", comment(f"{job.id}, {job.config_file}:{job.config_line}"))
            for statement in statements:
                yield text_of(statement) + ";"
        yield from ("", "COMMIT;")
