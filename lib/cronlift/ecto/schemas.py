"""Ecto schemas as declared: fields with their columns and types, primary key, prefix, associations.

Source: ecto lib/ecto/schema.ex (schema/2, field/3, timestamps/1, belongs_to/3, has_many/3, many_to_many/3) and
lib/ecto/association.ex. How a module's block is read stands in ``schema_reader``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cronlift.ecto.types import ANY, EctoType
from cronlift.elixir.project import Project
from cronlift.elixir.values import NIL, Value


@dataclass(frozen=True, slots=True)
class SchemaField:
    """A field: ``source`` is its column, ``default`` what a new struct holds, ``autogenerate`` whether Ecto fills it
    on insert (``always``: on update too)."""

    name: str
    source: str
    type: EctoType
    default: Value = NIL
    virtual: bool = False
    primary_key: bool = False
    autogenerate: str = ""
    writable: str = "always"
    selectable: bool = True
    read_after_writes: bool = False


@dataclass(frozen=True, slots=True)
class Association:
    """``kind``: belongs_to, has, through, many_to_many. ``related`` is the other schema's module (its source replaced
    by ``source`` where the association says so), ``where`` its conditions."""

    name: str
    kind: str
    owner_key: str = ""
    related: str = ""
    related_key: str = ""
    source: str | None = None
    where: tuple[tuple[str, Value], ...] = ()
    through: tuple[str, ...] = ()
    join_through: Value = NIL
    join_keys: tuple[tuple[str, str], ...] = ()
    join_where: tuple[tuple[str, Value], ...] = ()
    on_delete: str = "nothing"


@dataclass(slots=True)
class Schema:
    """One schema module. ``unsure`` says why it cannot be relied on ('' where it can); ``hooked``: Ecto's own
    delete of a row sends further statements, since an association has ``on_delete``."""

    module: str
    table: str
    file: str
    line: int
    prefix: str | None = None
    fields: dict[str, SchemaField] = field(default_factory=dict)
    associations: dict[str, Association] = field(default_factory=dict)
    unsure: str = ""
    hooked: bool = False

    @property
    def primary_key(self) -> list[SchemaField]:
        return [f for f in self.fields.values() if f.primary_key]

    @property
    def columns(self) -> list[SchemaField]:
        """The fields that are stored, in the order of their declaration (``__schema__(:query_fields)``)."""
        return [f for f in self.fields.values() if not f.virtual]


class Schemas:
    """The schemas of one project, read when asked for. A library's own (Oban's jobs) is known by name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[str, Schema | None] = {}

    def get(self, name: str) -> Schema | None:
        """The schema of that module; None where the module declares none."""
        if name not in self._known:
            self._known[name] = None  # a cycle of associations ends here
            self._known[name] = self._read(name)
        return self._known[name]

    def _read(self, name: str) -> Schema | None:
        module = self.project.module(name)
        if module is None:
            return _oban_job() if name == "Oban.Job" and not self.project.definitions(name) else None
        if module.schema is None:
            return None
        from cronlift.ecto.schema_reader import SchemaReader  # late: it fills in this module's records

        return SchemaReader(self.project, module, module.schema).read()


def _oban_job() -> Schema:
    """``Oban.Job`` (oban lib/oban/job.ex, schema "oban_jobs"): what its own migration makes is in the database."""
    schema = Schema("Oban.Job", "oban_jobs", "", 0)
    kinds: dict[str, EctoType] = {
        "id": EctoType("id"), "state": EctoType("string"), "queue": EctoType("string"), "worker": EctoType("string"),
        "args": EctoType("map"), "errors": EctoType("array", EctoType("map")), "attempt": EctoType("integer"),
        "attempted_by": EctoType("array", EctoType("string")), "max_attempts": EctoType("integer"),
        "meta": EctoType("map"), "priority": EctoType("integer"), "tags": EctoType("array", EctoType("string")),
        "attempted_at": EctoType("utc_datetime_usec"), "cancelled_at": EctoType("utc_datetime_usec"),
        "completed_at": EctoType("utc_datetime_usec"), "discarded_at": EctoType("utc_datetime_usec"),
        "inserted_at": EctoType("utc_datetime_usec"), "scheduled_at": EctoType("utc_datetime_usec"),
    }  # fmt: skip
    for name, kind in kinds.items():
        schema.fields[name] = SchemaField(name, name, kind, primary_key=name == "id")
    for name in ("conf", "conflict?", "replace", "unique", "unsaved_error"):
        schema.fields[name] = SchemaField(name, name, ANY, virtual=True)
    # Field order and defaults differ between versions: rows of it are not inserted by hand.
    return schema
