"""Names in a statement against what migrations make: the part of parse analysis that needs no server.

Only what is certain is said: a relation that nothing makes, a column of a table whose columns are all known, a
procedure that is called and never created.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence

from cronlift.doctor.entry import Entry, Examined, Problem, Relation
from cronlift.doctor.migrations.schema import Schema
from cronlift.sql import builtins, command, plpgsql, tree
from cronlift.sql.routine import statements
from cronlift.sql.tree import Access, Called
from cronlift.sql.unit import Routine, Unit

_SYSTEM = {"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax", "excluded", "new", "old"}


def examine(entry: Entry, schema: Schema) -> Examined:
    """An entry, with the bodies of the routines it calls, against the schema."""
    parsed = command.parse(entry.command)
    if parsed.error or parsed.unread:
        return Examined(entry, parsed.error, parsed.error_at, top=int(bool(parsed.unread)))
    look = _Look(schema)
    look.statements(parsed.units, ())
    return look.examined(entry, len(parsed.units))


def examine_routine(routine: Routine, entry: Entry, schema: Schema) -> Examined:
    """A routine's body, under an entry that stands for the place it is created at."""
    look = _Look(schema)
    look.body(routine, Unit("", "CallStmt", {}))
    return look.examined(entry, 1)


class _Look:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.units: list[Unit] = []
        self.problems: list[Problem] = []
        self.relations: dict[str, Relation] = {}
        self.unseen: list[str] = []
        self.followed: set[str] = set()

    def examined(self, entry: Entry, top: int) -> Examined:
        return Examined(
            entry, top=top, units=tuple(self.units), problems=tuple(self.problems), relations=self.relations,
            unseen=tuple(self.unseen),
        )  # fmt: skip

    def statements(self, units: Sequence[Unit], variables: tuple[str, ...]) -> None:
        made: set[str] = set()
        for unit in units:
            made |= tree.made(unit)
        for unit in units:
            self.units.append(unit)
            self._relations(unit, made)
            self._columns(unit, made, {v.lower() for v in variables})
            self._calls(unit)

    def _relations(self, unit: Unit, made: set[str]) -> None:
        for access in tree.accesses(unit):
            found = self.schema.relation(access.schema, access.name)
            if found is not None:
                self.relations[access.written] = found
            elif not (access.mode == "MAKE" or access.optional or access.name in made or self._elsewhere(access, unit)):
                if access.name in self.schema.words:
                    self.unseen.append(
                        f"whether {access.written} exists is not known: files that name it were not read"
                    )
                else:
                    text = f'relation "{access.written}" does not exist'
                    self.problems.append(Problem(unit, "42P01", text))

    def _elsewhere(self, access: Access, unit: Unit) -> bool:
        """Whether something else than these migrations may make it: PostgreSQL, Ecto (which names indexes itself)."""
        return (
            self.schema.incomplete
            or access.name.startswith("pg_")
            or access.schema in ("pg_catalog", "information_schema", "cron")
            or str(unit.tree.get("kind")).endswith("OBJECT_INDEX")
            or access.mode == "DROP"
        )

    def _columns(self, unit: Unit, made: set[str], variables: set[str]) -> None:
        accesses = {(a.schema, a.name): self.relations.get(a.written) for a in tree.accesses(unit)}
        relations = list(accesses.values())
        if len(relations) != 1 or relations[0] is None or relations[0].columns is None or relations[0].name in made:
            return
        columns = set(relations[0].columns) | _SYSTEM | variables | self.schema.tables.doubtful
        names = {relations[0].name}
        said = set()
        for kind, node in tree.nodes(unit):
            alias = node.get("alias", {}).get("aliasname") if isinstance(node.get("alias"), dict) else None
            if alias:
                names.add(str(alias))
            if kind in ("RangeSubselect", "RangeFunction", "CommonTableExpr", "JoinExpr"):
                return
            if kind == "ResTarget" and "name" in node:
                names.add(str(node["name"]))
        for kind, node in tree.nodes(unit):
            name = tree.column({kind: node}) if kind == "ColumnRef" else ()
            if (
                name
                and name[-1] not in columns | names
                and (len(name) == 1 or name[0] in names)
                and name[-1] not in said
            ):
                said.add(name[-1])
                self.problems.append(Problem(unit, "42703", f'column "{name[-1]}" does not exist'))

    def _calls(self, unit: Unit) -> None:
        for called in tree.calls(unit):
            found = self.schema.routines.get(called.name)
            if found:
                self.body(found[0][0], unit)
            elif self._unknown_function(called, unit):
                text = f"function {called.written}() does not exist"
                self.problems.append(Problem(unit, "42883", text))
            elif called.procedure and called.schema in ("", "public") and not self.schema.extensions - {"pg_cron"}:
                text = f"procedure {called.written}() does not exist"
                self.problems.append(Problem(unit, "42883", text))
        if unit.kind == plpgsql.DYNAMIC:
            self.unseen.append(f"text built at run time was not followed{unit.place}: EXECUTE {unit.text}")

    def _unknown_function(self, called: Called, unit: Unit) -> bool:
        """A command that is one call, of a function that neither PostgreSQL nor a migration has."""
        only = not unit.inside and re.fullmatch(r"SELECT\s+[\w.]+\s*\([^()]*\)", unit.text.strip(), re.I)
        known = called.name in builtins.names() or called.schema not in ("", "public")
        known = known or called.name in self.schema.words
        return bool(only) and not called.procedure and not known and not self.schema.extensions - {"pg_cron"}

    def body(self, routine: Routine, caller: Unit) -> None:
        if routine.full_name in self.followed or len(caller.inside) > 6:
            return
        self.followed.add(routine.full_name)
        units: Sequence[Unit] = ()
        try:
            units = statements(routine)
        except plpgsql.Unreadable as error:
            self.unseen.append(f"the body of {routine.full_name} was not followed: {error}")
        placed = [
            dataclasses.replace(u, inside=(*caller.inside, routine), conditional=u.conditional or caller.conditional)
            for u in units
        ]
        # A body's variables stand where columns do: they are known, and are no columns.
        known = routine.arguments if routine.language == "sql" else (*routine.arguments, *_words(units))
        self.statements(placed, known)


def _words(units: Sequence[Unit]) -> Iterator[str]:
    """Every name in PL/pgSQL statements that was a variable: it stands in the text and not in what is analysed."""
    for unit in units:
        if unit.analysed and unit.analysed != unit.text:
            for kind, node in tree.nodes(unit):
                name = tree.column({kind: node}) if kind == "ColumnRef" else ()
                if name and name[-1] not in unit.analysed:
                    yield name[0]
                    yield name[-1]
