"""The entries of a crontab list, through variables, concatenations, conditions and functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span

_MAX_DEPTH = 30
# Wrappers around a list that keep its entries (elixir lib/enum.ex, lib/list.ex).
_KEEPING = {("Enum", "reject"), ("Enum", "filter"), ("Enum", "uniq"), ("List", "flatten"), ("Enum", "to_list"),
            ("Enum", "concat"), ("List", "wrap"), ("Enum", "sort"), ("Enum", "reverse")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One crontab tuple: expression, worker, options; ``condition`` is the text it stands under."""

    node: ast.Tuple
    condition: str | None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A place whose entries are not known, and why."""

    span: Span
    why: str


class Crontab:
    """Reads crontab lists of one project. ``module`` is where the list stands (None: a config file)."""

    def __init__(self, project: Project, env: str, module: Module | None = None) -> None:
        self.project, self.env, self.module = project, env, module

    def entries(
        self, node: Node, condition: str | None = None, variables: dict[str, Node] | None = None, depth: int = 0
    ) -> Iterator[Entry | Unresolved]:
        """Every entry below ``node``, and every place that could not be resolved."""
        known = variables or {}
        if depth > _MAX_DEPTH:
            yield Unresolved(node.span, "the crontab is defined through too many steps")
            return
        match node:
            case ast.List(items=items, tail=tail):
                for item in (*items, *((tail,) if tail else ())):
                    yield from self._item(item, condition, known, depth)
            case ast.Binary(op="++", left=left, right=right):
                yield from self.entries(left, condition, known, depth + 1)
                yield from self.entries(right, condition, known, depth + 1)
            case ast.Literal(value=None | False):
                return
            case ast.Binary(op="=", right=right):
                yield from self.entries(right, condition, known, depth + 1)
            case ast.Var(name=name) if name in known:
                yield from self.entries(known[name], condition, known, depth + 1)
            case ast.Attribute(name=name, value=None) if self.module:
                value = self.module.attribute(name, node.span)
                if value is None:
                    yield Unresolved(node.span, f"@{name} is not defined where cronlift can see it")
                else:
                    yield from self.entries(value, condition, {}, depth + 1)
            case ast.Block(body=body):
                yield from self._sequence(body, condition, dict(known), depth)
            case ast.Call(target=None, name="if" | "unless" | "case" | "cond"):
                source = self.project.source(node.span.file)
                for inner, text in settings.branches(node, self.env, source):
                    under = settings.both(condition, text)
                    yield from self._sequence(inner, under, dict(known), depth)
            case ast.Call(target=ast.Alias(name=owner), name=name, args=args) if (owner, name) in _KEEPING and args:
                inner_nodes = args if name in ("concat", "flatten") else args[:1]
                for inner_node in inner_nodes:
                    yield from self.entries(inner_node, condition, known, depth + 1)
            case ast.Call() | ast.Var():
                yield from self._function(node, condition, depth)
            case _:
                yield Unresolved(node.span, "the crontab is computed in a way cronlift does not follow")

    def _item(
        self, item: Node, condition: str | None, known: dict[str, Node], depth: int
    ) -> Iterator[Entry | Unresolved]:
        match item:
            case ast.Tuple(items=items) if len(items) in (2, 3):
                resolved = settings.inline(item, known)
                assert isinstance(resolved, ast.Tuple)
                yield Entry(resolved, condition)
            case (
                ast.Var() | ast.Attribute() | ast.Call(target=None, name="if" | "unless" | "case" | "cond") | ast.List()
            ):
                yield from self._element(item, condition, known, depth)
            case ast.Literal(value=None | False):
                return
            case _:
                yield Unresolved(item.span, "this crontab entry is computed")

    def _element(
        self, item: Node, condition: str | None, known: dict[str, Node], depth: int
    ) -> Iterator[Entry | Unresolved]:
        """An element that stands for an entry (or for a list that is flattened later)."""
        if isinstance(item, ast.Var) and isinstance(known.get(item.name), ast.Tuple):
            yield from self._item(known[item.name], condition, known, depth + 1)
        elif isinstance(item, ast.Attribute) and self.module:
            value = self.module.attribute(item.name, item.span)
            if isinstance(value, ast.Tuple):
                yield from self._item(value, condition, {}, depth + 1)
            else:
                yield from self.entries(item, condition, known, depth + 1)
        elif isinstance(item, ast.Call):
            source = self.project.source(item.span.file)
            for inner, text in settings.branches(item, self.env, source):
                under = settings.both(condition, text)
                for node in inner[-1:]:
                    yield from self._item(node, under, known, depth + 1)
        else:
            yield from self.entries(item, condition, known, depth + 1)

    def _sequence(
        self, body: tuple[Node, ...], condition: str | None, known: dict[str, Node], depth: int
    ) -> Iterator[Entry | Unresolved]:
        """A block's value is its last expression's; the bindings above it count."""
        for node in body[:-1]:
            if isinstance(node, ast.Binary) and node.op == "=" and isinstance(node.left, ast.Var):
                known[node.left.name] = settings.inline(node.right, known)
        for node in body[-1:]:
            yield from self.entries(node, condition, known, depth + 1)

    def _function(self, node: ast.Call | ast.Var, condition: str | None, depth: int) -> Iterator[Entry | Unresolved]:
        """A function of the application that answers with the list."""
        owner, args = self.module, 0
        if isinstance(node, ast.Call):
            args = len(node.args)
            if isinstance(node.target, ast.Alias):
                name = self.module.expand(node.target.name) if self.module else node.target.name
                owner = self.project.module(name)
            elif node.target is not None:
                owner = None
        found = owner.function(node.name, args) if owner else None
        bodies = [c.sections.get("do") for c in found.clauses if c.sections] if found else []
        if len(bodies) == 1 and isinstance(bodies[0], ast.Block) and not args:
            inner = Crontab(self.project, self.env, owner)
            yield from inner.entries(bodies[0], condition, {}, depth + 1)
        else:
            yield Unresolved(node.span, f"the crontab comes from {node.name}, which is not followed")


def literal(node: Node | None) -> object:
    """A literal as plain data, atoms as their names. Raises ValueError for anything else."""
    match node:
        case ast.Literal(value=Atom(name=name)):
            return name
        case ast.Literal(value=value):
            return value
        case ast.Text(parts=parts) if all(isinstance(p, str) for p in parts):
            return "".join(str(p) for p in parts)
        case ast.Unary(op="-", operand=ast.Literal(value=int() | float() as value)):
            return -value
        case ast.List(items=items, tail=None):
            return [literal(i) for i in items]
        case ast.Map(pairs=pairs, struct=None, base=None):
            return {str(literal(k)): literal(v) for k, v in pairs}
        case _:
            raise ValueError("not a literal")
