"""``now()`` compared with a ``timestamp without time zone`` in a session whose TimeZone is not UTC.

The comparison takes now() as local time of the session (manual, "Date/Time Types"). Applications (Ecto's utc_datetime,
Rails, Django without zones) write such columns in UTC, so every boundary is off by the zone's offset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cronlift.doctor.entry import Column, Examined
from cronlift.doctor.fixes import alter, identifier
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree
from cronlift.sql.facts import walk
from cronlift.sql.unit import Unit

_UTC = {"utc", "etc/utc", "gmt", "etc/gmt", "zulu", "etc/zulu", "uct", "etc/uct", "universal", "etc/universal", "gmt0"}
_NOW = re.compile(r"\b(now\(\)|current_timestamp|localtimestamp|clock_timestamp\(\)|statement_timestamp\(\))", re.I)


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        zone = examined.settings.get("timezone", "")
        for routine in unit.inside:
            zone = next((v for k, v in routine.settings.items() if k.lower() == "timezone"), zone)
        if not zone or zone.lower() in _UTC:
            continue
        for condition in tree.conditions(unit):
            found = _compared(condition, unit, examined)
            if found:
                text = (
                    f"{found} has no time zone, and now() becomes {zone} time in this session: where the "
                    "application writes "
                    f"UTC, the boundary is off by the offset of {zone}{unit.place}"
                )
                yield Flaw("warning", text, _fix(unit, examined))
                return


def _fix(unit: Unit, examined: Examined) -> str:
    entry = examined.entry
    role, database = identifier(entry.username), identifier(entry.database)
    changed = re.sub(
        r"\b(now\(\)|current_timestamp)(?!\s+at\s+time)", r"(\1 AT TIME ZONE 'UTC')", entry.command, flags=re.I
    )
    whole = f"-- or for the whole role:\nALTER ROLE {role} IN DATABASE {database} SET timezone = 'UTC';"
    if unit.inside or changed == entry.command:
        return f"-- in the body, write now() AT TIME ZONE 'UTC'\n{whole}"
    return f"{alter(entry, command=changed)}\n{whole}"


def _compared(condition: Any, unit: Unit, examined: Examined) -> str | None:
    for kind, node in [("", condition), *walk(condition)]:
        expression = {"A_Expr": node} if kind == "A_Expr" else node if kind == "" else {}
        operator, left, right = tree.operator(expression)
        if operator not in ("<", ">", "<=", ">=", "=", "<>"):
            bounds = expression.get("A_Expr", {}) if isinstance(expression, dict) else {}
            if bounds.get("kind") not in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
                continue
            left, right = bounds.get("lexpr"), bounds.get("rexpr")
        for one, other in ((left, right), (right, left)):
            named = _column(one, unit, examined)
            if named and _zoned_now(other) and not _NOW.search(named[1].default or ""):
                return named[0]
    return None


def _column(node: Any, unit: Unit, examined: Examined) -> tuple[str, Column] | None:
    """The column of type ``timestamp`` that a side is (or shifts by an interval)."""
    operator, left, _ = tree.operator(node)
    if operator in ("+", "-"):
        node = left
    name = tree.column(node)
    if not name:
        return None
    for access in tree.accesses(unit):
        relation = examined.relations.get(access.written)
        column = (relation.columns or {}).get(name[-1]) if relation else None
        if relation and column and column.type == "timestamp without time zone":
            return f"{relation.name}.{name[-1]}", column
    return None


def _zoned_now(node: Any) -> bool:
    """Whether now() stands in it without AT TIME ZONE around it."""
    if isinstance(node, list):
        return any(_zoned_now(item) for item in node)
    if not isinstance(node, dict):
        return False
    name, _ = tree.function(node)
    if name in ("timezone", "date_trunc") and name == "timezone":
        return False
    if name in ("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp"):
        return True
    if node.get("SQLValueFunction", {}).get("op") == "SVFOP_CURRENT_TIMESTAMP":
        return True
    if "SubLink" in node:
        return False
    return any(_zoned_now(value) for value in node.values())


RULE = Rule("now() against a timestamp without time zone", entry=_check)
