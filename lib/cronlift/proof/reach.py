"""Everything a statement can set in motion: the functions it calls, the triggers of what it writes, the views it reads.

Their statements have comparisons too, and their languages decide whether they may be run for a proof at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pgparse

from cronlift import resources
from cronlift.postgres.server import Connection
from cronlift.proof.tables import Table, Tables
from cronlift.sql import builtins
from cronlift.sql.facts import walk

# Extensions whose functions leave the database: other servers, the network, files, the operating system.
_OUTSIDE = {
    "dblink", "http", "pgsql_http", "pg_net", "pg_background", "pg_curl", "amqp", "pg_amqp", "file_fdw", "postgres_fdw",
    "mysql_fdw", "oracle_fdw", "tds_fdw", "redis_fdw", "mongo_fdw", "multicorn", "wrappers", "aws_s3", "aws_lambda",
    "aws_commons", "adminpack", "plpython3u", "plperlu", "pltclu", "plsh", "pg_cron",
}  # fmt: skip
_OUTSIDE_STATEMENTS = {
    "AlterSystemStmt": "ALTER SYSTEM", "CreatedbStmt": "CREATE DATABASE", "DropdbStmt": "DROP DATABASE",
    "CreateTableSpaceStmt": "CREATE TABLESPACE", "CreateRoleStmt": "CREATE ROLE", "AlterRoleStmt": "ALTER ROLE",
    "DropRoleStmt": "DROP ROLE", "LoadStmt": "LOAD",
}  # fmt: skip
ENDS = frozenset({"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"})
"""What ends a transaction in PL/pgSQL."""
_WRITING = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt")


@dataclass
class Reach:
    """``statements``: parse trees with the place they stand in; ``refreshed``: materialized views that are refreshed;
    ``written``: tables the statements write by name, and those that foreign keys write then; ``read``: tables they name
    at all; ``unread``: what was not
    looked into; ``channels``: those that are notified, ``unheard`` where the name is computed; ``outside``: why nothing
    of this may run in a proof; ``ending``: procedures that end transactions."""

    statements: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refreshed: dict[int, Table] = field(default_factory=dict)
    written: dict[int, Table] = field(default_factory=dict)
    read: dict[int, Table] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)
    channels: dict[str, None] = field(default_factory=dict)
    unheard: dict[str, None] = field(default_factory=dict)
    outside: dict[str, None] = field(default_factory=dict)
    ending: dict[str, None] = field(default_factory=dict)


@dataclass
class Walker:
    """Follows statements into what they call; ``path`` is the search_path names are looked up under."""

    connection: Connection
    path: Sequence[str]
    tables: Tables
    reach: Reach = field(default_factory=Reach)
    _seen: set[object] = field(default_factory=set)

    def statement(self, text: str, where: str) -> None:
        """Take in one SQL text and everything it reaches."""
        try:
            trees = pgparse.parse(text)
        except pgparse.PGQueryError:
            self.reach.unread[f"{where}: a text PostgreSQL's parser does not take alone"] = None
            return
        for tree in trees:
            self._tree(tree["stmt"], where)

    def body(self, definition: str, where: str) -> None:
        """Take in every statement of a PL/pgSQL function or procedure, given its CREATE statement."""
        try:
            parsed = pgparse.parse_pgsql(definition)
        except pgparse.PGQueryError:
            self.reach.unread[f"{where}: PL/pgSQL that the parser does not take"] = None
            return
        if holds(parsed, ENDS):
            self.reach.ending[where] = None
        for text in plpgsql_texts(parsed):
            if text is None:
                self.reach.unread[f"{where}: SQL that it puts together at run time"] = None
            else:
                self.statement(text, where)

    def functions(self, name: str, schema: str | None) -> None:
        """Take in the functions and procedures of a name."""
        self._functions(name, schema)

    def _tree(self, statement: dict[str, Any], where: str) -> None:
        self.reach.statements.append((where, statement))
        for kind, node in walk(statement):
            if kind in _OUTSIDE_STATEMENTS:
                self.reach.outside[f"{where}: {_OUTSIDE_STATEMENTS[kind]} acts on the whole server"] = None
            elif kind == "CopyStmt" and (node.get("is_program") or node.get("filename")):
                self.reach.outside[f"{where}: COPY with a file or program of the server"] = None
            elif kind == "NotifyStmt":
                self.reach.channels[node["conditionname"]] = None
            if kind in ("FuncCall", "CallStmt"):
                called = node if kind == "FuncCall" else node["funccall"]
                name = [n["String"].get("sval", "") for n in called["funcname"]]
                self._system(name, called, where)
                self._functions(name[-1], name[-2] if len(name) > 1 else None)
            elif "relname" in node:
                table = self.tables(node.get("schemaname"), node["relname"])
                if table is not None:
                    self._table(table)
        for kind, node in walk(statement):
            if kind in _WRITING:
                for target in [node["relation"]] if "relation" in node else [r["RangeVar"] for r in node["relations"]]:
                    table = self.tables(target.get("schemaname"), target["relname"])
                    if table is not None:
                        self._written(table)
            elif kind == "RefreshMatViewStmt":
                table = self.tables(node["relation"].get("schemaname"), node["relation"]["relname"])
                if table is not None:
                    self.reach.refreshed[table.oid] = table

    def _system(self, name: list[str], call: dict[str, Any], where: str) -> None:
        """What functions of the system do that no rollback undoes, or that only a commit shows."""
        if name[-1] in builtins.OUTSIDE:
            self.reach.outside[f"{where}: {name[-1]}() acts outside of the database"] = None
        elif name[-1].startswith("lo_") or name[-1] in ("lowrite", "loread"):
            self.reach.unread[f"{where}: large objects ({name[-1]}), which are not compared"] = None
        elif name[-1] == "pg_notify":
            channel = call.get("args", [{}])[0].get("A_Const", {}).get("sval", {}).get("sval")
            if channel:
                self.reach.channels[str(channel)] = None
            else:
                self.reach.unheard[f"{where}: notifications on a channel whose name is computed"] = None

    def _table(self, table: Table) -> None:
        if table.oid in self._seen:
            return
        self._seen.add(table.oid)
        if table.kind in ("r", "p"):
            self.reach.read[table.oid] = table
        if table.kind == "f":
            self.reach.outside[f"{table.name} is a foreign table"] = None
        if table.definition is not None:
            self.statement(table.definition, f"view {table.name}")
        for (text,) in self.connection.execute(resources.sql("proof/expressions"), {"oid": table.oid}).fetchall():
            if text is not None:
                self._expression(str(text), f"an expression of {table.name}")

    def _written(self, table: Table) -> None:
        if table.oid in self.reach.written:
            return
        self.reach.written[table.oid] = table
        rows = self.connection.execute(resources.sql("proof/triggers"), {"oid": table.oid}).fetchall()
        self._functions(None, None, [int(str(oid)) for (oid,) in rows])
        for (text,) in self.connection.execute(resources.sql("proof/rules"), {"oid": table.oid}).fetchall():
            self.statement(str(text), f"a rule of {table.name}")
        for schema, name in self.connection.execute(resources.sql("proof/cascades"), {"oid": table.oid}).fetchall():
            other = self.tables(str(schema), str(name))
            if other is not None:
                self._table(other)
                self._written(other)

    def _expression(self, text: str, where: str) -> None:
        """The functions in an expression; its comparisons are not the job's, and nothing is planted for them."""
        try:
            trees = pgparse.parse(f"SELECT {text}")
        except pgparse.PGQueryError:
            self.reach.unread[f"{where}: a text PostgreSQL's parser does not take alone"] = None
            return
        for kind, node in walk(trees[0]["stmt"]):
            if kind == "FuncCall":
                name = [n["String"].get("sval", "") for n in node["funcname"]]
                self._system(name, node, where)
                self._functions(name[-1], name[-2] if len(name) > 1 else None)

    def _functions(self, name: str | None, schema: str | None, oids: Sequence[int] = ()) -> None:
        values = {"name": name, "schema": schema, "oids": list(oids), "path": list(self.path)}
        rows = self.connection.execute(resources.sql("proof/functions"), values).fetchall()
        for oid, home, function, language, trusted, extension, plpgsql, sql in rows:
            if ("function", oid) in self._seen:
                continue
            self._seen.add(("function", oid))
            where = f"function {home}.{function}"
            if extension in _OUTSIDE or not trusted:
                why = f"belongs to {extension}" if extension in _OUTSIDE else f"is written in {language}, untrusted"
                self.reach.outside[f"{where} {why}"] = None
            elif plpgsql is not None:
                self.body(str(plpgsql), where)
            elif sql is not None:
                self.statement(_atomic(str(sql)), where)
            elif extension is None and language not in ("internal", "c"):
                self.reach.unread[f"{where}: written in {language}"] = None


def holds(tree: Any, kinds: frozenset[str]) -> bool:
    """Whether a parsed PL/pgSQL function holds a statement of one of the kinds."""
    if isinstance(tree, list):
        return any(holds(item, kinds) for item in tree)
    return isinstance(tree, dict) and any(key in kinds or holds(value, kinds) for key, value in tree.items())


def plpgsql_texts(tree: Any) -> Iterator[str | None]:
    """The SQL texts of a parsed PL/pgSQL function, in order; None for one that is put together at run time."""
    if isinstance(tree, list):
        for item in tree:
            yield from plpgsql_texts(item)
        return
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if key == "PLpgSQL_stmt_dynexecute":
            yield constant_text(value["query"]["PLpgSQL_expr"]["query"])
        elif key == "PLpgSQL_expr":
            text, mode = value["query"], value.get("parseMode", 0)
            if mode == 0:
                yield text
            elif mode == 2:
                yield f"SELECT {text}"
            elif mode == 3 and ":=" in text:
                yield "SELECT " + text.split(":=", 1)[1]
        else:
            yield from plpgsql_texts(value)


def constant_text(expression: str) -> str | None:
    """The text of an EXECUTE whose argument is one string constant; None where it is computed."""
    try:
        (target,) = pgparse.parse(f"SELECT {expression}")[0]["stmt"]["SelectStmt"]["targetList"]
    except (pgparse.PGQueryError, ValueError, KeyError):
        return None
    constant = target["ResTarget"]["val"].get("A_Const", {}).get("sval")
    return None if constant is None else str(constant.get("sval", ""))


def _atomic(body: str) -> str:
    """The statements of a BEGIN ATOMIC body without its frame."""
    text = body.strip()
    if text.upper().startswith("BEGIN ATOMIC") and text.upper().endswith("END"):
        return text[len("BEGIN ATOMIC") : -len("END")]
    return text.removeprefix("RETURN ") if text.upper().startswith("RETURN ") else text
