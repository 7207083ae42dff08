"""From tree-sitter's tree to ours (syntax.py)."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator

import tree_sitter
import tree_sitter_elixir

from cronlift.elixir import strings
from cronlift.elixir import syntax as ast
from cronlift.elixir.sections import LazySections, Sections
from cronlift.elixir.syntax import Atom, Node, Span

_LANGUAGE = tree_sitter.Language(tree_sitter_elixir.language())
_SECTIONS = {"else_block": "else", "rescue_block": "rescue", "catch_block": "catch", "after_block": "after"}
_DEFINITIONS = ("def", "defp", "defmacro", "defmacrop")
_MAX_DEPTH = 400
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)?[ T]?(\d\d:\d\d:\d\d(\.\d{1,6})?)?Z?", re.ASCII)


def parse(source: bytes, file: str) -> ast.Block:
    """Parse a file. Raises ElixirSyntaxError at the first place that does not parse (or nests absurdly deep)."""
    tree = tree_sitter.Parser(_LANGUAGE).parse(source)
    if tree.root_node.has_error:
        raise ast.ElixirSyntaxError(file, _first_error(tree.root_node))
    return _Converter(file, source).block(tree.root_node)


def _first_error(root: tree_sitter.Node) -> int:
    node = root
    while True:
        if node.type == "ERROR" or node.is_missing:
            return node.start_point[0] + 1
        for child in node.children:
            if child.has_error or child.is_missing:
                node = child
                break
        else:
            return node.start_point[0] + 1


class _Converter:
    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.depth = 0
        self._handlers: dict[str, Callable[[tree_sitter.Node], Node]] = {}

    def text(self, node: tree_sitter.Node) -> str:
        # The node's own ``text`` is several times slower.
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def span(self, node: tree_sitter.Node) -> Span:
        # An end at column 0 belongs to the line before: the node's last character is its newline.
        row, column = node.end_point
        first = node.start_point[0]
        last = row if column or row == first else row - 1
        return Span(self.file, node.start_byte, node.end_byte, first + 1, last + 1)

    def named(self, node: tree_sitter.Node) -> list[tree_sitter.Node]:
        return [c for c in node.named_children if c.type != "comment"]

    def block(self, node: tree_sitter.Node) -> ast.Block:
        return ast.Block(self.span(node), tuple(self.convert(c) for c in self.named(node)))

    def convert(self, node: tree_sitter.Node) -> Node:
        self.depth += 1
        try:
            if self.depth > _MAX_DEPTH:
                raise ast.ElixirSyntaxError(self.file, node.start_point[0] + 1)
            kind = node.type
            handler = self._handlers.get(kind)
            if handler is None:
                handler = self._handlers[kind] = getattr(self, f"on_{kind}", self.opaque)
            return handler(node)
        finally:
            self.depth -= 1

    def opaque(self, node: tree_sitter.Node, what: str = "") -> ast.Opaque:
        children = tuple(self.convert(c) for c in self.named(node))
        return ast.Opaque(self.span(node), what or node.type, children)

    # ── literals ──
    def on_integer(self, node: tree_sitter.Node) -> Node:
        text = self.text(node).replace("_", "")
        try:
            return ast.Literal(self.span(node), int(text, 0) if text[:2].lower() in ("0x", "0b", "0o") else int(text))
        except ValueError:  # thousands of digits: Python refuses to count that far
            return self.opaque(node)

    def on_float(self, node: tree_sitter.Node) -> Node:
        value = float(self.text(node).replace("_", ""))
        # Elixir refuses what is beyond a double; JSON has no word for it either.
        return ast.Literal(self.span(node), value) if math.isfinite(value) else self.opaque(node)

    def on_boolean(self, node: tree_sitter.Node) -> Node:
        return ast.Literal(self.span(node), self.text(node) == "true")

    def on_nil(self, node: tree_sitter.Node) -> Node:
        return ast.Literal(self.span(node), None)

    def on_atom(self, node: tree_sitter.Node) -> Node:
        name = self.text(node)[1:]
        plain = {"nil": None, "true": True, "false": False}  # :nil is nil, in Elixir as in Erlang
        return ast.Literal(self.span(node), plain[name] if name in plain else Atom(name))

    def on_quoted_atom(self, node: tree_sitter.Node) -> Node:
        parts = strings.parts(node, self.convert)
        if all(isinstance(p, str) for p in parts):
            return ast.Literal(self.span(node), Atom("".join(str(p) for p in parts)))
        return self.opaque(node, "atom built at run time")

    def on_string(self, node: tree_sitter.Node) -> Node:
        return ast.Text(self.span(node), strings.parts(node, self.convert))

    def on_sigil(self, node: tree_sitter.Node) -> Node:
        name, content = strings.sigil(node, self.convert)
        if content is None:
            return self.opaque(node, f"~{name} with its delimiter escaped")
        if name in ("s", "S"):
            return ast.Text(self.span(node), content)
        if name in ("w", "W") and all(isinstance(p, str) for p in content):
            modifier = next((self.text(c) for c in node.named_children if c.type == "sigil_modifiers"), "")
            words = "".join(str(p) for p in content).split()
            if modifier in ("", "s", "a"):
                span = self.span(node)
                return ast.List(
                    span,
                    tuple(ast.Literal(span, Atom(w)) if modifier == "a" else ast.Text(span, (w,)) for w in words),
                )
        if name in ("D", "T", "N", "U") and (iso := "".join(str(p) for p in content)) and _ISO.fullmatch(iso):
            return ast.DateSigil(self.span(node), name, iso)
        text = "".join(str(p) for p in content) if all(isinstance(p, str) for p in content) else None
        return dataclasses.replace(self.opaque(node, f"~{name}"), text=text)

    def on_charlist(self, node: tree_sitter.Node) -> Node:
        return self.opaque(node, "charlist")

    # ── names ──
    def on_alias(self, node: tree_sitter.Node) -> Node:
        return ast.Alias(self.span(node), self.text(node))

    def on_identifier(self, node: tree_sitter.Node) -> Node:
        name = self.text(node)
        return ast.Alias(self.span(node), name) if name == "__MODULE__" else ast.Var(self.span(node), name)

    # ── containers ──
    def on_tuple(self, node: tree_sitter.Node) -> Node:
        # Trailing keywords are one list here, as in a call: {Plugin, a: 1} is {Plugin, [a: 1]}.
        return ast.Tuple(self.span(node), tuple(self.items_as_arguments(node)))

    def on_list(self, node: tree_sitter.Node) -> Node:
        items = list(self.items(node))
        if items and isinstance(items[-1], ast.Binary) and items[-1].op == "|":
            last = items.pop()
            assert isinstance(last, ast.Binary)
            return ast.List(self.span(node), (*items, last.left), last.right)
        return ast.List(self.span(node), tuple(items))

    def items(self, node: tree_sitter.Node) -> Iterator[Node]:
        for child in self.named(node):
            if child.type == "keywords":
                yield from (self.pair(p) for p in self.named(child))
            else:
                yield self.convert(child)

    def pair(self, node: tree_sitter.Node) -> Node:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is None or value is None:
            return self.opaque(node)
        return ast.Tuple(self.span(node), (self.on_keyword(key), self.convert(value)))

    def on_keyword(self, node: tree_sitter.Node) -> Node:
        return ast.Literal(self.span(node), Atom(self.text(node).rstrip().removesuffix(":").strip('"')))

    def on_keywords(self, node: tree_sitter.Node) -> Node:
        return ast.List(self.span(node), tuple(self.pair(p) for p in self.named(node)))

    def on_map(self, node: tree_sitter.Node) -> Node:
        struct: Node | None = None
        base: Node | None = None
        pairs: list[tuple[Node, Node]] = []
        for child in self.named(node):
            if child.type == "struct":
                inner = next(iter(self.named(child)), None)
                struct = self.convert(inner) if inner else None
                continue
            for item in self.named(child):
                if item.type == "keywords":
                    for pair in map(self.pair, self.named(item)):
                        if isinstance(pair, ast.Tuple):
                            pairs.append((pair.items[0], pair.items[1]))
                    continue
                base = self._map_item(self.convert(item), pairs) or base
        return ast.Map(self.span(node), tuple(pairs), struct, base)

    def _map_item(self, item: Node, pairs: list[tuple[Node, Node]]) -> Node | None:
        """Take one ``k => v`` into ``pairs``; the base where the item is ``base | k => v``."""
        if isinstance(item, ast.Binary) and item.op == "=>":
            pairs.append((item.left, item.right))
            return None
        if isinstance(item, ast.Binary) and item.op == "|":
            rest = item.right
            if isinstance(rest, ast.List):
                pairs.extend((p.items[0], p.items[1]) for p in rest.items if isinstance(p, ast.Tuple))
            else:
                self._map_item(rest, pairs)
            return item.left
        pairs.append((item, ast.Opaque(item.span, "map item")))
        return None

    # ── operators ──
    def on_unary_operator(self, node: tree_sitter.Node) -> Node:
        operand = node.child_by_field_name("operand")
        op = self.text(node.children[0])
        if operand is not None and operand.type == "(":  # &(&1 + 1): the grammar gives the parenthesis that name, too
            inside = [c for c in node.named_children if c.type != "comment"]
            operand = inside[0] if len(inside) == 1 else None
        if operand is None:
            return self.opaque(node)
        if op == "@":
            return self._attribute(node, self.convert(operand))
        if op == "&":
            inner = self.convert(operand)
            if isinstance(inner, ast.Literal) and isinstance(inner.value, int):
                return ast.CaptureArgument(self.span(node), inner.value)
            return ast.Capture(self.span(node), inner)
        return ast.Unary(self.span(node), op, self.convert(operand))

    def _attribute(self, node: tree_sitter.Node, inner: Node) -> Node:
        if isinstance(inner, ast.Var):
            return ast.Attribute(self.span(node), inner.name, None)
        if isinstance(inner, ast.Call) and inner.target is None and len(inner.args) == 1:
            return ast.Attribute(self.span(node), inner.name, inner.args[0])
        if isinstance(inner, ast.Access) and isinstance(inner.value, ast.Var):
            read = ast.Attribute(self.span(node), inner.value.name, None)
            return ast.Access(self.span(node), read, inner.key)
        return self.opaque(node)

    def on_binary_operator(self, node: tree_sitter.Node) -> Node:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return self.opaque(node)
        op = " ".join(self.text(operator).split())
        if op == "|>":
            return self._pipe(self.span(node), self.convert(left), self.convert(right))
        return ast.Binary(self.span(node), op, self.convert(left), self.convert(right))

    def _pipe(self, span: Span, value: Node, into: Node) -> Node:
        """``value |> f(x)`` is ``f(value, x)`` (elixir lib/macro.ex, Macro.pipe/3)."""
        match into:
            case ast.Call():
                return ast.Call(into.span, into.target, into.name, (value, *into.args), into.sections)
            case ast.FunCall():
                return ast.FunCall(into.span, into.fun, (value, *into.args))
            case ast.Var():
                return ast.Call(into.span, None, into.name, (value,))
            case _:
                return ast.Opaque(span, "pipe", (value, into))

    # ── calls ──
    def on_call(self, node: tree_sitter.Node) -> Node:
        target = arguments = do_block = None
        for child in self.named(node):  # the grammar: target, arguments, do_block, in this order
            match child.type:
                case "arguments":
                    arguments = arguments or child
                case "do_block":
                    do_block = do_block or child
                case _:
                    target = target or child
        if target is None:
            return self.opaque(node)
        args = [self.convert(c) for c in self.named(arguments)] if arguments else []
        kind = target.type
        sections = self._sections(target if kind == "identifier" else None, do_block) if do_block else {}
        if not sections and args and isinstance(args[-1], ast.List):
            sections = self._keyword_sections(args)
        span = self.span(node)
        if kind == "identifier":
            return ast.Call(span, None, self.text(target), tuple(args), sections)
        if kind == "dot":
            left, right = target.child_by_field_name("left"), target.child_by_field_name("right")
            if right is None and left is not None:
                return ast.FunCall(span, self.convert(left), tuple(args))
            if left is None or right is None or right.type not in ("identifier", "operator_identifier"):
                return self.opaque(node)
            return ast.Call(span, self.convert(left), self.text(right), tuple(args), sections, arguments is not None)
        return self.opaque(node)

    def items_as_arguments(self, node: tree_sitter.Node) -> Iterator[Node]:
        return (self.convert(c) for c in self.named(node))

    def _sections(self, name: tree_sitter.Node | None, do_block: tree_sitter.Node) -> Sections:
        if name is not None and self.text(name) in _DEFINITIONS:
            return LazySections(lambda: self._body_sections(do_block))
        return self._read_sections(do_block)

    def _body_sections(self, do_block: tree_sitter.Node) -> Sections:
        try:
            return self._read_sections(do_block)
        except ast.ElixirSyntaxError:  # nested absurdly deep: a body that is not understood
            span = self.span(do_block)
            return {"do": ast.Block(span, (ast.Opaque(span, "nested too deeply"),))}

    def _read_sections(self, do_block: tree_sitter.Node) -> Sections:
        sections: dict[str, ast.Block | tuple[ast.Clause, ...]] = {}
        named = self.named(do_block)
        sections["do"] = self._section(do_block, [c for c in named if c.type not in _SECTIONS])
        for child in named:
            if child.type in _SECTIONS:
                sections[_SECTIONS[child.type]] = self._section(child, self.named(child))
        return sections

    def _section(self, node: tree_sitter.Node, body: list[tree_sitter.Node]) -> ast.Block | tuple[ast.Clause, ...]:
        if body and all(c.type == "stab_clause" for c in body):
            return tuple(self.clause(c) for c in body)
        return ast.Block(self.span(node), tuple(self.convert(c) for c in body))

    def _keyword_sections(self, args: list[Node]) -> dict[str, ast.Block | tuple[ast.Clause, ...]]:
        """``if x, do: a, else: b``: the trailing keywords become sections, other keywords stay an argument."""
        last = args[-1]
        assert isinstance(last, ast.List)
        names = ("do", "else", "rescue", "catch", "after")
        if ast.keyword(last, "do") is None:
            return {}
        sections: dict[str, ast.Block | tuple[ast.Clause, ...]] = {}
        rest = []
        for item in last.items:
            key = item.items[0] if isinstance(item, ast.Tuple) else None
            if isinstance(key, ast.Literal) and isinstance(key.value, Atom) and key.value.name in names:
                assert isinstance(item, ast.Tuple)
                value = item.items[1]
                block = ast.Block(value.span, (value,))
                sections[key.value.name] = value.clauses if isinstance(value, ast.Clauses) else block
            else:
                rest.append(item)
        args[-1:] = [ast.List(last.span, tuple(rest))] if rest else []
        return sections

    def clause(self, node: tree_sitter.Node) -> ast.Clause:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        guard: Node | None = None
        if left is not None and left.type == "binary_operator":  # patterns when guard
            condition = left.child_by_field_name("right")
            guard = self.convert(condition) if condition else None
            left = left.child_by_field_name("left")
        patterns: tuple[Node, ...] = ()
        if left is not None:
            patterns = tuple(self.items_as_arguments(left)) if left.type == "arguments" else (self.convert(left),)
        body = self.block(right) if right is not None else ast.Block(self.span(node), ())
        return ast.Clause(self.span(node), patterns, guard, body)

    def on_dot(self, node: tree_sitter.Node) -> Node:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return self.opaque(node)
        inner = self.convert(left)
        if right.type == "alias" and isinstance(inner, ast.Alias):
            return ast.Alias(self.span(node), f"{inner.name}.{self.text(right)}")
        if right.type == "tuple":  # alias MyApp.{A, B}
            return ast.Call(self.span(node), inner, "{}", tuple(self.items(right)))
        return self.opaque(node)

    def on_access_call(self, node: tree_sitter.Node) -> Node:
        value, key = node.child_by_field_name("target"), node.child_by_field_name("key")
        if value is None or key is None:
            return self.opaque(node)
        return ast.Access(self.span(node), self.convert(value), self.convert(key))

    def on_anonymous_function(self, node: tree_sitter.Node) -> Node:
        return ast.Fn(self.span(node), tuple(self.clause(c) for c in self.named(node) if c.type == "stab_clause"))

    def on_interpolation(self, node: tree_sitter.Node) -> Node:
        return self.on_block(node)

    def on_block(self, node: tree_sitter.Node) -> Node:
        inner = self.named(node)
        if inner and all(c.type == "stab_clause" for c in inner):
            return ast.Clauses(self.span(node), tuple(self.clause(c) for c in inner))
        return self.convert(inner[0]) if len(inner) == 1 else self.block(node)

    def on_body(self, node: tree_sitter.Node) -> Node:
        return self.block(node)
