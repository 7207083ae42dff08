"""Options of a macro while it expands: literals, and what is looked up in or merged of them (elixir lib/keyword.ex)."""

from __future__ import annotations

from collections.abc import Mapping

from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.syntax import Atom, Node


def evaluated(node: Node, bound: Mapping[str, Node], owner: Module) -> Node | None:
    """The literal that an expression of ``owner``'s macro comes to, with ``bound`` its variables; None where it is
    anything else."""
    match node:
        case ast.Var(name=name):
            found = bound.get(name)
            return found if found is not None and _is_literal(found) else None
        case ast.Binary(op="||", left=left, right=right):
            first = evaluated(left, bound, owner)
            falsy = isinstance(first, ast.Literal) and first.value in (None, False)
            return evaluated(right, bound, owner) if falsy else first
        case ast.Access(value=value, key=key):
            return _looked_up(value, key, ast.Literal(node.span, None), bound, owner)
        case ast.Call(target=ast.Alias(name="Keyword"), name="get", args=(options, key, *default)):
            otherwise = default[0] if default else ast.Literal(node.span, None)
            return _looked_up(options, key, otherwise, bound, owner)
        case ast.Call(target=ast.Alias(name="Keyword"), name="fetch!", args=(options, key)):
            return _looked_up(options, key, None, bound, owner)
        case ast.Call(target=ast.Alias(name="Keyword"), name="merge", args=(left, right)):
            return _merged(evaluated(left, bound, owner), evaluated(right, bound, owner))
        case _:
            return _owned(node, owner) if _is_literal(node) else None


def _owned(node: Node, owner: Module) -> Node:
    """What the macro's module writes, with its aliases expanded as that module reads them."""

    def change(inner: Node) -> Node | None:
        match inner:
            case ast.Alias(name=name) if not name.startswith(("__MODULE__", "Elixir.")):
                return ast.Alias(inner.span, f"Elixir.{owner.expand(name, line=inner.span.line)}")
        return None

    written: Node = ast.rewrite(node, change)
    return written


def _is_literal(node: Node) -> bool:
    match node:
        case ast.Literal() | ast.Alias():
            return True
        case ast.Text(parts=parts):
            return all(isinstance(p, str) for p in parts)
        case ast.List(items=items, tail=None) | ast.Tuple(items=items):
            return all(map(_is_literal, items))
        case _:
            return False


def _looked_up(
    options: Node, key: Node, otherwise: Node | None, bound: Mapping[str, Node], owner: Module
) -> Node | None:
    given = evaluated(options, bound, owner)
    if not (isinstance(given, ast.List) and _is_keyword(given) and isinstance(key, ast.Literal)):
        return None
    found = ast.keyword(given, key.value.name) if isinstance(key.value, Atom) else None
    if found is not None:
        return found
    return evaluated(otherwise, bound, owner) if otherwise is not None else None


def _merged(left: Node | None, right: Node | None) -> Node | None:
    if not (isinstance(left, ast.List) and isinstance(right, ast.List) and _is_keyword(left) and _is_keyword(right)):
        return None
    names = {_name(i) for i in right.items}
    return ast.List(left.span, (*(i for i in left.items if _name(i) not in names), *right.items))


def _is_keyword(node: ast.List) -> bool:
    return node.tail is None and all(_name(i) is not None for i in node.items)


def _name(item: Node) -> str | None:
    match item:
        case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), _)):
            return name
        case _:
            return None
