"""The statements of a PL/pgSQL body, made readable for the SQL parser: its variables become typed NULLs.

libpg_query's PL/pgSQL parser gives every expression as text. A variable in it (``WHERE id = wanted``) would be an
unknown column to the server; ``(NULL::integer)`` has its type and no value, so that the statement can be analysed
without being run. A variable whose type is not known here (records, ``%TYPE``) becomes a bare NULL and makes the unit
*vague*: only what does not depend on its type may be said of it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pgparse

from cronlift.sql import command, tree
from cronlift.sql.facts import LONGEST, walk
from cronlift.sql.unit import Unit

DYNAMIC = "Dynamic"
"""The kind of a unit whose text is only known when it runs (EXECUTE); its tree holds what the text begins with."""

_GUARD = re.compile(
    r"\b(to_regclass|to_regproc\w*|to_regprocedure|pg_class|pg_tables|pg_matviews|pg_indexes|pg_proc"
    r"|pg_extension|information_schema)\b", re.I,
)  # fmt: skip
_IDENTIFIER = r'(?:"(?:[^"]|"")+"|[\w$\x80-\uffff]+)'
_EXPRESSIONS = {"expr", "query", "cond", "sqlstmt", "lower", "upper", "step", "argquery"}
_CATCHING = {"others", "undefined_table", "undefined_column", "undefined_function", "undefined_object"}


class Unreadable(ValueError):
    """A body that libpg_query's PL/pgSQL parser does not read; the message is the parser's."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Context:
    line: int = 0
    conditional: bool = False
    caught: bool = False
    guarded: bool = False
    subtransaction: bool = False


def units(definition: str) -> tuple[Unit, ...]:
    """The statements of a routine, from its whole ``CREATE FUNCTION`` text, in order. Raises Unreadable."""
    if len(definition) > LONGEST:
        raise Unreadable(f"it is longer than {LONGEST} characters")
    try:
        found = pgparse.parse_pgsql(definition)
    except pgparse.PGQueryError as error:
        raise Unreadable(str(error.args[0])) from error
    body = found[0]["PLpgSQL_function"]
    variables = _variables(body.get("datums", ()))
    labels = [str(n["label"]).lower() for _, n in walk(body.get("action", {})) if "label" in n]
    named = re.search(rf"\b(?:FUNCTION|PROCEDURE)\s+(?:{_IDENTIFIER}\.)?({_IDENTIFIER})\s*\(", definition, re.I)
    labels += [named[1].strip('"').lower()] if named else []
    # A variable may be called by its block's label or its routine's name (manual, "Structure of PL/pgSQL").
    variables |= {f"{label}.{name}": type_name for label in labels for name, type_name in variables.items()}
    return tuple(_statements(body.get("action", {}), variables, _Context()))


def of_block(source: str) -> tuple[Unit, ...]:
    """The statements of a DO block. Raises Unreadable."""
    tag = "$cronlift$"
    while tag in source:
        tag = tag[:-1] + "_$"
    return units(f"CREATE FUNCTION block() RETURNS void LANGUAGE plpgsql AS {tag}{source}{tag}")


def _variables(datums: Any) -> dict[str, str | None]:
    """Each variable's type, None where it has none that a cast could name; names declared twice have none."""
    found: dict[str, str | None] = {}
    for datum in datums:
        kind, content = next(iter(datum.items()))
        if kind not in ("PLpgSQL_var", "PLpgSQL_rec") or "refname" not in content:
            continue
        name = str(content["refname"]).lower()
        written = str(content.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")).strip()
        written = re.sub(r'^pg_catalog\."(.*)"$', r"\1", written)
        plain = written and "%" not in written and not written.lower().startswith(("refcursor", "record"))
        type_name = written if kind == "PLpgSQL_var" and plain else None
        found[name] = None if name in found and found[name] != type_name else type_name
    return found


def _statements(node: Any, variables: Mapping[str, str | None], at: _Context) -> Iterator[Unit]:
    if isinstance(node, list):
        for item in node:
            yield from _statements(item, variables, at)
        return
    if not isinstance(node, dict):
        return
    for kind, content in node.items():
        if not isinstance(content, dict):
            yield from _statements(content, variables, at)
            continue
        here = dataclasses.replace(at, line=int(content.get("lineno", at.line))) if "stmt" in kind else at
        if kind == "PLpgSQL_stmt_block" and "exceptions" in content:
            handler = content["exceptions"]["PLpgSQL_exception_block"]
            names = {n.get("condname", "") for k, n in walk(handler) if k == "PLpgSQL_condition"}
            catches = bool(names & _CATCHING) or here.caught
            inner = dataclasses.replace(here, caught=catches, subtransaction=True)
            yield from _statements(content.get("body", []), variables, inner)
            yield from _statements(handler, variables, dataclasses.replace(here, conditional=True))
        elif kind in ("PLpgSQL_stmt_if", "PLpgSQL_stmt_case"):
            yield from _branches(content, variables, here)
        elif kind in ("PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"):
            word = kind.rsplit("_", 1)[1].upper()
            yield _placed(Unit(word, "TransactionStmt", {"kind": f"TRANS_STMT_{word}"}), here)
        elif kind == "PLpgSQL_stmt_dynexecute":
            yield from _dynamic(content, variables, here)
        elif kind == "PLpgSQL_expr":
            yield from _expression(content, variables, here)
        else:
            yield from _statements(list(_parts(content)), variables, here)


def _parts(content: Mapping[str, Any]) -> Iterator[Any]:
    """What of a statement holds statements or expressions: its children, each with its kind."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield value if key in _EXPRESSIONS else {key: value}
        elif isinstance(value, list):
            yield value


def _branches(content: Mapping[str, Any], variables: Mapping[str, str | None], here: _Context) -> Iterator[Unit]:
    condition = "".join(
        str(n.get("query", "")) for key in ("cond", "t_expr") for k, n in walk(content.get(key)) if k == "PLpgSQL_expr"
    )
    inner = dataclasses.replace(here, conditional=True, guarded=here.guarded or bool(_GUARD.search(condition)))
    for key, value in content.items():
        yield from _statements(value, variables, here if key in ("cond", "t_expr") else inner)


def _dynamic(content: Mapping[str, Any], variables: Mapping[str, str | None], here: _Context) -> Iterator[Unit]:
    text = str(content.get("query", {}).get("PLpgSQL_expr", {}).get("query", ""))
    whole, prefix = literal_start(text)
    parsed = command.parse(prefix) if whole else None
    if parsed is not None and parsed.units and not content.get("params"):
        for unit in parsed.units:
            yield _placed(unit, here)
        return
    yield _placed(Unit(text, DYNAMIC, {"begins": prefix}), here)
    yield from _expression({"query": text, "parseMode": 2}, variables, here)


def literal_start(expression: str) -> tuple[bool, str]:
    """Whether an SQL expression is one string literal, and the text it begins with: ``'VACUUM ' || name`` begins with
    ``VACUUM``, as does ``format('VACUUM %I', name)``."""
    try:
        node = pgparse.parse(f"SELECT {expression}")[0]["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (pgparse.PGQueryError, KeyError, IndexError):
        return False, ""
    whole = True
    while True:
        value = tree.constant(node)
        if isinstance(value, str):
            return whole, value
        name, arguments = tree.function(node)
        operator, left, _ = tree.operator(node)
        if name in ("format", "concat") and arguments:
            node, whole = arguments[0], False
        elif operator == "||":
            node, whole = left, False
        else:
            return False, ""


def _expression(content: Mapping[str, Any], variables: Mapping[str, str | None], here: _Context) -> Iterator[Unit]:
    text, mode = str(content.get("query", "")), content.get("parseMode", 0)
    if mode >= 3:  # an assignment: what is assigned
        text = re.split(r":=|=", text, maxsplit=1)[-1]
    if mode != 0:
        text = f"SELECT {text}"
    parsed = command.parse(text)
    if parsed.error:
        return
    for unit in parsed.units:
        replaced, vague = _with_nulls(unit.text, variables, unit.tree)
        yield _placed(dataclasses.replace(unit, vague=vague, analysed=replaced), here)


def _with_nulls(text: str, variables: Mapping[str, str | None], node: Any) -> tuple[str, bool]:
    """The statement with its variables as NULLs, and whether one of them has no type."""
    places: dict[int, tuple[int, str | None]] = {}
    raw = text.encode()
    for kind, reference in walk(node):
        if kind != "ColumnRef":
            continue
        fields = reference.get("fields", ())
        parts = tree.strings(fields)
        qualified = ".".join(parts[:2]).lower()
        name = qualified if len(parts) > 1 and qualified in variables else parts[0].lower() if parts else ""
        if name not in variables:
            continue
        at = int(reference.get("location", 0))
        written = re.match(rf"{_IDENTIFIER}(?:\s*\.\s*(?:{_IDENTIFIER}|\*)){{{len(fields) - 1}}}", raw[at:].decode())
        if written:
            type_name = variables[name] if len(fields) == name.count(".") + 1 else None
            places[at] = (len(written[0].encode()), type_name)
    vague = False
    for at in sorted(places, reverse=True):
        length, type_name = places[at]
        null = f"(NULL::{type_name})" if type_name else "(NULL)"
        vague = vague or type_name is None
        raw = raw[:at] + null.encode() + raw[at + length :]
    return raw.decode(), vague


def _placed(unit: Unit, at: _Context) -> Unit:
    return dataclasses.replace(unit, **dataclasses.asdict(at))
