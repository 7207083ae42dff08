"""From the forms of a module's source to what it declares (modules.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Delegate, Function, FunctionClause, Import, Macro, Module, Use, Using
from cronlift.elixir.syntax import Atom, Node

# Forms of a module's body that neither define functions nor change what its functions do.
_INERT = {"defstruct", "defexception", "defguard", "defguardp", "defprotocol"}
# Ecto's, and those of the typed_ecto_schema library, which adds a type to what Ecto does.
_SCHEMAS = {"schema", "embedded_schema", "typed_schema", "typed_embedded_schema"}
_DEFINITIONS = {"def": False, "defp": True}


def read_modules(tree: ast.Block, file: str) -> list[Module]:
    """Every module a file declares, nested ones under their full name."""
    found: list[Module] = []
    outer = Module("", file, tree.span)
    for node in tree.body:
        _declare(node, outer, found)
    return found


def _declare(node: Node, parent: Module, found: list[Module]) -> None:
    if isinstance(node, ast.Block):
        for inner in node.body:
            _declare(inner, parent, found)
        return
    if not isinstance(node, ast.Call) or node.target is not None:
        return
    if node.name == "defmodule" and node.args and (named := _module_name(node.args[0])):
        _module(node, named, parent, found)
    elif node.name == "defimpl" and node.args and isinstance(node.args[0], ast.Alias):
        _implementation(node, node.args[0], parent, found)
    elif not parent.name and node.name in ("alias", "import", "require"):
        _READERS[node.name](node, parent)
    elif not parent.name and node.sections:
        # `if Mix.env() == :dev do defmodule … end`: the module exists only sometimes.
        for section in node.sections.values():
            for inner in section.body if isinstance(section, ast.Block) else ():
                before = len(found)
                _declare(inner, parent, found)
                for module in found[before:]:
                    module.hooks.append(node.span)


def _module_name(node: Node) -> ast.Alias | None:
    """``A.B``, or the atom that it stands for: ``:"Elixir.A.B"``."""
    match node:
        case ast.Alias():
            return node
        case ast.Literal(value=Atom(name=name)) if name.startswith("Elixir."):
            return ast.Alias(node.span, name)
        case _:
            return None


def _module(node: ast.Call, name: ast.Alias, parent: Module, found: list[Module]) -> None:
    full = f"{parent.name}.{name.name}" if parent.name and not name.name.startswith("Elixir.") else name.name
    full = full.removeprefix("Elixir.")
    module = Module(full, parent.file, node.span, aliases=list(parent.aliases), imports=list(parent.imports))
    found.append(module)
    for form in _forms(node.sections.get("do")):
        _form(form, module, found)
    if parent.name:  # a nested module is aliased in its parent, from there on (elixir lib/kernel.ex, defmodule)
        first = name.name.partition(".")[0]
        parent.alias(first, f"{parent.name}.{first}", node.span.end_line)


def _implementation(node: ast.Call, protocol: ast.Alias, parent: Module, found: list[Module]) -> None:
    """``defimpl Protocol, for: X`` is the module Protocol.X (elixir lib/protocol.ex)."""
    options = node.args[1] if len(node.args) > 1 and isinstance(node.args[1], ast.List) else None
    target = ast.keyword(options, "for")
    name = parent.expand(protocol.name)
    aliases, imports = list(parent.aliases), list(parent.imports)
    last = target.name if isinstance(target, ast.Alias) else "?"
    module = Module(f"{name}.{last}", parent.file, node.span, aliases=aliases, imports=imports, implements=name)
    if isinstance(target, ast.Alias):
        module.implemented_for = parent.expand(target.name)
    elif target is None:  # inside of a module: for its own struct
        module.implemented_for = parent.name
    found.append(module)
    for form in _forms(node.sections.get("do")):
        _form(form, module, found)


def read_forms(forms: Iterable[Node], module: Module) -> None:
    """Read forms as a module's own; modules they declare themselves are not understood."""
    found: list[Module] = []
    for form in forms:
        _form(form, module, found)
    module.unread += [(ast.Opaque(m.span, "defmodule"), f"defmodule {m.name}") for m in found]


def _forms(section: ast.Block | tuple[ast.Clause, ...] | None) -> Iterator[Node]:
    """A module body's forms; ``do: (a; b)`` is one block inside another."""
    for node in section.body if isinstance(section, ast.Block) else ():
        if isinstance(node, ast.Block):
            yield from _forms(node)
        else:
            yield node


def _form(node: Node, module: Module, found: list[Module]) -> None:
    match node:
        case ast.Attribute(name=name, value=value) if value is not None:
            if name in ("before_compile", "after_compile", "on_definition", "on_load", "decorate", "compile"):
                module.hooks.append(node.span)
            module.attributes.setdefault(name, []).append((node.span, value))
        case ast.Call(target=None, name=name) if name in _DEFINITIONS:
            _definition(node, module, private=_DEFINITIONS[name])
        case ast.Call(target=None, name="defmodule" | "defimpl"):
            _declare(node, module, found)
        case ast.Call(target=None, name="defmacro" | "defmacrop"):
            head = _head(node.args[0]) if node.args else None
            if head:
                module.macros[head[0]] = node.span
                _macro(node, head, module)
                if head[0] == "__using__" and len(head[1]) == 1:
                    parameter = head[1][0]
                    module.using.append(Using(parameter.name if isinstance(parameter, ast.Var) else "", node.sections))
        case ast.Call(target=None, name=name) if name in _READERS:
            _READERS[name](node, module)
        case ast.Call(target=None, name=name) if name in _SCHEMAS and module.schema is None:
            module.schema = node
        case ast.Call(target=None, name=name) if name in _INERT:
            pass
        case ast.Call(target=None, name="defoverridable", args=(ast.List(items=items),)) if _overrides(items, module):
            pass
        case ast.Call(target=None, name="defenum", args=(ast.Alias(name=name), *_)):
            module.enums[f"{module.name}.{name}"] = node
            module.unread.append((node, "defenum"))
        case ast.Literal() | ast.Text() | ast.Alias():
            pass
        case _:
            what = node.name if isinstance(node, ast.Call) else type(node).__name__.lower()
            module.unread.append((node, what))


def _macro(node: ast.Call, head: tuple[str, tuple[Node, ...], Node | None], module: Module) -> None:
    """Keep a macro that has one clause; a second one takes it out again."""
    name, params, guard = head
    key = (name, len(params))
    body = node.sections.get("do")
    names = tuple(p.name for p in params if isinstance(p, ast.Var))
    first = key not in module.macro_clauses
    module.macro_clauses.append(key)
    module.query_macros.pop(key, None)
    if first and guard is None and len(names) == len(params) and isinstance(body, ast.Block):
        module.query_macros[key] = Macro(names, body.body)


def _overrides(items: tuple[Node, ...], module: Module) -> bool:
    """``defoverridable name: arity, …`` for what a ``use`` brought: a definition below it stands for that one, and
    nothing else changes. One the module defines above itself would be defined twice."""
    for item in items:
        match item:
            case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), ast.Literal(value=int(arity)))):
                if (name, arity) in module.functions:
                    return False
            case _:
                return False
    return True


def _head(node: Node) -> tuple[str, tuple[Node, ...], Node | None] | None:
    """A definition's name, parameters and guard."""
    if isinstance(node, ast.Binary) and node.op == "when":
        inner = _head(node.left)
        return (inner[0], inner[1], node.right) if inner else None
    if isinstance(node, ast.Call) and node.target is None:
        return node.name, node.args, None
    if isinstance(node, ast.Var):
        return node.name, (), None
    if isinstance(node, ast.Binary):  # def left <> right
        return node.op, (node.left, node.right), None
    return None


def _definition(node: ast.Call, module: Module, *, private: bool) -> None:
    head = _head(node.args[0]) if node.args else None
    if head is None:
        module.unread.append((node, "def"))
        return
    name, params, guard = head
    function = module.functions.setdefault((name, len(params)), Function(name, len(params)))
    plain: list[Node] = []
    for i, param in enumerate(params):
        if isinstance(param, ast.Binary) and param.op == "\\\\":
            function.defaults[i] = param.right
            plain.append(param.left)
        else:
            plain.append(param)
    sections = node.sections or None
    clause = FunctionClause(module.name, name, tuple(plain), guard, sections, private, node.span)
    function.clauses.append(clause)


def _alias(node: ast.Call, module: Module) -> None:
    for short, full in alias_pairs(node, module):
        module.alias(short, full, node.span.line)


def _require(node: ast.Call, module: Module) -> None:
    if len(node.args) > 1:
        _alias(node, module)


def alias_pairs(node: ast.Call, module: Module, local: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """What an ``alias`` (or ``require … as:``) line defines: short names and the modules they stand for."""
    if not node.args:
        return []
    what, options = node.args[0], node.args[1] if len(node.args) > 1 else None
    if isinstance(what, ast.Call) and what.name == "{}" and isinstance(what.target, ast.Alias):
        base = module.expand(what.target.name, local)
        return [(a.name.rpartition(".")[2], f"{base}.{a.name}") for a in what.args if isinstance(a, ast.Alias)]
    if not isinstance(what, ast.Alias):
        return []
    full = module.expand(what.name, local)
    renamed = ast.keyword(options, "as") if isinstance(options, ast.List) else None
    return [(renamed.name if isinstance(renamed, ast.Alias) else full.rpartition(".")[2], full)]


def _names(node: Node | None) -> frozenset[tuple[str, int]] | None:
    """``[name: arity, …]``; an atom (``:macros``) brings no function."""
    if node is None:
        return None
    found = set()
    for item in node.items if isinstance(node, ast.List) else ():
        match item:
            case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), ast.Literal(value=int(arity)))):
                found.add((name, arity))
    if isinstance(node, ast.Literal) and node.value == Atom("functions"):
        return None
    return frozenset(found)


def read_import(node: ast.Call, module: Module, local: dict[str, str] | None = None) -> Import | None:
    """What an ``import`` line brings."""
    if not node.args or not isinstance(node.args[0], ast.Alias):
        return None
    options = node.args[1] if len(node.args) > 1 and isinstance(node.args[1], ast.List) else None
    only, excepted = _names(ast.keyword(options, "only")), _names(ast.keyword(options, "except")) or frozenset()
    return Import(module.expand(node.args[0].name, local, node.span.line), only, excepted, node.span)


def _import(node: ast.Call, module: Module) -> None:
    for one in _each(node):
        found = read_import(one, module)
        if found:
            module.imports.append(found)


def _each(node: ast.Call) -> Iterator[ast.Call]:
    """``import A.{B, C}`` and ``use A.{B, C}`` are a line for each (elixir lib/kernel/special_forms.ex, alias/2)."""
    match node.args[:1]:
        case (ast.Call(name="{}", target=ast.Alias(name=base), args=inner),):
            for one in inner:
                if isinstance(one, ast.Alias):
                    yield replace(node, args=(ast.Alias(one.span, f"{base}.{one.name}"), *node.args[1:]))
        case _:
            yield node


def _use(node: ast.Call, module: Module) -> None:
    for one in _each(node):
        _use_one(one, module)


def _use_one(node: ast.Call, module: Module) -> None:
    if node.args and isinstance(node.args[0], ast.Alias):
        argument = node.args[1] if len(node.args) > 1 else None
        options = _options(argument, module)
        module.uses.append(Use(module.expand(node.args[0].name), options, node.span, argument))


def _options(node: Node | None, module: Module) -> ast.List | None:
    """A keyword list as written, held in an attribute, or merged of two (elixir lib/keyword.ex, merge/2)."""
    match node:
        case ast.List():
            return node
        case ast.Attribute(name=name, value=None):
            return _options(module.attribute(name, node.span), module)
        case ast.Call(target=ast.Alias(name="Keyword" | "Elixir.Keyword"), name="merge", args=(left, right)):
            first, second = _options(left, module), _options(right, module)
            if first is None or second is None:
                return None
            names = [i.items[0] for i in second.items if isinstance(i, ast.Tuple)]
            values = {n.value for n in names if isinstance(n, ast.Literal)}
            kept = [
                i for i in first.items
                if not (isinstance(i, ast.Tuple) and isinstance(i.items[0], ast.Literal) and i.items[0].value in values)
            ]  # fmt: skip
            return ast.List(node.span, (*kept, *second.items))
        case _:
            return None


def _delegate(node: ast.Call, module: Module) -> None:
    head = _head(node.args[0]) if node.args else None
    options = node.args[1] if len(node.args) > 1 and isinstance(node.args[1], ast.List) else None
    to, renamed = ast.keyword(options, "to"), ast.keyword(options, "as")
    if head is None or not isinstance(to, ast.Alias):
        module.unread.append((node, "defdelegate"))
        return
    as_name = renamed.value.name if isinstance(renamed, ast.Literal) and isinstance(renamed.value, Atom) else head[0]
    if any(isinstance(p, ast.Binary) and p.op == "\\\\" for p in head[1]):
        # elixir lib/kernel.ex, defdelegate/2: a function with these defaults, which calls the other one.
        plain = tuple(p.left if isinstance(p, ast.Binary) else p for p in head[1])
        body = ast.Block(node.span, (ast.Call(node.span, to, as_name, plain),))
        _definition(ast.Call(node.span, None, "def", node.args[:1], {"do": body}), module, private=False)
        return
    delegate = Delegate(head[0], len(head[1]), module.expand(to.name), as_name, node.span)
    module.delegates[(delegate.name, delegate.arity)] = delegate


_READERS = {"alias": _alias, "require": _require, "import": _import, "use": _use, "defdelegate": _delegate}
