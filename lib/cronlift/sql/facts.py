"""What a statement is: its command, what it names, whether it writes, and where it may not stand.

Sources: PostgreSQL's grammar through libpg_query; "cannot run inside a transaction block" from the manual's pages
of VACUUM, REINDEX, CREATE INDEX, DROP INDEX, ALTER TABLE, CREATE DATABASE, ALTER SYSTEM (PreventInTransactionBlock
in src/backend/tcop/utility.c).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pgparse

_DML = {
    "SelectStmt": "SELECT",
    "InsertStmt": "INSERT",
    "UpdateStmt": "UPDATE",
    "DeleteStmt": "DELETE",
    "MergeStmt": "MERGE",
}
_UTILITY = {
    "RefreshMatViewStmt": "REFRESH MATERIALIZED VIEW",
    "TruncateStmt": "TRUNCATE",
    "NotifyStmt": "NOTIFY",
    "VacuumStmt": "VACUUM",
    "ReindexStmt": "REINDEX",
    "IndexStmt": "CREATE INDEX",
    "DropStmt": "DROP",
    "CreateStmt": "CREATE TABLE",
    "CreateTableAsStmt": "CREATE TABLE AS",
    "AlterTableStmt": "ALTER TABLE",
    "LockStmt": "LOCK",
    "CommentStmt": "COMMENT",
    "ClusterStmt": "CLUSTER",
    "RenameStmt": "ALTER",
    "CallStmt": "CALL",
}
# Why a statement can be moved by nobody: its meaning hangs on the session or the client that sends it.
_TIED_TO_SESSION = {
    "DoStmt": "an anonymous block may end transactions itself, which it cannot do inside a procedure of ours",
    "TransactionStmt": "it begins or ends a transaction on a pooled connection",
    "VariableSetStmt": "it changes a setting of one pooled connection",
    "VariableShowStmt": "it only shows a setting",
    "CopyStmt": "COPY needs the client at the other end",
    "ListenStmt": "it listens on one connection",
    "UnlistenStmt": "it listens on one connection",
    "PrepareStmt": "it prepares a statement on one connection",
    "ExecuteStmt": "it runs a statement prepared on one connection",
    "DeallocateStmt": "it changes one connection",
    "DiscardStmt": "it changes one connection",
    "DeclareCursorStmt": "it opens a cursor on one connection",
    "FetchStmt": "it reads a cursor of one connection",
    "ClosePortalStmt": "it closes a cursor of one connection",
    "ExplainStmt": "it only explains",
    "LoadStmt": "it loads a library into one connection",
    "CheckPointStmt": "it acts on the whole server",
    "AlterSystemStmt": "it changes the whole server",
}
_SESSION_FUNCTIONS = {
    "set_config", "pg_advisory_lock", "pg_advisory_lock_shared", "pg_try_advisory_lock", "pg_try_advisory_lock_shared",
    "pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all", "currval", "lastval", "setseed",
    "pg_export_snapshot", "dblink_connect", "dblink_disconnect",
}  # fmt: skip
_SESSION_VALUES = {"current_setting", "current_schemas", "pg_backend_pid", "inet_client_addr", "has_table_privilege"}
# Functions of pg_catalog that do nothing but compute: a SELECT of these alone has no effect.
_READING_FUNCTIONS = {
    "count", "sum", "avg", "min", "max", "now", "coalesce", "lower", "upper", "length", "date_trunc", "date_part",
    "extract", "abs", "round", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_build_object", "to_char",
    "jsonb_build_object", "percentile_cont", "row_number", "rank", "generate_series", "unnest", "greatest", "least",
    "pg_total_relation_size", "pg_relation_size", "pg_database_size", "pg_size_pretty", "age", "version", "concat",
    "current_database", "timezone", "to_timestamp", "make_interval", "floor", "ceil", "trim", "replace", "md5",
}  # fmt: skip


LONGEST = 64 * 1024
"""PostgreSQL's parser builds its answer recursively: some 200 KB of ``1+1+1…`` end the process."""

_NEVER_IN_TRANSACTION = {
    "CreatedbStmt", "DropdbStmt", "CreateTableSpaceStmt", "DropTableSpaceStmt", "AlterSystemStmt",
}  # fmt: skip


class StatementError(ValueError):
    """A text that is not one statement PostgreSQL could run."""


@dataclass(frozen=True, slots=True)
class Facts:
    """``relations`` and ``functions`` as written (schema-qualified where the text is), in order of appearance.

    ``alone``: refused inside a transaction block, so it can only be a cron command of its own. ``tied``: why it
    cannot be moved at all ('' where it can). ``writes``: whether it may change anything. ``session``: what in it
    depends on who is connected ('' where nothing does).
    """

    command: str
    relations: tuple[str, ...]
    functions: tuple[str, ...]
    parameters: int
    writes: bool
    alone: bool
    tied: str
    session: str = ""


def facts(sql: str) -> Facts:
    """Facts about one statement. Raises StatementError where the text is not exactly one statement, or too large to
    be looked through."""
    if len(sql) > LONGEST:
        raise StatementError(f"it is longer than {LONGEST} characters")
    try:
        return _facts(sql)
    except RecursionError as error:
        raise StatementError("it nests too deeply to be read") from error


def _facts(sql: str) -> Facts:
    try:
        statements = pgparse.parse(sql)
    except pgparse.PGQueryError as error:
        raise StatementError(f"PostgreSQL's parser rejects it: {error.args[0] if error.args else error}") from error
    if len(statements) != 1:
        raise StatementError(f"it holds {len(statements)} statements; a prepared statement is exactly one")
    kind, tree = next(iter(statements[0]["stmt"].items()))
    nodes = list(walk({kind: tree}))
    ctes = {n["ctename"] for k, n in nodes if k == "CommonTableExpr"}
    relations = [_name(n) for k, n in nodes if _is_relation(k, n)]
    # An unqualified name that a CTE of the statement defines is that CTE.
    relations = [r for r in relations if r not in ctes]
    functions = [".".join(_strings(n["funcname"])) for k, n in nodes if k == "FuncCall"]
    if kind == "CallStmt":
        functions.insert(0, ".".join(_strings(tree["funccall"]["funcname"])))
    parameters = max((int(n.get("number", 0)) for k, n in nodes if k == "ParamRef"), default=0)
    return Facts(
        command=_command(kind, tree),
        relations=tuple(dict.fromkeys(relations)),
        functions=tuple(dict.fromkeys(functions)),
        parameters=parameters,
        writes=_writes(kind, nodes, functions),
        alone=refused_in_transaction(kind, tree),
        tied=_tied(kind, tree, nodes, functions),
        session=_session(nodes, functions),
    )


def tied_function(name: str, arguments: list[Any]) -> bool:
    """Whether a call acts on the connection and outlives its transaction; ``arguments`` as the parse tree has them."""
    plain = name.removeprefix("pg_catalog.")
    if plain == "set_config":  # with a third argument that is true it ends with the transaction
        last = arguments[2].get("A_Const", {}) if len(arguments) == 3 else {}
        return last.get("boolval", {}).get("boolval") is not True
    return plain in _SESSION_FUNCTIONS


def walk(tree: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node of a parse tree with its kind, parents first. ``relation`` fields are bare RangeVars."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, dict):
                if key[:1].isupper() or "relname" in value:
                    yield key, value
                yield from walk(value)
            elif isinstance(value, list):
                yield from walk(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from walk(item)


def _is_relation(kind: str, node: dict[str, Any]) -> bool:
    return "relname" in node and (kind == "RangeVar" or not kind[:1].isupper())


def _name(node: dict[str, Any]) -> str:
    return ".".join(part for part in (node.get("schemaname"), node["relname"]) if part)


def _strings(nodes: list[dict[str, Any]]) -> list[str]:
    return [n["String"].get("sval", "") for n in nodes if "String" in n]


def _command(kind: str, tree: dict[str, Any]) -> str:
    if kind == "VacuumStmt" and not tree.get("is_vacuumcmd"):
        return "ANALYZE"
    if kind == "SelectStmt" and tree.get("intoClause"):
        return "SELECT INTO"
    fallback = kind.removesuffix("Stmt")
    return _DML.get(kind) or _UTILITY.get(kind) or fallback.upper()


def _tied(kind: str, tree: dict[str, Any], nodes: list[tuple[str, dict[str, Any]]], functions: list[str]) -> str:
    if kind not in _DML and kind not in _UTILITY:
        return _TIED_TO_SESSION.get(kind, f"cronlift does not know how to move {kind}")
    session = next((f for f in functions if f.removeprefix("pg_catalog.") in _SESSION_FUNCTIONS), None)
    if session:
        return f"{session}() acts on one pooled connection"
    if any(n.get("relpersistence") == "t" or str(n.get("schemaname", "")).startswith("pg_temp") for _, n in nodes):
        return "a temporary table belongs to one pooled connection"
    return ""


def _session(nodes: list[tuple[str, dict[str, Any]]], functions: list[str]) -> str:
    for kind, node in nodes:
        op = str(node.get("op", ""))
        if kind == "SQLValueFunction" and op.endswith(("_USER", "_ROLE", "_SCHEMA")):
            return op.removeprefix("SVFOP_")
    return next((f for f in functions if f.removeprefix("pg_catalog.") in _SESSION_VALUES), "")


def refused_in_transaction(kind: str, tree: Mapping[str, Any]) -> bool:
    """Whether PostgreSQL refuses the statement inside a transaction block (and so beside another one)."""
    if kind in _NEVER_IN_TRANSACTION:
        return True
    if kind == "VacuumStmt":
        return bool(tree.get("is_vacuumcmd"))
    if kind == "ReindexStmt":
        names = {p["DefElem"]["defname"] for p in tree.get("params", []) if "DefElem" in p}
        wide = tree.get("kind") in ("REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE")
        return "concurrently" in names or wide
    if kind == "ClusterStmt":
        return "relation" not in tree
    if kind in ("IndexStmt", "DropStmt"):
        return bool(tree.get("concurrent"))
    if kind == "AlterTableStmt":
        return any(n.get("concurrent") for k, n in walk(tree) if k == "PartitionCmd")
    return False


def _writes(kind: str, nodes: list[tuple[str, dict[str, Any]]], functions: list[str]) -> bool:
    if kind != "SelectStmt":
        return kind not in ("VariableShowStmt", "ExplainStmt")
    if any(
        k in ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "IntoClause", "LockingClause") for k, _ in nodes
    ):
        return True
    if any(n.get("intoClause") for k, n in nodes if k == "SelectStmt"):
        return True
    return any(f.removeprefix("pg_catalog.") not in _READING_FUNCTIONS for f in functions)
