"""A command that locks a whole table against everybody, with no ``lock_timeout``.

Waiting for the lock it already stands in everybody's way: every later query on the table queues behind it, for as long
as one old transaction keeps it waiting. A job's role can be given a ``lock_timeout`` (ALTER ROLE … SET is enforced in
pg_cron's sessions, measured on 1.4.2). What is only advice: REFRESH without CONCURRENTLY, and a TRUNCATE now and then.
"""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import identifier
from cronlift.doctor.rules.protocol import Flaw, Rule, Weight
from cronlift.doctor.world import World
from cronlift.schedule import rate
from cronlift.schedule.dialects.protocol import Fields, Interval
from cronlift.sql import tree
from cronlift.sql.unit import Unit

_EXCLUSIVE = 7  # ExclusiveLock of lockdefs.h, which stops writers and more


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    if examined.settings.get("lock_timeout", "0").strip() not in ("0", "") or any(
        _sets(unit) for unit in examined.units
    ):
        return
    for unit in examined.units:
        if any(name == "lock_timeout" for r in unit.inside for name in r.settings):
            continue
        found = _locks(unit, examined, world)
        if found is None:
            continue
        weight, what = found
        relations = {
            relation.full_name
            for access in tree.accesses(unit)
            if (relation := examined.relations.get(access.written)) is not None and relation.schema != "pg_catalog"
        }
        if not relations:
            continue
        role, database = identifier(examined.entry.username), identifier(examined.entry.database)
        yield Flaw(
            weight,
            f"{what} locks {', '.join(sorted(relations))} against everybody, and there is no lock_timeout: "
            "while it waits for one "
            f"old transaction, every other query on it waits too{unit.place}",
            f"ALTER ROLE {role} IN DATABASE {database} SET lock_timeout = '5s';",
        )
        return


def _sets(unit: Unit) -> bool:
    if unit.kind == "VariableSetStmt":
        return unit.tree.get("name") == "lock_timeout"
    return "lock_timeout" in unit.text and any(c.name == "set_config" for c in tree.calls(unit))


def _locks(unit: Unit, examined: Examined, world: World) -> tuple[Weight, str] | None:
    """How heavy a statement's lock weighs, and the statement's name; None where it lets others work."""
    text = unit.text.upper()
    if unit.kind == "VacuumStmt":
        options = {o["DefElem"]["defname"].lower() for o in unit.tree.get("options", ()) if "DefElem" in o}
        return ("warning", "VACUUM FULL") if "full" in options else None
    if unit.kind == "ClusterStmt":
        return "warning", "CLUSTER"
    if unit.kind == "ReindexStmt":
        return None if unit.alone else ("warning", "REINDEX without CONCURRENTLY")
    if unit.kind == "AlterTableStmt" and unit.tree.get("objtype") == "OBJECT_TABLE":
        return None if unit.alone else ("warning", "ALTER TABLE")
    if unit.kind == "IndexStmt":
        return None if unit.alone else ("warning", "CREATE INDEX without CONCURRENTLY")
    if unit.kind == "LockStmt":
        return (
            ("warning", "LOCK TABLE") if int(unit.tree.get("mode", 8)) >= _EXCLUSIVE and "NOWAIT" not in text else None
        )
    if unit.kind == "TruncateStmt":
        return ("warning" if _often(examined, world) else "advice"), "TRUNCATE"
    if unit.kind == "RefreshMatViewStmt" and not unit.tree.get("concurrent"):
        return "advice", "REFRESH without CONCURRENTLY"
    return None


def _often(examined: Examined, world: World) -> bool:
    parsed = world.parsed(examined.entry.schedule)[-1]
    return isinstance(parsed, Interval) or (isinstance(parsed, Fields) and rate.runs_a_day(parsed) > 24)


RULE = Rule("A lock on a whole table without lock_timeout", entry=_check)
