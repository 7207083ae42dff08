"""``NOT IN (SELECT column …)`` where the column may be NULL: one NULL among the rows and the condition is true for
nothing (manual, "Subquery Expressions", NOT IN)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cronlift.doctor.entry import Examined, Relation
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree
from cronlift.sql.facts import walk

_STRICT = {"=", "<", ">", "<=", ">=", "<>", "!=", "~~", "!~~", "~", "@>"}


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    said = set()
    for unit in examined.units:
        for kind, node in tree.nodes(unit):
            select = _not_in(kind, node)
            found = _nullable(select, examined) if select is not None else None
            if found and found not in said:
                said.add(found)
                column = found.split(".")[-1]
                fix = f"-- in the subquery: WHERE {column} IS NOT NULL, or better: NOT EXISTS (SELECT … WHERE …)"
                if not unit.inside:
                    fix += f"\n{alter(examined.entry, command=examined.entry.command.strip())}"
                yield Flaw(
                    "warning",
                    f"one NULL in {found} and it does nothing: NOT IN is then true for no row{unit.place}",
                    fix,
                )


def _not_in(kind: str, node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The subquery of ``x NOT IN (SELECT …)`` or ``x <> ALL (SELECT …)``."""
    link: Mapping[str, Any] = {}
    if kind == "BoolExpr" and node.get("boolop") == "NOT_EXPR":
        link = node["args"][0].get("SubLink", {})
        if link.get("subLinkType") != "ANY_SUBLINK" or ("operName" in link and tree.strings(link["operName"]) != ["="]):
            return None
    elif (
        kind == "SubLink"
        and node.get("subLinkType") == "ALL_SUBLINK"
        and tree.strings(node.get("operName", ())) in (["<>"], ["!="])
    ):
        link = node
    select = link.get("subselect", {}).get("SelectStmt")
    return select if isinstance(select, Mapping) else None


def _nullable(select: Mapping[str, Any], examined: Examined) -> str | None:
    """``table.column`` where the subquery's one column may be NULL; None where it may not, or nobody knows."""
    targets = select.get("targetList", [])
    if len(targets) != 1 or select.get("op") != "SETOP_NONE" or "groupClause" in select:
        return None
    name = tree.column(targets[0].get("ResTarget", {}).get("val"))
    if not name:
        return None
    for source in select.get("fromClause", []):
        for _, item in walk(source):
            if "relname" not in item:
                continue
            alias = item.get("alias", {}).get("aliasname", item["relname"])
            if len(name) > 1 and name[-2] != alias:
                continue
            relation = examined.relations.get(".".join(filter(None, [item.get("schemaname"), item["relname"]])))
            column = (relation.columns or {}).get(name[-1]) if isinstance(relation, Relation) else None
            if column is None:
                continue
            if (
                column.not_null
                or relation is None
                or relation.kind not in "rp"
                or _excluded(select.get("whereClause"), name[-1])
            ):
                return None
            return f"{relation.name}.{name[-1]}"
    return None


def _excluded(where: Any, column: str) -> bool:
    """Whether the subquery's own condition lets no NULL of the column through."""
    for part in tree.conjuncts(where) if where else ():
        test = part.get("NullTest", {})
        if test.get("nulltesttype") == "IS_NOT_NULL" and tree.column(test.get("arg"))[-1:] == (column,):
            return True
        operator, left, right = tree.operator(part)
        if operator in _STRICT and column in (*tree.column(left)[-1:], *tree.column(right)[-1:]):
            return True
        expression = part.get("A_Expr", {})
        if expression.get("kind") in ("AEXPR_IN", "AEXPR_LIKE", "AEXPR_BETWEEN") and tree.column(
            expression.get("lexpr")
        )[-1:] == (column,):
            return True
    return False


RULE = Rule("NOT IN over a column that may be NULL", entry=_check)
