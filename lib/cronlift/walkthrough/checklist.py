"""Step 1's checklist: can this application be read, and this database worked on? Reads only."""

from __future__ import annotations

import configparser
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cronlift.elixir import config as settings
from cronlift.elixir.project import Project
from cronlift.errors import CronliftError, UsageError
from cronlift.model.plan import Plan
from cronlift.postgres import capabilities, disposable, identity
from cronlift.postgres.server import Server
from cronlift.stages import decisions as deciding
from cronlift.stages.install import install

Status = Literal["green", "attention", "red"]


@dataclass(frozen=True)
class Item:
    """One line: what was asked, how it came out, what was seen, and what to do (SQL where a grant is missing)."""

    what: str
    status: Status
    seen: str
    do: str = ""


def checklist(app: Path, env: str, decisions: Path | None, server: Server, plan: Plan | None = None) -> Iterator[Item]:
    """Every item, one by one, as it is known; what cannot be asked any more after a failure is left out.

    With a ``plan`` also the rights that installing it needs, and the GRANT for each that is missing.
    """
    yield from _guarded("the application", lambda: _application(app, env))
    if decisions is not None:
        yield from _guarded("the decisions", lambda: _decisions(decisions))
    yield from _guarded("the database", lambda: _database(server))
    yield from _guarded("pg_cron", lambda: _pg_cron(server))
    yield from _guarded("the plan's target", lambda: _target(server))
    if plan is not None and plan.jobs:
        yield from _guarded("the rights to install", lambda: _rights(plan, server))


def _guarded(what: str, ask: Callable[[], Iterator[Item]]) -> Iterator[Item]:
    try:
        yield from ask()
    except CronliftError as error:
        seen = error.what if not error.where else f"{error.what} ({error.where})"
        yield Item(what, "red", seen, error.do)


def _application(app: Path, env: str) -> Iterator[Item]:
    project = Project(app)
    modules = sum(1 for _ in project.files())
    yield Item("the application", "green", f"{project.root.name}: {modules} source files can be read")
    settings.read_config(project, env)
    yield Item("its configuration", "green", f"read for the environment {env}")


def _decisions(file: Path) -> Iterator[Item]:
    if not file.is_file():
        yield Item("the decisions", "attention", f"{file.name} is not there yet", "step 3 writes it with the first one")
        return
    found = deciding.load(file)
    yield Item("the decisions", "green", f"{len(found.jobs)} in {file.name}")


def _database(server: Server) -> Iterator[Item]:
    with server.connect() as connection:
        row = connection.execute("SELECT current_database()::text, current_user::text").fetchone()
        version = connection.info.parameter_status("server_version") or ""
        marked = disposable.is_disposable(connection)
    connection.close()
    assert row is not None
    kind = "may be thrown away (marked disposable)" if marked else "a database to be careful with"
    yield Item("the database", "green", f"{row[0]} as {row[1]}, PostgreSQL {version.split(' ')[0]}; {kind}")


def _pg_cron(server: Server) -> Iterator[Item]:
    with server.connect_cron() as connection:
        found = capabilities.of(connection)
    connection.close()
    yield Item("pg_cron", "green", f"{found.version} in database {found.database}, schedules in {found.timezone}")
    if found.launcher_alive is False:
        yield Item("its launcher", "red", "not running: nothing would ever run", "restart the server")
    if found.pooled:
        do = "name the server itself, not the pooler"
        yield Item("the connection", "attention", "a pooler stands between: installing is refused through it", do)


def _target(server: Server) -> Iterator[Item]:
    target = identity.target(server)
    where = f"procedures in {target.database}, entries in {target.cron_database}, jobs run as {target.app_role}"
    yield Item("the plan's target", "green", where)


def _rights(plan: Plan, server: Server) -> Iterator[Item]:
    needed = install(plan, server, apply=False).rights
    for right in needed:
        if not right.held:
            yield Item(f"a right in {right.database}", "red", f"{right.name} ({right.source})", right.grant)
    if all(right.held for right in needed):
        yield Item(
            "the rights to install", "green", f"all {len(needed)} are held" if needed else "nothing is left to do"
        )


def services() -> tuple[str, ...]:
    """The names in the user's pg_service.conf (names only); none where there is no such file."""
    file = Path(os.environ.get("PGSERVICEFILE") or "~/.pg_service.conf").expanduser()
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        return ()
    return tuple(sorted(parser.sections()))


def variables() -> tuple[str, ...]:
    """The names of environment variables that look like connection strings (their values are not kept)."""
    looks = ("postgres://", "postgresql://", "ecto://")
    return tuple(sorted(k for k, v in os.environ.items() if v.startswith(looks) or ("dbname=" in v and "=" in v)))


def named(service: str, variable: str) -> str:
    """How the page says which database is meant."""
    if service and variable:
        raise UsageError("a service and a variable are both named", do="clear one of the two fields")
    if service or variable:
        return f"service {service}" if service else f"the variable {variable}"
    names = [name for name in ("PGSERVICE", "PGHOST", "PGDATABASE") if os.environ.get(name)]
    return f"what the environment names ({', '.join(names)})" if names else "libpq's default"
