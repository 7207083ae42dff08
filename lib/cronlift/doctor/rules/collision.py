"""Two entries of one database that start in the same minute and get in each other's way on one relation.

What counts: a refresh, truncation or rebuild beside anything that uses the relation; a DELETE or UPDATE beside a
statement that copies rows out of the same table (a roll-up may or may not see them), unless it takes old rows only;
two that change rows of one table and always start together (they wait for each other, or deadlock). Entries that run
more often than hourly meet everything and are only looked at where a whole relation is locked. Nothing is said where
no minute of the hour is free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules import large_delete
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import rate
from cronlift.schedule.collisions import collisions
from cronlift.schedule.dialects.protocol import Fields
from cronlift.sql import tree
from cronlift.sql.unit import Unit

_MOST = 60  # entries on one relation that are compared with each other


@dataclass(frozen=True, slots=True)
class _Use:
    entry: Entry
    fields: Fields
    how: str  # whole, rows, copies, reads
    verb: str


def _check(world: World) -> Iterator[Flaw]:
    if world.clone:
        return
    uses: dict[tuple[str, str], dict[int, _Use]] = defaultdict(dict)
    for number, examined in enumerate(world.examined):
        fields = world.parsed(examined.entry.schedule)[-1]
        if examined.entry.active and examined.entry.scheduled and isinstance(fields, Fields):
            for name, how, verb in _uses(examined):
                key = (examined.entry.database, name)
                known = uses[key].get(number)
                if known is None or _RANK.index(how) < _RANK.index(known.how):
                    uses[key][number] = _Use(examined.entry, fields, how, verb)
    met: set[tuple[int, int]] = set()
    by_entry: dict[Entry, list[Flaw]] = defaultdict(list)
    for (_, name), users in uses.items():
        if len(users) > _MOST:
            continue
        for (one, first), (other, second) in combinations(users.items(), 2):
            same = first.entry.command.strip(" ;\n") == second.entry.command.strip(" ;\n")  # duplicate_entries
            if same or (one, other) in met or not _harmful(first, second):
                continue
            found = list(_pair(name, first, second, world))
            if found:
                met.add((one, other))
                for flaw in found:
                    assert flaw.entry is not None
                    by_entry[flaw.entry].append(flaw)
    for flaws in by_entry.values():  # one finding an entry: the first partner, and how many more there are
        more = f" (and the same with {len(flaws) - 1} more)" if len(flaws) > 1 else ""
        yield replace(flaws[0], message=flaws[0].message + more)


_RANK = ("whole", "rows", "copies", "reads")
_VERBS = {
    "RefreshMatViewStmt": "refreshes it", "TruncateStmt": "empties it", "DeleteStmt": "deletes from it",
    "UpdateStmt": "updates it",
}  # fmt: skip
_WHOLE = {"RefreshMatViewStmt", "TruncateStmt", "ClusterStmt", "AlterTableStmt"}


def _uses(examined: Examined) -> Iterator[tuple[str, str, str]]:
    for unit in examined.units:
        for access in tree.accesses(unit):
            relation = examined.relations.get(access.written)
            if (
                relation is None
                or relation.kind not in "rmpf"
                or relation.schema in ("pg_catalog", "cron", "information_schema")
            ):
                continue
            how = _how(unit, access.mode)
            if how:
                yield relation.full_name, how, _verb(unit, how)


def _how(unit: Unit, mode: str) -> str:
    if mode == "DELETE" and any(large_delete.conditions_on_age(unit)):
        return "reads"  # old rows only: a roll-up of new ones does not meet it
    if unit.kind in _WHOLE or (unit.kind == "VacuumStmt" and "FULL" in unit.text.upper().split("ANALYZE")[0]):
        return "whole"
    if mode in ("UPDATE", "DELETE"):
        return "rows"
    if mode == "SELECT" and unit.kind in ("InsertStmt", "CreateTableAsStmt", "MergeStmt"):
        return "copies"
    return "reads" if mode in ("SELECT", "INSERT") else ""


def _verb(unit: Unit, how: str) -> str:
    others = {"whole": "rebuilds it", "copies": "copies from it", "rows": "changes it"}
    return _VERBS.get(unit.kind) or others.get(how, "uses it")


def _harmful(one: _Use, other: _Use) -> bool:
    kinds = {one.how, other.how}
    hourly = all(rate.runs_a_day(use.fields) <= 24 for use in (one, other))
    if "whole" in kinds:
        return True
    always = rate.firings(one.fields) == rate.firings(other.fields)
    if kinds == {"rows"}:  # two DELETEs that take different rows do not meet
        return hourly and always and not one.verb == other.verb == _VERBS["DeleteStmt"]
    return hourly and kinds == {"rows", "copies"}


def _pair(name: str, one: _Use, other: _Use, world: World) -> Iterator[Flaw]:
    if (rate.firings(one.fields) & rate.firings(other.fields)).never:
        return
    labels = {"1": one, "2": other}
    version = ".".join(map(str, world.dialects[-1].version))
    found = collisions([(label, use.entry.schedule, [name]) for label, use in labels.items()], version)
    if not found or found[0].proposal is None:
        return
    move = labels[found[0].move]
    for use, partner in ((one, other), (other, one)):
        text = (
            f"it starts in the same minute as {partner.entry.called} ({found[0].times / 4:.0f} times a year), "
            f"and both work on {name}: "
            f"one {use.verb}, the other {partner.verb}"
        )
        note = "" if move is use else f"-- of the two, move {move.entry.called}:\n"
        yield Flaw("warning", text, note + alter(move.entry, schedule=found[0].proposal), use.entry)


RULE = Rule("Two entries collide on one relation", server=_check)
