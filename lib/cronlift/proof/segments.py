"""A procedure that ends transactions, taken apart at its COMMITs.

No transaction can hold it, but each part between two COMMITs can be compared with the app's transaction of the same
number in the savepoint way, with planted rows and a clock that stands still. That the parts are as many and cut at the
same places is read from the procedure's body itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pgparse

from cronlift.generate.quoting import dollar_quote
from cronlift.model.verdict import Step
from cronlift.proof.reach import constant_text

_COMMIT = re.compile(
    r"(?P<quoted>--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\2\$)"
    r"|\bCOMMIT\b(?:\s+AND\s+(?:NO\s+)?CHAIN)?\s*;",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Body:
    """``settings``: the PL/pgSQL statements before the first part that set the search_path; ``parts``: per transaction
    its statements as PL/pgSQL has them, each with the SQL text it runs."""

    settings: tuple[str, ...]
    parts: tuple[tuple[tuple[str, str], ...], ...]


def transactions(steps: Sequence[Step]) -> list[list[Step]]:
    """The app's statements as its transactions held them: equal numbers together, None each for itself."""
    groups = groupby(
        enumerate(steps), key=lambda n: ("", n[0]) if n[1].transaction is None else ("in", n[1].transaction)
    )
    return [[step for _, step in group] for _, group in groups]


def take_apart(procedure: str) -> Body | str:
    """The parts of a procedure (its CREATE statement), or why it cannot be taken apart."""
    try:
        (function,) = pgparse.parse_pgsql(procedure)
    except (pgparse.PGQueryError, ValueError):
        return "it is no PL/pgSQL that the parser takes"
    block = function["PLpgSQL_function"]["action"]["PLpgSQL_stmt_block"]
    if "exceptions" in block:
        return "it handles exceptions"
    settings: list[str] = []
    parts: list[list[tuple[str, str]]] = [[]]
    for statement in block.get("body", []):
        kind, node = next(iter(statement.items()))
        if kind == "PLpgSQL_stmt_commit":
            parts.append([])
        elif kind == "PLpgSQL_stmt_return":
            break
        else:
            found = _statement(kind, node)
            if found is None:
                return f"it holds {kind.removeprefix('PLpgSQL_stmt_').upper()}, not only statements and COMMIT"
            if _is_setting(found[1]) and parts == [[]]:
                settings.append(found[0])
            else:
                parts[-1].append(found)
    if not parts[-1] and len(parts) > 1:
        parts.pop()  # a COMMIT at the end ends what would end anyway
    return Body(tuple(settings), tuple(tuple(part) for part in parts))


def without_commits(procedure: str) -> str | None:
    """The procedure (its CREATE statement) as an anonymous block with its COMMITs left out; None where that cannot be.

    COMMIT is a word of its own before a semicolon (or AND [NO] CHAIN); quotes and comments are passed over.
    """
    body = _body(procedure)
    if body is None:
        return None
    text = _COMMIT.sub(lambda found: found[0] if found["quoted"] else "NULL;", body)
    block = "DO " + dollar_quote(text, "whole")
    try:
        inner = f"CREATE PROCEDURE p() LANGUAGE plpgsql AS {dollar_quote(text, 'whole')}"
        return None if ends_transactions(inner) else block
    except pgparse.PGQueryError:
        return None


def _body(procedure: str) -> str | None:
    try:
        options = pgparse.parse(procedure)[0]["stmt"]["CreateFunctionStmt"]["options"]
        (text,) = (
            item["String"]["sval"]
            for option in options
            if option["DefElem"]["defname"] == "as"
            for item in option["DefElem"]["arg"]["List"]["items"]
        )
    except (pgparse.PGQueryError, KeyError, ValueError, IndexError):
        return None
    return str(text)


def ends_transactions(procedure: str) -> bool:
    """Whether a PL/pgSQL procedure (its CREATE statement) holds a COMMIT or ROLLBACK anywhere."""
    try:
        return _holds(pgparse.parse_pgsql(procedure), {"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"})
    except pgparse.PGQueryError:
        return False


def _holds(tree: Any, kinds: set[str]) -> bool:
    if isinstance(tree, list):
        return any(_holds(item, kinds) for item in tree)
    return isinstance(tree, dict) and any(key in kinds or _holds(value, kinds) for key, value in tree.items())


def same_statement(one: str, other: str) -> bool:
    """Whether two texts are the same statement, but for places and schema names."""
    return bool(_bare([t["stmt"] for t in pgparse.parse(one)]) == _bare([t["stmt"] for t in pgparse.parse(other)]))


def _bare(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_bare(item) for item in tree]
    if isinstance(tree, dict):
        return {k: _bare(v) for k, v in tree.items() if not k.endswith("location") and k != "schemaname"}
    return tree


def block(body: Body, number: int) -> str:
    """One part as an anonymous block, with the procedure's settings before it."""
    lines = [*body.settings, *(text for text, _ in body.parts[number])]
    return "DO " + dollar_quote("\n".join(["", "#variable_conflict use_column", "BEGIN", *lines, "END", ""]), "part")


def _statement(kind: str, node: dict[str, Any]) -> tuple[str, str] | None:
    if kind == "PLpgSQL_stmt_execsql" and not node.get("into"):
        text = node["sqlstmt"]["PLpgSQL_expr"]["query"]
        return f"{text};", text
    if kind == "PLpgSQL_stmt_perform":
        text = node["expr"]["PLpgSQL_expr"]["query"]
        return _perform(text), text
    if kind == "PLpgSQL_stmt_dynexecute" and "params" not in node and not node.get("into"):
        query = node["query"]["PLpgSQL_expr"]["query"]
        inner = constant_text(query)
        return None if inner is None else (f"EXECUTE {query};", inner)
    return None


def _perform(query: str) -> str:
    # PL/pgSQL keeps PERFORM x as the query SELECT x.
    return "PERFORM" + query[len("SELECT") :] + ";"


def _is_setting(text: str) -> bool:
    try:
        tree = pgparse.parse(text)[0]["stmt"]["SelectStmt"]
        (target,) = tree["targetList"]
        names = [n["String"]["sval"] for n in target["ResTarget"]["val"]["FuncCall"]["funcname"]]
    except (pgparse.PGQueryError, KeyError, ValueError, IndexError):
        return False
    return names[-1] == "set_config" and "fromClause" not in tree
