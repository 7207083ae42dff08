"""Which type PostgreSQL infers for each ``$n`` of a statement, as far as the text and its columns' types say.

Sources: manual 10.2 (an operand of unknown type is taken for the other operand's) and 10.4 (a value stored is of its
column's type); src/backend/parser/parse_param.c (the first use decides, a later one that differs is an error).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pgparse

from cronlift.sql.facts import walk

# The type of ``relation.column``, or None where it is not known.
ColumnType = Callable[[str, str], str | None]
_COMPARISONS = ("=", "<>", "!=", "<", ">", "<=", ">=")
_INTERNAL = {
    "timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "int8": "bigint",
    "int4": "integer", "int2": "smallint", "float8": "double precision", "float4": "real", "bool": "boolean",
    "varchar": "character varying", "bpchar": "character",
}  # fmt: skip


def parameter_types(sql: str, column_type: ColumnType) -> dict[int, str]:
    """The type of each parameter whose every use tells the same one; the others are left out."""
    (statement,) = pgparse.parse(sql)
    kind, tree = next(iter(statement["stmt"].items()))
    found: dict[int, set[str | None]] = {}
    told = list(_uses(kind, tree, _Scope({}, column_type)))
    for number, type_name in told:
        found.setdefault(number, set()).add(type_name)
    total = sum(1 for k, _ in walk({kind: tree}) if k == "ParamRef")
    if total != len(told):  # a use stood where it was not seen: nothing is certain
        return {}
    return {n: t for n, types in found.items() if len(types) == 1 and (t := next(iter(types))) is not None}


@dataclass(frozen=True)
class _Scope:
    """The relations in reach by the name they go by; "" stands for a source whose columns are not known."""

    relations: dict[str, str]
    column_type: ColumnType

    def of(self, column: dict[str, Any]) -> str | None:
        parts = [f["String"]["sval"] for f in column["fields"] if "String" in f]
        if len(parts) != len(column["fields"]) or not parts:
            return None
        *owner, name = parts
        if owner:
            relation = self.relations.get(owner[-1])
            return self.column_type(relation, name) if relation else None
        if len(self.relations) != 1:
            return None  # whose column it is would have to be known of every relation
        (relation,) = self.relations.values()
        return self.column_type(relation, name) if relation else None


def _uses(kind: str, tree: Any, scope: _Scope) -> Iterator[tuple[int, str | None]]:
    """Every parameter below a node with the type its place asks for."""
    if isinstance(tree, list):
        for item in tree:
            yield from _uses(kind, item, scope)
        return
    if not isinstance(tree, dict):
        return
    if kind.endswith("Stmt"):
        scope = _Scope({**scope.relations, **relations(kind, tree)}, scope.column_type)
    if kind == "ParamRef":
        yield tree.get("number", 0), None
        return
    taken = set()
    for field, number, type_name in _typed(kind, tree, scope):
        taken.add(field)
        yield number, type_name
    for key, value in tree.items():
        if key in taken:
            continue
        yield from _uses(key if key[:1].isupper() else "", value, scope)


def _typed(kind: str, tree: dict[str, Any], scope: _Scope) -> Iterator[tuple[str, int, str | None]]:
    """A node's own fields that are parameters (or lists that hold some) and are typed by the node."""
    if kind == "TypeCast" and (number := _parameter(tree.get("arg"))) is not None:
        yield "arg", number, _type_name(tree["typeName"])
    elif kind == "A_Expr" and tree.get("kind") == "AEXPR_OP":
        operator = tree["name"][-1]["String"]["sval"]
        for field, other in (("lexpr", "rexpr"), ("rexpr", "lexpr")):
            number, column = _parameter(tree.get(field)), (tree.get(other) or {}).get("ColumnRef")
            if number is not None and column and operator in _COMPARISONS:
                yield field, number, scope.of(column)
            elif number is not None and operator in ("+", "-") and _is_interval(tree.get(other)):
                # An unknown beside an interval is taken for one (manual 10.2, step 2a).
                yield field, number, "interval"
    elif kind == "A_Expr" and tree.get("kind") in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        column = (tree.get("lexpr") or {}).get("ColumnRef")
        bounds = tree["rexpr"]["List"]["items"]
        numbers = [_parameter(b) for b in bounds]
        if column and None not in numbers:
            for number in numbers:
                yield "rexpr", number or 0, scope.of(column)
    elif kind == "A_Expr" and tree.get("kind") in ("AEXPR_OP_ANY", "AEXPR_OP_ALL"):
        column, number = (tree.get("lexpr") or {}).get("ColumnRef"), _parameter(tree.get("rexpr"))
        if column and number is not None:
            element = scope.of(column)
            yield "rexpr", number, f"{element}[]" if element else None
    elif kind == "UpdateStmt":
        yield from _assigned(tree, scope)
    elif kind == "InsertStmt":
        yield from _inserted(tree, scope)


def _assigned(tree: dict[str, Any], scope: _Scope) -> Iterator[tuple[str, int, str | None]]:
    targets = [t["ResTarget"] for t in tree.get("targetList", []) if "ResTarget" in t]
    numbers = [_parameter(t.get("val")) for t in targets]
    if all(n is not None or not _holds_parameter(t.get("val")) for n, t in zip(numbers, targets, strict=True)):
        for number, target in zip(numbers, targets, strict=True):
            if number is not None:
                plain = "indirection" not in target
                yield "targetList", number, _column(tree, target["name"], scope) if plain else None


def _inserted(tree: dict[str, Any], scope: _Scope) -> Iterator[tuple[str, int, str | None]]:
    names = [c["ResTarget"]["name"] for c in tree.get("cols", [])]
    select = (tree.get("selectStmt") or {}).get("SelectStmt", {})
    rows = [row["List"]["items"] for row in select.get("valuesLists", [])]
    # With several rows the values are a set of their own first, whose types PostgreSQL settles by other rules.
    if len(rows) != 1 or len(rows[0]) != len(names) or set(select) & {"withClause", "sortClause", "limitCount"}:
        return
    numbers = [_parameter(v) for v in rows[0]]
    if all(n is not None or not _holds_parameter(v) for n, v in zip(numbers, rows[0], strict=True)):
        for name, number in zip(names, numbers, strict=True):
            if number is not None:
                yield "selectStmt", number, _column(tree, name, scope)


def _column(tree: dict[str, Any], name: str, scope: _Scope) -> str | None:
    return scope.column_type(_relation_name(tree["relation"]), name)


def relations(kind: str, tree: dict[str, Any]) -> dict[str, str]:
    """What a statement's FROM, USING and target bring, by alias or name."""
    found: dict[str, str] = {}
    for key in ("relation", "fromClause", "usingClause"):
        if key in tree:
            _from_items(tree[key], found)
    return found if kind in ("SelectStmt", "UpdateStmt", "DeleteStmt", "InsertStmt") else {}


def _from_items(item: Any, found: dict[str, str]) -> None:
    if isinstance(item, list):
        for one in item:
            _from_items(one, found)
    elif isinstance(item, dict):
        node = item.get("RangeVar", item if "relname" in item else None)
        if node is not None:
            alias = node.get("alias", {}).get("aliasname")
            found[alias or node["relname"]] = _relation_name(node)
        elif "JoinExpr" in item:
            _from_items(item["JoinExpr"].get("larg"), found)
            _from_items(item["JoinExpr"].get("rarg"), found)
        else:
            for value in item.values():
                name = value.get("alias", {}).get("aliasname") if isinstance(value, dict) else None
                found[name or f"?{len(found)}"] = ""


def _relation_name(node: dict[str, Any]) -> str:
    return ".".join(p for p in (node.get("schemaname"), node["relname"]) if p)


def _is_interval(node: Any) -> bool:
    cast = node.get("TypeCast") if isinstance(node, dict) else None
    return cast is not None and _type_name(cast["typeName"]) == "interval"


def _parameter(node: Any) -> int | None:
    return node["ParamRef"].get("number", 0) if isinstance(node, dict) and "ParamRef" in node else None


def _holds_parameter(node: Any) -> bool:
    return any(k == "ParamRef" for k, _ in walk(node))


def _type_name(tree: dict[str, Any]) -> str | None:
    if tree.get("arrayBounds"):
        return None
    names: list[str] = [n["String"]["sval"] for n in tree["names"]]
    return _INTERNAL.get(names[-1], names[-1])
