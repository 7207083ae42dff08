"""Where a statement certainly stores NULL (manual, UPDATE and INSERT): constants in SET lists and in rows of VALUES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pgparse

from cronlift.sql.facts import walk


def nulls_stored(sql: str) -> Iterator[tuple[str, str]]:
    """(relation, column) of each NULL written out; relations as written. ``sql`` is one statement that parses."""
    (statement,) = pgparse.parse(sql)
    for kind, tree in walk(statement["stmt"]):
        if kind == "UpdateStmt":
            relation = _name(tree["relation"])
            for target in tree.get("targetList", []):
                if _is_null(target["ResTarget"].get("val")):
                    yield relation, target["ResTarget"]["name"]
        elif kind == "InsertStmt":
            columns = [c["ResTarget"]["name"] for c in tree.get("cols", [])]
            for row in tree.get("selectStmt", {}).get("SelectStmt", {}).get("valuesLists", []):
                for column, value in zip(columns, row["List"]["items"], strict=False):
                    if _is_null(value):
                        yield _name(tree["relation"]), column


def _name(relation: dict[str, Any]) -> str:
    return ".".join(part for part in (relation.get("schemaname"), relation["relname"]) if part)


def _is_null(node: Any) -> bool:
    """NULL, cast or not."""
    while isinstance(node, dict) and "TypeCast" in node:
        node = node["TypeCast"].get("arg")
    return isinstance(node, dict) and bool(node.get("A_Const", {}).get("isnull"))
