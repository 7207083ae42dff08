"""One statement of the application: what it names, and how it changes byte by byte.

The parse tree (PostgreSQL's own parser, through pgparse) tells where names and parameters stand; the text is
edited there and every other byte stays. Offsets are bytes of the UTF-8 text, as the parser counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pgparse

from cronlift.generate.refusal import RefusalError
from cronlift.sql.facts import StatementError, facts, walk

Use = Literal["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "OWNER"]

_WRITES: dict[str, Use] = {
    "InsertStmt": "INSERT",
    "UpdateStmt": "UPDATE",
    "DeleteStmt": "DELETE",
    "MergeStmt": "UPDATE",
    "TruncateStmt": "TRUNCATE",
}
_QUERIES = frozenset({"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
CALL = "CallStmt"

_BLANK = " \t\n\r\f\v"
_SPACE = re.compile(rb"\s+|--[^\n]*(?:\n|$)")
_COMMENT_EDGE = re.compile(rb"/\*|\*/")


@dataclass(frozen=True)
class Reference:
    """A relation or function the statement names, at byte ``location``; ``use`` is what it does to a relation."""

    kind: Literal["relation", "function"]
    schema: str | None
    name: str
    location: int
    use: Use = "SELECT"


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon. ``node`` is the parser's name of its kind.

    ``query`` says that the server analyses it when it is prepared, as it does CALL (src/backend/parser/analyze.c,
    transformCallStmt; all others are utility statements, which it takes without a look: manual, PREPARE);
    ``parameters`` are the numbers of its ``$n``.
    """

    text: str
    node: str
    references: tuple[Reference, ...]
    parameters: frozenset[int]
    returns_rows: bool
    concurrently: bool

    @property
    def query(self) -> bool:
        return self.node in _QUERIES or self.node == CALL


def read(text: str) -> Statement:
    """Parse one statement. Raises RefusalError where it is none, several, or of a kind that cannot move."""
    try:
        known = facts(text)
    except StatementError as error:
        raise RefusalError("not-one-statement", f"the job's SQL cannot be used: {error}") from error
    trees = pgparse.parse(text)
    start = trees[0].get("stmt_location", 0)
    length = trees[0].get("stmt_len")
    if start or length:
        whole = text.encode()
        return read(whole[start : start + length if length else None].decode())

    node, tree = next(iter(trees[0]["stmt"].items()))
    if known.tied:
        raise RefusalError("tied-to-session", f"{known.command} cannot stand in a procedure: {known.tied}")
    if "intoClause" in tree and node == "SelectStmt":
        raise RefusalError("unfit-statement", "SELECT INTO creates a table; PL/pgSQL reads it as a variable")
    lead = len(text) - len(text.lstrip(_BLANK))  # blanks are one byte each
    return Statement(
        text=text.strip(_BLANK),
        node=node,
        references=tuple(replace(r, location=r.location - lead) for r in _references(node, tree, frozenset())),
        parameters=frozenset(n["number"] for kind, n in walk(tree) if kind == "ParamRef"),
        returns_rows=node == "SelectStmt" or bool(tree.get("returningList")),
        concurrently=bool(tree.get("concurrent")),
    )


def _references(node: str, tree: Any, ctes: frozenset[str]) -> Iterator[Reference]:
    """Relations and functions below one statement node, the names of its WITH queries left out.

    Scopes follow the manual (7.8): a WITH query sees those before it, with RECURSIVE all of its list; the
    target of INSERT, UPDATE, DELETE and MERGE is never a WITH query.
    """
    if isinstance(tree, list):
        for value in tree:
            yield from _references(node, value, ctes)
        return
    if not isinstance(tree, dict):
        return
    if "relname" in tree and "relpersistence" in tree:
        if tree.get("schemaname") or tree["relname"] not in ctes:
            yield Reference("relation", tree.get("schemaname"), tree["relname"], tree["location"], _use(node))
        return
    if "funcname" in tree:
        yield _function(tree)

    if clause := tree.get("withClause"):
        names = {c["CommonTableExpr"]["ctename"] for c in clause["ctes"]}
        seen = ctes | names if clause.get("recursive") else ctes
        for cte in clause["ctes"]:
            yield from _references("SelectStmt", cte, seen)
            seen |= {cte["CommonTableExpr"]["ctename"]}
        ctes = ctes | names
    for key, value in tree.items():
        if key in ("withClause", "lockedRels"):
            continue  # FOR UPDATE OF names aliases of the FROM list, which take no schema
        if key == "relation" and node in _WRITES and "relname" in value:
            yield Reference("relation", value.get("schemaname"), value["relname"], value["location"], _WRITES[node])
            if node == "InsertStmt" and _updates_on_conflict(tree):
                yield Reference("relation", value.get("schemaname"), value["relname"], value["location"], "UPDATE")
        elif key.endswith("Stmt"):
            yield from _references(key, value, ctes)
        else:
            # Below an expression or a FROM list everything is read, whatever the statement writes.
            inner = node if node not in _QUERIES else "SelectStmt"
            yield from _references(inner, value, ctes)


def _use(node: str) -> Use:
    if node in _WRITES and node not in _QUERIES:
        return _WRITES[node]
    return "SELECT" if node in (*_QUERIES, "LockStmt") else "OWNER"


def _updates_on_conflict(tree: dict[str, Any]) -> bool:
    return bool(tree.get("onConflictClause", {}).get("action") == "ONCONFLICT_UPDATE")


def _function(tree: dict[str, Any]) -> Reference:
    *schema, name = (part["String"]["sval"] for part in tree["funcname"])
    return Reference("function", schema[-1] if schema else None, name, tree.get("location", 0))


def qualified(statement: Statement, schemas: Mapping[int, str]) -> str:
    """The statement's text with ``schema.`` put before the names at the given byte locations."""
    data = statement.text.encode()
    for location, schema in sorted(schemas.items(), reverse=True):
        data = data[:location] + f"{schema}.".encode() + data[location:]
    return data.decode()


def is_computed(value: str) -> bool:
    """Whether a value's SQL calls anything (``now()``, ``CURRENT_TIMESTAMP``), so that it may change with time."""
    return any(kind in ("FuncCall", "SQLValueFunction") for kind, _ in walk(pgparse.parse(f"SELECT {value}")))


def terminated(text: str) -> str:
    """The statement with its semicolon: on a line of its own where the text ends in a line comment."""
    return text + ("\n;" if "stmt_len" not in pgparse.parse(text + ";")[0] else ";")


def as_perform(text: str) -> str | None:
    """The query with PERFORM for its leading SELECT (comments before it kept); None where it starts otherwise."""
    data = text.encode()
    at = _first_token(data)
    if data[at : at + 6].lower() != b"select":
        return None
    return (data[:at] + b"PERFORM" + data[at + 6 :]).decode()


def _first_token(data: bytes) -> int:
    """Where white space and comments (which nest) end."""
    at = 0
    while True:
        if space := _SPACE.match(data, at):
            at = space.end()
        elif data.startswith(b"/*", at):
            depth = 0
            for edge in _COMMENT_EDGE.finditer(data, at):
                depth += 1 if edge.group() == b"/*" else -1
                if depth == 0:
                    at = edge.end()
                    break
        else:
            return at
