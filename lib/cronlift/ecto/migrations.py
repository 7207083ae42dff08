"""The application's own migrations, read in order, into what they leave: tables, columns, types.

Nothing is run. What cannot be followed makes the columns it may have touched unknown, and an unknown type never
becomes SQL (see ``migration_steps``).
"""

from __future__ import annotations

import re

from cronlift.ecto import ddl
from cronlift.ecto.constants import underscored
from cronlift.ecto.migration_steps import Defaults, Migration
from cronlift.ecto.tables import Tables
from cronlift.elixir import parser
from cronlift.elixir.module_reader import read_modules
from cronlift.elixir.project import Project
from cronlift.errors import UsageError

_MAX_FILES = 4_000


def read_tables(project: Project, folders: list[str], defaults: Defaults) -> Tables:
    """The tables that the migrations below ``folders`` leave; a dump beside them fills in what they do not have."""
    tables = Tables()
    files = [f for folder in folders for f in _files(project, folder)]
    for _, file in sorted((_version(f), f) for f in files[:_MAX_FILES]):
        try:
            tree = parser.parse(project.source(file), file)
        except UsageError:
            tables.unread.append(file)
            tables.doubtful.update(re.findall(r"\w+", project.readable(file).decode("utf-8", "replace")))
            continue
        found = [m for m in read_modules(tree, file) if any(u.module.endswith("Migration") for u in m.uses)]
        for module in found:
            Migration(project, module, tables, defaults).run()
        if not found:  # whatever the file names may be changed by it
            tables.unread.append(file)
            tables.doubtful.update(re.findall(r"\w+", project.source(file).decode()))
    for folder in folders:
        _dump(project, folder.rpartition("/")[0], tables)
    return tables


def _files(project: Project, folder: str) -> list[str]:
    found = (project.root / folder).rglob("*.exs")
    return sorted(p.relative_to(project.root).as_posix() for p in found if p.is_file())


def _version(file: str) -> int:
    number = re.match(r"\d+", file.rpartition("/")[2])
    return int(number.group()) if number else 0


def _dump(project: Project, folder: str, tables: Tables) -> None:
    path = f"{folder}/structure.sql"
    if not (project.root / path).is_file():
        return
    dumped = Tables()
    try:
        known = ddl.apply(project.source(path).decode(), dumped)
    except UsageError:
        known = False
    if not known:
        tables.unread.append(path)
    for prefix, table in dumped.known():
        if tables.get(prefix, table.name) is None:
            tables.put(prefix, table)


def folders(project: Project, repo: str, priv: str | None) -> list[str]:
    """Where a repository's migrations are: ``priv`` of its configuration, else ``priv/<its last name>``, in the
    application (of an umbrella: the one) it is defined in (ecto_sql lib/ecto/migrator.ex, migrations_path/2)."""
    place = priv or f"priv/{underscored(repo.rpartition('.')[2])}"
    own = project.module(repo)
    parts = own.file.split("/") if own else []
    # In an umbrella, another application's repository of that name has another database.
    top = f"apps/{parts[1]}/" if len(parts) > 2 and parts[0] == "apps" else ""
    path = f"{top}{place}/migrations"
    return [path] if (project.root / path).is_dir() else []
