"""What a statement touches and calls, from its parse tree (libpg_query's JSON)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cronlift.sql.facts import walk
from cronlift.sql.unit import Unit

Node = Mapping[str, Any]

# What each utility statement needs of the relations it names: a privilege, or OWN (what only an owner may, or the
# privilege MAINTAIN from PostgreSQL 17 on).
_UTILITY = {
    "VacuumStmt": "OWN",
    "ReindexStmt": "OWN",
    "RefreshMatViewStmt": "OWN",
    "ClusterStmt": "OWN",
    "TruncateStmt": "TRUNCATE",
    "LockStmt": "LOCK",
    "AlterTableStmt": "ALTER",
    "IndexStmt": "ALTER",
    "RenameStmt": "ALTER",
}
_TARGETS = {"InsertStmt": "INSERT", "UpdateStmt": "UPDATE", "DeleteStmt": "DELETE"}
_DROPPED = {
    "OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_INDEX", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE",
}  # fmt: skip
MADE_BY = {"CreateStmt", "CreateTableAsStmt", "ViewStmt", "CreateForeignTableStmt", "CreateSeqStmt"}


@dataclass(frozen=True, slots=True)
class Access:
    """A relation as written (``schema`` '' where unqualified) and what the statement does to it."""

    schema: str
    name: str
    mode: str
    optional: bool = False

    @property
    def written(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Called:
    """A function or procedure as called."""

    schema: str
    name: str
    arguments: int
    procedure: bool = False

    @property
    def written(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def key(self) -> str:
        return f"{self.written}/{self.arguments}/{'p' if self.procedure else 'f'}"


@lru_cache(maxsize=16384)
def nodes(unit: Unit) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every node of a statement with its kind, the statement itself first."""
    return tuple(walk({unit.kind: unit.tree}))


@lru_cache(maxsize=16384)
def accesses(unit: Unit) -> tuple[Access, ...]:
    """The relations a statement names, each with what it does to them; CTEs are none."""
    found: dict[Access, None] = {}
    ctes = {node["ctename"] for kind, node in nodes(unit) if kind == "CommonTableExpr"}
    targets: set[int] = set()
    for kind, node in nodes(unit):
        if kind in _TARGETS or kind == "MergeStmt":
            for access in _target(kind, node):
                found[access] = None
            targets.add(id(node["relation"]))
        elif kind in _UTILITY or kind in ("DropStmt", "CopyStmt") or kind in MADE_BY:
            for access, range_var in _of_utility(kind, node):
                found[access] = None
                targets.add(range_var)
        for made_here in _into(kind, node):
            targets.add(id(made_here))
    for _, node in nodes(unit):
        if "relname" in node and id(node) not in targets:
            schema, name = str(node.get("schemaname", "")), str(node["relname"])
            if schema or name not in ctes:
                found[Access(schema, name, "SELECT")] = None
    return tuple(found)


def _target(kind: str, node: Node) -> Iterator[Access]:
    relation = node["relation"]
    schema, name = str(relation.get("schemaname", "")), str(relation["relname"])
    if kind == "MergeStmt":
        for clause in node.get("mergeWhenClauses", ()):
            command = str(clause.get("MergeWhenClause", {}).get("commandType", "")).removeprefix("CMD_")
            if command in ("INSERT", "UPDATE", "DELETE"):
                yield Access(schema, name, command)
        yield Access(schema, name, "SELECT")
        return
    yield Access(schema, name, _TARGETS[kind])
    conflict = node.get("onConflictClause") or {}
    if conflict.get("action") == "ONCONFLICT_UPDATE":
        yield Access(schema, name, "UPDATE")
    if any(k == "ColumnRef" for k, _ in walk(node.get("whereClause"))):
        yield Access(schema, name, "SELECT")


def _of_utility(kind: str, node: Node) -> Iterator[tuple[Access, int]]:
    """The relations a utility statement names, with the identity of the node that named each."""
    if kind == "DropStmt":
        if node.get("removeType") in _DROPPED:
            for item in node.get("objects", ()):
                parts = strings(item.get("List", {}).get("items", ()))
                if parts:
                    schema = parts[-2] if len(parts) > 1 else ""
                    yield Access(schema, parts[-1], "DROP", optional=bool(node.get("missing_ok"))), 0
        return
    listed: list[Any] = [node.get("relation"), *node.get("relations", ()), *node.get("rels", ())]
    for item in filter(None, listed):
        relation = item.get("RangeVar") or item.get("VacuumRelation", {}).get("relation") or item
        if "relname" not in relation:
            continue
        if kind == "CopyStmt":
            mode = "INSERT" if node.get("is_from") else "SELECT"
        else:
            mode = "MAKE" if kind in MADE_BY else _UTILITY[kind]
        if mode != "MAKE":
            optional = bool(node.get("missing_ok"))
            yield Access(str(relation.get("schemaname", "")), str(relation["relname"]), mode, optional), id(relation)
        else:
            yield Access(str(relation.get("schemaname", "")), str(relation["relname"]), mode, True), id(relation)


def made(unit: Unit) -> set[str]:
    """The names of relations the statement would create."""
    names = {a.name for a in accesses(unit) if a.mode == "MAKE"}
    return names | {str(rel["relname"]) for kind, node in nodes(unit) for rel in _into(kind, node)}


def _into(kind: str, node: Node) -> Iterator[Node]:
    """The relation that CREATE TABLE AS, SELECT INTO or CREATE VIEW makes."""
    places = {"CreateTableAsStmt": "into", "SelectStmt": "intoClause", "ViewStmt": "view"}
    found = node.get(places.get(kind, ""), {})
    rel = found.get("rel", found)
    if "relname" in rel:
        yield rel


@lru_cache(maxsize=16384)
def calls(unit: Unit) -> tuple[Called, ...]:
    """The functions and procedures a statement calls."""
    found: dict[Called, None] = {}
    procedure = id(unit.tree["funccall"]) if unit.kind == "CallStmt" else None
    stack: list[Any] = [(unit.kind, unit.tree)]
    if procedure is not None:
        found[_called(unit.tree["funccall"], procedure=True)] = None
        stack = [("args", unit.tree["funccall"].get("args", []))]
    for key, value in stack:
        for kind, node in walk({key: value}):
            if kind == "FuncCall":
                found[_called(node, procedure=False)] = None
    return tuple(found)


def _called(node: Node, *, procedure: bool) -> Called:
    parts = strings(node["funcname"])
    return Called(".".join(parts[:-1]), parts[-1], len(node.get("args", ())), procedure)


def strings(items: Any) -> list[str]:
    """The words of a list of String nodes."""
    return [str(item["String"].get("sval", "")) for item in items if "String" in item]


def column(node: Any) -> tuple[str, ...]:
    """``("t", "c")`` of a column reference; () for anything else, stars included."""
    fields = node.get("ColumnRef", {}).get("fields", ()) if isinstance(node, Mapping) else ()
    return tuple(strings(fields)) if fields and all("String" in f for f in fields) else ()


def function(node: Any) -> tuple[str, list[Any]]:
    """The name (without pg_catalog) and arguments of a call; ('', []) for anything else."""
    call = node.get("FuncCall") if isinstance(node, Mapping) else None
    if not call:
        return "", []
    parts = strings(call["funcname"])
    return ".".join(p for p in parts if p != "pg_catalog"), list(call.get("args", ()))


def constant(node: Any) -> int | float | str | bool | None:
    """The value of a literal (signed numbers too); None for anything else, NULL included."""
    if not isinstance(node, Mapping):
        return None
    if "TypeCast" in node:
        return None
    if "A_Const" in node:
        value = node["A_Const"]
        if "ival" in value:
            return int(value["ival"].get("ival", 0))
        if "fval" in value:
            return float(value["fval"].get("fval", 0))
        if "sval" in value:
            return str(value["sval"].get("sval", ""))
        if "boolval" in value:
            return bool(value["boolval"].get("boolval", False))
        return None
    expression = node.get("A_Expr")
    if expression and strings(expression.get("name", ())) == ["-"] and "lexpr" not in expression:
        inner = constant(expression.get("rexpr"))
        return -inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
    return None


def is_null(node: Any) -> bool:
    """Whether it is the literal NULL (cast or not)."""
    if isinstance(node, Mapping) and "TypeCast" in node:
        return is_null(node["TypeCast"].get("arg"))
    return isinstance(node, Mapping) and bool(node.get("A_Const", {}).get("isnull"))


def conditions(unit: Unit) -> Iterator[Any]:
    """The trees of WHERE, HAVING, JOIN … ON and (in PL/pgSQL expressions) the expression itself."""
    for kind, node in nodes(unit):
        for key in ("whereClause", "havingClause"):
            if key in node:
                yield node[key]
        if kind == "JoinExpr" and "quals" in node:
            yield node["quals"]


def conjuncts(node: Any) -> Iterator[Any]:
    """The parts of a condition that all must hold."""
    boolean = node.get("BoolExpr") if isinstance(node, Mapping) else None
    if boolean and boolean.get("boolop") == "AND_EXPR":
        for part in boolean["args"]:
            yield from conjuncts(part)
    elif node:
        yield node


def operator(node: Any) -> tuple[str, Any, Any]:
    """The operator and both sides of a comparison; ('', None, None) for anything else."""
    expression = node.get("A_Expr") if isinstance(node, Mapping) else None
    if not expression or expression.get("kind") != "AEXPR_OP" or "lexpr" not in expression:
        return "", None, None
    return strings(expression["name"])[-1], expression["lexpr"], expression.get("rexpr")
