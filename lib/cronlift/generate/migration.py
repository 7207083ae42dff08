"""The Ecto migration: the same procedures with the same marks, for teams whose schema changes go by migrations.

It creates cron entries only where ``cron.job`` exists: a developer's or a test database has no pg_cron and must
migrate too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

from psycopg import sql

from cronlift.generate import facts, managed, names, statements
from cronlift.generate.quoting import Body, Name, Text, Verbatim, template, text_of
from cronlift.model.document import digest
from cronlift.model.plan import Migration, PlannedJob, Target

_FIRST_VERSION = 20000101000000
_STAMP = "%Y%m%d%H%M%S"


def build(app: Path, app_name: str, jobs: Sequence[PlannedJob], target: Target) -> Migration:
    """The migration's file (below ``app``) and text. The version follows the newest migration there is; a file
    that holds these very jobs keeps its own, so that a second run writes the same."""
    ending = digest([job.hash for job in jobs])[:8]
    folder, repo = _place(app, app_name, jobs)
    own = f"_move_jobs_to_pg_cron_{ending}.exs"
    version = _version([p.name for p in sorted((app / folder).glob("*.exs"))], own)
    if not jobs:
        return Migration(file=f"{folder}/{version}{own}", text="")
    shell = Template(files("cronlift.generate").joinpath("migration.exs.txt").read_text(encoding="utf-8"))
    gated = managed.gated(jobs)
    closed = [_block("handover/migration_closed_body", jobs=managed.array([job.id for job in gated]))] if gated else []
    up = [part for job in jobs for part in (_create(job), _schedule(job, target)) if part]
    down = closed + [part for job in reversed(jobs) for part in (_unschedule(job), _drop(job)) if part]
    text = shell.substitute(
        module=f"{repo}.Migrations.MoveJobsToPgCron{ending.capitalize()}",
        jobs="one job" if len(jobs) == 1 else f"{len(jobs)} jobs",
        up="\n\n".join(_execute(part) for part in up),
        down="\n\n".join(_execute(part) for part in down),
    )
    return Migration(file=f"{folder}/{version}{own}", text=text)


def _place(app: Path, app_name: str, jobs: Sequence[PlannedJob]) -> tuple[str, str]:
    """The migrations' folder relative to ``app``, and the repository's module."""
    repo = next((s.repo for job in jobs for s in job.steps if re.fullmatch(r"[A-Z][\w.]*", s.repo)), "")
    repo = repo or f"{names.camel(app_name)}.Repo"
    last = names.snake(repo.rpartition(".")[2])
    folders = sorted(
        p.relative_to(app).as_posix()
        for pattern in ("priv/*/migrations", "apps/*/priv/*/migrations")
        for p in app.glob(pattern)
    )
    fitting = [f for f in folders if f.split("/")[-2] == last] or (folders if len(folders) == 1 else [])
    return (fitting[0] if fitting else f"priv/{last}/migrations"), repo


def _version(existing: Sequence[str], own: str) -> int:
    """One second after the newest version; that of the file with our own name where there is one."""
    versions = {name: int(m[0]) for name in existing if (m := re.match(r"\d+", name))}
    ours = next((v for name, v in versions.items() if name.endswith(own)), None)
    if ours is not None:
        return ours
    newest = max(versions.values(), default=_FIRST_VERSION - 1)
    try:
        return int((datetime.strptime(str(newest), _STAMP) + timedelta(seconds=1)).strftime(_STAMP))
    except ValueError:  # Ecto takes any number
        return newest + 1


def _block(file: str, **parts: sql.Composable) -> str:
    """A DO block: one statement, as the driver wants it."""
    body = Body(f"\n{text_of(template(file, **parts))}\n", "migration")
    return text_of(template("generate/do", body=body))


def _create(job: PlannedJob) -> str | None:
    if job.procedure_sql is None:
        return None
    # The database's default grantees need not exist where a developer migrates: each is asked for by itself.
    create, revoke, mark, owner = statements.create_procedure(job.model_copy(update={"default_grantees": ()}))
    signature = statements.signature(job)
    return _block(
        "generate/migration_create_body",
        signature=Text(signature),
        create=create,
        revoke=revoke,
        others=Verbatim("".join(f"\n    {text_of(_revoke_from(job, role))}" for role in job.default_grantees)),
        comment=mark,
        owner=owner,
        mark=Text(statements.mark(job)),
        role=Text(job.job_role),
        no_role=Text(f"there is no role {job.job_role} here: procedure {signature} belongs to whoever migrates"),
        foreign=Text(f"there is another procedure {signature}, which cronlift did not make: it stays as it is"),
    )


def _revoke_from(job: PlannedJob, role: str) -> sql.Composed:
    revoke = template(
        "generate/revoke", procedure=Name(job.schema_name or "", job.procedure or ""), grantees=Name(role)
    )
    return template("generate/migration_revoke", role=Text(role), revoke=revoke)


def _schedule(job: PlannedJob, target: Target) -> str | None:
    if job.managed:  # its entry calls the runner, which install brings along with gate and fence
        return None
    return _block(
        "generate/migration_schedule_body",
        name=Text(job.cron_name),
        schedule=Text(job.schedule.pg_cron or ""),
        command=Text(job.command),
        role=Text(job.job_role),
        absent=Text(
            f"no pg_cron in this database: cron entry {job.cron_name} is not made here"
            + (f" (its place is database {target.cron_database})" if target.split else "")
        ),
        foreign=Text(f"there is another cron entry {job.cron_name}: it stays as it is"),
    )


def _unschedule(job: PlannedJob) -> str | None:
    if job.managed:
        return None
    return _block(
        "generate/migration_unschedule_body",
        name=Text(job.cron_name),
        schedule=Text(job.schedule.pg_cron or ""),
        command=Text(job.command),
        absent=Text(f"no pg_cron in this database: make sure that no cron entry {job.cron_name} is left elsewhere"),
    )


def _drop(job: PlannedJob) -> str | None:
    if job.procedure_sql is None:
        return None
    (drop,) = statements.drop_procedure(job)
    signature = statements.signature(job)
    return _block(
        "generate/migration_drop_body",
        signature=Text(signature),
        mark=Text(statements.mark(job)),
        content=Text(facts.content(job)),
        drop=drop,
        left=Text(f"procedure {signature} is not the one cronlift made: it stays as it is"),
    )


def _execute(statement: str) -> str:
    return f"    execute({elixir_text(statement, '    ')})"


def elixir_text(text: str, indent: str) -> str:
    r"""The text as an Elixir string. A ``~S`` heredoc where it can hold the text as it is: nothing is interpolated
    or escaped in it, only its own delimiter ends it, and the delimiter's indentation is taken off each line
    (Elixir, "Sigils" and Kernel.sigil_S/2). Else a string with escapes."""
    for delimiter in ('"""', "'''"):
        if delimiter not in text and all(c.isprintable() or c in "\n\t" for c in text):
            lines = [f"{indent}{line}" if line else "" for line in text.split("\n")]
            # The line end before the delimiter belongs to the heredoc; SQL does not mind it.
            return "\n".join([f"~S{delimiter}", *lines, f"{indent}{delimiter}"])
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\#':
        return f"\\{char}"
    return char if char.isprintable() else f"\\u{{{ord(char):X}}}"
