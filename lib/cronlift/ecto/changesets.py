"""Changesets whose changes are known: ``change``, ``put_change`` and their like (ecto lib/ecto/changeset.ex).

Whatever else makes or alters a changeset (``cast``, validations, constraints, ``prepare_changes``, ``optimistic_lock``)
decides at run time or does more than the changes say: then the changeset is not known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from cronlift.elixir.immutable import immutable
from cronlift.elixir.rows import Row
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Known, ListValue, MapValue, Value, keyword_items


@immutable
class Change:
    """A field with its new value; ``forced``: sent although the struct may hold it already."""

    field: str
    value: Value
    forced: bool = False


@immutable
class ChangesetValue(Value):
    """``data`` is a row or a struct."""

    STRUCT: ClassVar[str] = "Ecto.Changeset"
    data: Value
    changes: tuple[Change, ...] = ()


def build(name: str, args: tuple[Value, ...]) -> Value | None:
    """The result of ``Ecto.Changeset.name(args)``; None where the changes are not known."""
    if not args:
        return None
    base = args[0] if isinstance(args[0], ChangesetValue) else None
    if name == "change" and len(args) in (1, 2):
        if base is None and not _is_struct(args[0]):
            return None
        pairs = _pairs(args[1]) if len(args) == 2 else {}
        if pairs is None:
            return None
        return _with(base or ChangesetValue(args[0]), [Change(field, value) for field, value in pairs.items()])
    if base is not None and name in ("put_change", "force_change") and len(args) == 3 and (field := _name(args[1])):
        return _with(base, [Change(field, args[2], name == "force_change")])
    if base is not None and name == "delete_change" and len(args) == 2 and (field := _name(args[1])):
        return replace(base, changes=tuple(c for c in base.changes if c.field != field))
    return None


def _is_struct(value: Value) -> bool:
    return isinstance(value, Row) or (isinstance(value, MapValue) and value.struct is not None)


def _with(changeset: ChangesetValue, changes: list[Change]) -> ChangesetValue:
    new = {c.field for c in changes}
    return replace(changeset, changes=(*(c for c in changeset.changes if c.field not in new), *changes))


def _name(value: Value) -> str:
    return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else ""


def _pairs(value: Value) -> dict[str, Value] | None:
    """A map's or keyword list's fields; the last of a repeated key wins, as Enum.reduce puts it."""
    if isinstance(value, MapValue) and value.struct is None and not value.open:
        named = {_name(k): v for k, v in value.pairs}
        return None if "" in named else named
    if isinstance(value, ListValue):
        found = keyword_items(value)
        return found if found is not None and len(found) == len(value.items) else None
    return None
