"""Rows that a query returned, as far as they can be told: what a loop goes over, one of them, a field of one.

They are unknown values that remember where they come from. The queries are the package ecto's, which is built on this
one, so they are carried and not looked into.
"""

from __future__ import annotations

from dataclasses import field, replace

from cronlift.elixir.immutable import immutable
from cronlift.elixir.syntax import Span
from cronlift.elixir.values import Function, Unknown, Value

ORIGIN = "row data"


@immutable
class Read:
    """The statement that read the rows. ``query``: what the repository was given; ``struct``: the schema's module where
    a row is its struct; ``fields``: of that struct the name, its column, Ecto's type and whether it is never nil."""

    query: object = field(repr=False)
    struct: str
    fields: tuple[tuple[str, str, object, bool], ...] = field(repr=False)
    repo: str
    span: Span
    sql: str
    parameters: tuple[Value, ...]


@immutable
class RowField(Unknown):
    """A field of the row; ``never_nil`` as the table's columns and the query's joins have it."""

    read: Read
    name: str
    column: str
    type: object
    never_nil: bool


@immutable
class Row(Unknown):
    """A row that is its schema's whole struct."""

    read: Read

    def field(self, name: str) -> RowField | None:
        """The struct's field; None where the schema has none that is stored."""
        found = next((f for f in self.read.fields if f[0] == name), None)
        return RowField(ORIGIN, self.read, *found) if found else None


@immutable
class Rows(Unknown):
    """All rows: each of them is ``item``, or a list of some of them (``chunked``)."""

    read: Read
    item: Value
    chunked: bool = False

    @property
    def element(self) -> Value:
        return replace(self, chunked=False) if self.chunked else self.item


@immutable
class Lazy(Unknown):
    """A stream over rows: ``steps`` are the functions that each row goes through, once somebody asks for it."""

    rows: Rows
    steps: tuple[tuple[str, Function], ...]


@immutable
class Rewrite:
    """One statement that does what the event's own does for every row of ``read``."""

    read: Read
    sql: str
    parameters: tuple[Value, ...]


def pinned_type(value: Value) -> object | None:
    """Ecto's type of a row's field, or of the fields in a list of them; None for any other value."""
    match value:
        case RowField(type=type_) | Rows(item=RowField(type=type_), chunked=False):
            return type_
        case _:
            return None


def never_nil(value: Value) -> bool:
    """Whether a row's field (or a list of them, which may hold nil) can stand in a comparison."""
    return not isinstance(value, RowField) or value.never_nil
