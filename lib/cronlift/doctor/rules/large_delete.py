"""A DELETE that takes a great part of a large table in one statement: one long transaction, with all its WAL, dead rows
and locks, that starts over from nothing if it is cancelled.

How many rows it would take is estimated from the planner's statistics (``pg_class.reltuples``, and the histogram in
``pg_stats`` for a condition ``column < now() - interval``); nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cronlift.doctor.entry import Examined, Relation
from cronlift.doctor.fixes import alter, identifier
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree
from cronlift.sql.unit import Unit

MANY = 100_000
WHOLE = 10_000
"""From so many rows on, emptying a table by DELETE is worth a TRUNCATE."""
_BYTES_A_ROW = 100  # where a table was never analysed


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        if unit.kind != "DeleteStmt":
            continue
        target = unit.tree["relation"]
        relation = examined.relations.get(".".join(filter(None, [target.get("schemaname"), target["relname"]])))
        if relation is None or relation.kind not in "rp":
            continue
        rows = _doomed(unit, relation, examined, world)
        if rows < (MANY if "whereClause" in unit.tree else WHOLE):
            continue
        if "whereClause" not in unit.tree:
            truncate = alter(examined.entry, command=f"TRUNCATE {relation.full_name}")
            fix = f"-- all rows: TRUNCATE is one short step\n{truncate}"
        else:
            fix = _batches(unit, relation, examined)
        yield Flaw(
            "warning",
            f"its next run deletes about {rows:,.0f} rows of {relation.full_name} in one statement{unit.place}",
            fix,
        )


def _doomed(unit: Unit, relation: Relation, examined: Examined, world: World) -> float:
    size = world.shares.get((examined.entry.database, relation.oid), relation.bytes)
    rows = relation.rows if relation.rows >= 0 else size / _BYTES_A_ROW
    where = unit.tree.get("whereClause")
    if where is None:
        return rows
    for part in tree.conjuncts(where):
        if "SubLink" in str(part):
            return 0  # in batches, or narrowed in a way that the statistics do not tell
    shares = [
        world.shares.get((examined.entry.database, relation.schema, relation.name, *old))
        for old in conditions_on_age(unit)
    ]
    known = [share for share in shares if share is not None]
    return rows * min(known) if known and len(list(tree.conjuncts(where))) == len(shares) else 0


def conditions_on_age(unit: Unit) -> Iterator[tuple[str, str]]:
    """The conditions ``column < now() - interval 'i'`` a DELETE's rows must all satisfy: column and interval."""
    where = unit.tree.get("whereClause") if unit.kind == "DeleteStmt" else None
    for part in tree.conjuncts(where) if where else ():
        operator, left, right = tree.operator(part)
        if operator in (">", ">="):
            operator, left, right = "<", right, left
        name = tree.column(left)
        interval = _interval_back(right)
        if operator in ("<", "<=") and name and interval is not None:
            yield name[-1], interval


def _interval_back(node: Any) -> str | None:
    """``7 days`` of ``now() - interval '7 days'``; ``0`` of ``now()``."""
    function, arguments = tree.function(node)
    if function == "timezone" and len(arguments) == 2:
        return _interval_back(arguments[1])
    if function in ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp") or _is_now(node):
        return "0"
    operator, left, right = tree.operator(node)
    if operator == "-" and _interval_back(left) == "0" and isinstance(right, dict) and "TypeCast" in right:
        text = tree.constant(right["TypeCast"].get("arg"))
        return text if isinstance(text, str) and re.fullmatch(r"[\w\s:.+-]+", text) else None
    return None


def _is_now(node: Any) -> bool:
    op = node.get("SQLValueFunction", {}).get("op", "") if isinstance(node, dict) else ""
    return op in ("SVFOP_CURRENT_TIMESTAMP", "SVFOP_LOCALTIMESTAMP", "SVFOP_CURRENT_DATE")


def _batches(unit: Unit, relation: Relation, examined: Examined) -> str:
    name = f"{identifier(relation.schema)}.{identifier(relation.name)}"
    condition = re.split(r"\bWHERE\b", unit.text, maxsplit=1, flags=re.I)[-1].strip().rstrip(";")
    batched = f"DELETE FROM {name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {name} WHERE {condition} LIMIT 10000))"
    if unit.inside:
        return f"-- in {unit.inside[-1].full_name}: delete in batches and COMMIT between them:\n{batched};"
    return f"-- 10,000 a run, with a schedule that keeps up:\n{alter(examined.entry, command=batched)}"


RULE = Rule("A table-sized DELETE without batches", entry=_check)
