"""What is known of an application's database: schemas and tables, read once for a project."""

from __future__ import annotations

from cronlift.ecto.constants import constant
from cronlift.ecto.migration_steps import Defaults
from cronlift.ecto.migrations import folders, read_tables
from cronlift.ecto.routines import Routines, read_routines
from cronlift.ecto.schemas import Schemas
from cronlift.ecto.tables import Tables
from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.values import Known, Value, keyword_items
from cronlift.errors import UsageError


def database_of(project: Project, env: str = "prod") -> Database:
    """The project's database, read once."""
    found = project.memo.get("ecto")
    if not isinstance(found, Database):
        found = project.memo["ecto"] = Database(project, env)
    return found


class Database:
    """Schemas by module, and each repository's tables as its migrations leave them."""

    def __init__(self, project: Project, env: str = "prod") -> None:
        self.project, self.env = project, env
        self.schemas = Schemas(project)
        self._tables: dict[str, Tables] = {}
        self._routines: dict[str, Routines] = {}

    def tables(self, repo: str) -> Tables:
        """The tables of one repository (by its module's name)."""
        if repo not in self._tables:
            self._tables[repo] = Tables()  # a migration that reads the database itself sees none
            defaults, priv = self._configured(repo)
            self._tables[repo] = read_tables(self.project, folders(self.project, repo, priv), defaults)
        return self._tables[repo]

    def routines(self, repo: str) -> Routines:
        """The functions and procedures of one repository's database (by its module's name)."""
        if repo not in self._routines:
            self._routines[repo] = read_routines(self.project, folders(self.project, repo, self._configured(repo)[1]))
        return self._routines[repo]

    def column_type(self, repo: str, relation: str, column: str) -> str | None:
        """The type of ``schema.table``'s column; None where it is not known."""
        prefix, _, name = relation.rpartition(".")
        found = self.tables(repo).column(prefix or None, name, column)
        return found.type if found else None

    def _configured(self, repo: str) -> tuple[Defaults, str | None]:
        """A repository's ``priv`` and ``migration_*`` settings, from the configuration and its ``use`` line."""
        defaults, priv = Defaults(), None
        try:
            config = settings.read_config(self.project, self.env)
        except UsageError:
            return Defaults(unsure=True), None
        for setting in config.settings:
            if setting.key != repo or not isinstance(setting.value, ast.List):
                continue
            for item in setting.value.items:
                if isinstance(item, ast.Tuple) and isinstance(item.items[0], ast.Literal):
                    priv = self._take(defaults, item, setting.value.span.file) or priv
        return defaults, priv

    def _take(self, defaults: Defaults, item: ast.Tuple, file: str) -> str | None:
        key = item.items[0]
        assert isinstance(key, ast.Literal)
        name = key.value.name if isinstance(key.value, ast.Atom) else ""
        if name not in ("priv", "migration_timestamps", "migration_primary_key", "migration_foreign_key"):
            return None
        value: Value = constant(Evaluator(self.project), item.items[1], Module("", file, item.span))
        if name == "priv":
            return value.value if isinstance(value, Known) and isinstance(value.value, str) else None
        if name == "migration_primary_key":
            defaults.primary_key = value
            return None
        found = keyword_items(value)
        if found is None:
            defaults.unsure = True
        elif name == "migration_timestamps":
            defaults.timestamps = found
        else:
            defaults.foreign_key = found
        return None
