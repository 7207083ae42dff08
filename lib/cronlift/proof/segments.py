"""A procedure that ends transactions, taken apart at its COMMITs.

No transaction can hold it, but each part between two COMMITs can be compared with the app's transaction of the same
number in the savepoint way, with planted rows and a clock that stands still. That the parts are as many and cut at the
same places is read from the procedure's body itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pgparse

from cronlift.generate.quoting import dollar_quote
from cronlift.model.verdict import Step
from cronlift.proof.reach import ENDS, constant_text, holds

_COMMIT = re.compile(
    r"(?P<quoted>--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\2\$)"
    r"|\bCOMMIT\b(?:\s+AND\s+(?:NO\s+)?CHAIN)?\s*;",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Repeated:
    """A part's place in a LOOP (numbered from 1): ``counted`` the statement whose rows are asked for, ``until`` the
    condition of the EXIT behind the part (``fewer`` or ``other`` than a number of rows)."""

    loop: int
    counted: int | None = None
    until: tuple[str, int] | None = None


@dataclass(frozen=True)
class Body:
    """``settings``: the PL/pgSQL statements that set the search_path, and what is computed once; ``parts``: per
    transaction its statements as PL/pgSQL has them, each with the SQL text it runs; ``repeated``: for each whether it
    stands in a loop; ``variables``: their declarations."""

    settings: tuple[str, ...]
    parts: tuple[tuple[tuple[str, str], ...], ...]
    repeated: tuple[Repeated | None, ...] = ()
    variables: tuple[str, ...] = ()


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
    function = function["PLpgSQL_function"]
    block = function["action"]["PLpgSQL_stmt_block"]
    if "exceptions" in block:
        return "it handles exceptions"
    taken = _Taken()
    why = taken.statements(block.get("body", []), 0)
    if why is not None:
        return why
    if not taken.parts[-1] and len(taken.parts) > 1:
        taken.drop()  # a COMMIT at the end ends what would end anyway
    parts = tuple(tuple(part) for part in taken.parts)
    first = (*taken.settings, *taken.computed)
    return Body(first, parts, tuple(taken.repeated), _variables(function))


class _Taken:
    """What was taken apart so far; the last part is the one that is being filled."""

    def __init__(self) -> None:
        self.settings: list[str] = []
        self.parts: list[list[tuple[str, str]]] = [[]]
        self.repeated: list[Repeated | None] = [None]
        self.loops = 0
        self.computed: list[str] = []

    def statements(self, body: Sequence[dict[str, Any]], loop: int) -> str | None:
        """Take statements in, those of a loop by its number; why not, where that is so."""
        for statement in body:
            kind, node = next(iter(statement.items()))
            if kind == "PLpgSQL_stmt_commit":
                self.parts.append([])
                self.repeated.append(Repeated(loop) if loop else None)
            elif kind == "PLpgSQL_stmt_return":
                break
            elif kind == "PLpgSQL_stmt_assign" and not loop:
                # Computed once before a loop: every part that is run by itself computes it first.
                self.computed.append(f"{node['expr']['PLpgSQL_expr']['query']};")
            elif kind == "PLpgSQL_stmt_loop" and not loop:
                if self.parts[-1]:
                    return "a loop begins before a transaction has ended"
                self.loops += 1
                self.repeated[-1] = Repeated(self.loops)
                if (why := self.statements(node.get("body", []), self.loops)) is not None:
                    return why
                if self.parts[-1]:
                    return "a turn of a loop does not end with COMMIT"
                self.repeated[-1] = None
            elif loop and kind in ("PLpgSQL_stmt_getdiag", "PLpgSQL_stmt_exit"):
                if not self._control(kind, node):
                    return f"a loop holds {kind.removeprefix('PLpgSQL_stmt_').upper()} in a form that is not read"
            else:
                found = _statement(kind, node)
                if found is None:
                    return f"it holds {kind.removeprefix('PLpgSQL_stmt_').upper()}, not only statements and COMMIT"
                if _is_setting(found[1]) and self.parts == [[]]:
                    self.settings.append(found[0])
                else:
                    self.parts[-1].append(found)
        return None

    def _control(self, kind: str, node: dict[str, Any]) -> bool:
        """GET DIAGNOSTICS of the row count behind a statement, EXIT WHEN behind a COMMIT."""
        if kind == "PLpgSQL_stmt_getdiag":
            kinds = [i["PLpgSQL_diag_item"]["kind"] for i in node["diag_items"]]
            here = self.repeated[-1]
            if kinds != ["ROW_COUNT"] or not self.parts[-1] or here is None:
                return False
            self.repeated[-1] = replace(here, counted=len(self.parts[-1]) - 1)
            return True
        until = _until(node.get("cond", {}).get("PLpgSQL_expr", {}).get("query", ""))
        before = self.repeated[-2] if len(self.repeated) > 1 else None
        if until is None or self.parts[-1] or before is None or "label" in node or not node.get("is_exit"):
            return False
        self.repeated[-2] = replace(before, until=until)
        return True

    def drop(self) -> None:
        """Leave the last part out."""
        self.parts.pop()
        self.repeated.pop()


def _until(condition: str) -> tuple[str, int] | None:
    """When a loop is left: ``rows = 0``, ``rows < n``, ``rows <> n``."""
    found = re.fullmatch(r"\s*\w+\s*(=|<|<>)\s*(\d+)\s*", condition)
    if not found or (found[1] == "=" and found[2] != "0"):
        return None
    number = int(found[2])
    return {"=": ("fewer", 1), "<": ("fewer", number), "<>": ("other", number)}[found[1]]


def _variables(function: dict[str, Any]) -> tuple[str, ...]:
    """The declarations of a procedure's variables."""
    lines = []
    for datum in function.get("datums", []):
        variable = datum.get("PLpgSQL_var", {})
        if "lineno" in variable:
            value = variable.get("default_val", {}).get("PLpgSQL_expr", {}).get("query")
            type_name = variable["datatype"]["PLpgSQL_type"]["typname"].strip()
            lines.append(f"{variable['refname']} {type_name}{f' := {value}' if value else ''};")
    return tuple(lines)


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
        return holds(pgparse.parse_pgsql(procedure), ENDS)
    except pgparse.PGQueryError:
        return False


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
    head = ["", "#variable_conflict use_column", *(["DECLARE", *body.variables] if body.variables else []), "BEGIN"]
    return "DO " + dollar_quote("\n".join([*head, *lines, "END", ""]), "part")


def _statement(kind: str, node: dict[str, Any]) -> tuple[str, str] | None:
    if kind == "PLpgSQL_stmt_execsql" and not node.get("into"):
        text = node["sqlstmt"]["PLpgSQL_expr"]["query"]
        return f"{text};", text
    if kind == "PLpgSQL_stmt_call":
        text = node["expr"]["PLpgSQL_expr"]["query"]
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
