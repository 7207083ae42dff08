"""SQL written by hand in a query: ``fragment/n`` (ecto lib/ecto/query/builder.ex, escape/5 and split_fragment/2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import name_of
from cronlift.ecto.expression import Expr
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.slots import literal_value
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Node
from cronlift.elixir.values import Known, ListValue

if TYPE_CHECKING:
    from cronlift.ecto.escape import Escaper


def fragment(escaper: Escaper, args: tuple[Node, ...]) -> ex.Fragment:
    first = args[0]
    text = escaper.slots.get(id(first)) if isinstance(first, ast.Attribute) else literal_value(first)
    if not (isinstance(text, Known) and isinstance(text.value, str)):
        raise NotKnownError("the text of a fragment is not known")
    columns: tuple[str, ...] = ()
    rest = list(args[1:])
    if rest and isinstance(rest[-1], ast.List) and (named := ast.keyword(rest[-1], "columns")) is not None:
        items = named.items if isinstance(named, ast.List) else ()
        columns = tuple(name_of(i, escaper.slots) for i in items)
        rest.pop()
    pieces = split_fragment(text.value)
    if len(pieces) != len(rest) + 1:
        raise RaisesError("a fragment has another number of question marks than arguments")
    parts: list[str | Expr] = [pieces[0]]
    for argument, piece in zip(rest, pieces[1:], strict=True):
        parts += [*_fragment_argument(escaper, argument), piece]
    return ex.Fragment(tuple(p for p in parts if p != ""), columns)


def _fragment_argument(escaper: Escaper, node: Node) -> list[str | Expr]:
    if isinstance(node, ast.Call) and node.target is None and len(node.args) == 1:
        argument = node.args[0]
        pinned = isinstance(argument, ast.Unary) and argument.op == "^"
        value = escaper.slots.get(id(argument.operand)) if isinstance(argument, ast.Unary) and pinned else None
        if node.name in ("literal", "identifier"):
            if not pinned:
                raise RaisesError(f"{node.name}/1 in a fragment needs a pinned value")
            if isinstance(value, Known) and isinstance(value.value, str):
                return [ex.Raw(quoted(value.value))]
            raise NotKnownError(f"what {node.name}/1 names is not known")
        if node.name == "constant":
            return [ex.Literal(value)] if pinned and isinstance(value, Known) else _not_known("a constant")
        if node.name == "splice":
            if isinstance(value, ListValue):
                return _between([ex.Pin(v) for v in value.items])
            if isinstance(argument, ast.List):
                return _between([e for i in argument.items for e in _fragment_argument(escaper, i)])
            return _not_known("what splice/1 spreads")
    return [escaper.escape(node)]


def _not_known(what: str) -> list[str | Expr]:
    raise NotKnownError(f"{what} in a fragment is not known")


def _between(items: Sequence[str | Expr]) -> list[str | Expr]:
    out: list[str | Expr] = []
    for item in items:
        out += ([","] if out else []) + [item]
    return out


def quoted(name: str) -> str:
    """A quoted name (connection.ex, quote_name/1)."""
    if '"' in name or "\0" in name:
        raise RaisesError(f"a name with a quotation mark: {name}")
    return f'"{name}"'


def split_fragment(text: str) -> list[str]:
    r"""A fragment's text at its question marks; ``\?`` is one of PostgreSQL's own (builder.ex, split_fragment/2)."""
    pieces, at = [""], 0
    while at < len(text):
        if text.startswith("\\?", at):
            pieces[-1] += "?"
            at += 2
        elif text[at] == "?":
            pieces.append("")
            at += 1
        else:
            pieces[-1] += text[at]
            at += 1
    return pieces
