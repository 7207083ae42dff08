"""``use`` of the application's own modules: what their ``__using__`` puts into the using module.

Source: elixir lib/kernel.ex (use/2, defoverridable/1), lib/kernel/special_forms.ex (quote/2: aliases are expanded
where the macro stands, ``unquote`` brings in the caller's options). Followed are macros whose body is a ``quote`` of
forms that a module's reader understands; any other stays a ``use`` of something unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cronlift.elixir import literal_options
from cronlift.elixir import syntax as ast
from cronlift.elixir.module_reader import alias_pairs, read_forms
from cronlift.elixir.modules import Module, Use
from cronlift.elixir.syntax import Atom, Node

_MAX_DEPTH = 6
Lookup = Callable[[str], Module | None]


def follow(module: Module, lookup: Lookup) -> None:
    """Take into ``module`` what the ``use`` lines of the application's own macros put there, through several steps."""
    for _ in range(_MAX_DEPTH):
        waiting = [u for u in module.uses if u.span not in module.followed]
        if not waiting:
            return
        for use in waiting:
            module.followed[use.span] = False
            owner = lookup(use.module)
            if owner is None or owner.file == module.file:
                continue
            forms = _quoted(owner, use)
            if forms is not None:
                _insert(module, owner, use, forms)
                module.followed[use.span] = True


def _quoted(owner: Module, use: Use) -> list[Node] | None:
    """The forms that ``owner.__using__`` quotes for these options; None where that cannot be told."""
    macro = owner.using
    if macro is None or len(macro) != 1:
        return None
    parameter, body = macro[0].parameter, _body(macro[0].sections.get("do"))
    given: Node = use.argument or ast.List(use.span, ())
    bound: dict[str, Node] = {parameter: given} if parameter else {}
    if len(body) == 1 and (name := _dispatched(body[0], parameter, given)):
        function = owner.function(name, 0)
        if function is None or len(function.clauses) != 1:
            return None
        body, bound = _body((function.clauses[0].sections or {}).get("do")), {}
    for node in body[:-1]:
        match node:
            case ast.Binary(op="=", left=ast.Var(name=name), right=right) if value := literal_options.evaluated(
                right, bound, owner
            ):
                bound = {**bound, name: value}
            case _:
                return None
    if not body:
        return None
    match body[-1]:
        case ast.Call(target=None, name="quote", args=args, sections={"do": ast.Block(body=quoted)}):
            options = args[0] if args and isinstance(args[0], ast.List) else None
        case _:
            return None
    inner = ast.keyword(options, "bind_quoted")
    variables = dict(bound)
    if isinstance(inner, ast.List):
        for item in inner.items:
            if isinstance(item, ast.Tuple) and isinstance(item.items[0], ast.Literal):
                name_, value = item.items[0].value, item.items[1]
                if isinstance(name_, Atom):
                    given_ = bound.get(value.name) if isinstance(value, ast.Var) else None
                    variables[name_.name] = given_ or _unknown(value)
        bound = {}
    elif inner is not None:
        return None
    replaced = variables if isinstance(inner, ast.List) else {}
    aliases = [f for f in quoted if isinstance(f, ast.Call) and f.target is None and f.name == "alias"]
    own = dict(pair for form in aliases for pair in alias_pairs(form, owner))
    return [expanded(form, owner, bound, replaced, own) for form in _flat(quoted)]


def _dispatched(node: Node, parameter: str, given: Node) -> str | None:
    """``apply(__MODULE__, which, [])`` with ``use Web, :controller`` calls the function ``controller/0``."""
    match node:
        case ast.Call(
            target=None, name="apply", args=(ast.Alias(name="__MODULE__"), ast.Var(name=name), ast.List(items=()))
        ):
            if name == parameter and isinstance(given, ast.Literal) and isinstance(given.value, Atom):
                return given.value.name
    return None


def _body(section: object) -> tuple[Node, ...]:
    return tuple(_flat(section.body)) if isinstance(section, ast.Block) else ()


def _flat(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, ast.Block):
            yield from _flat(node.body)
        else:
            yield node


def _unknown(node: Node) -> ast.Opaque:
    return ast.Opaque(node.span, "a value of a macro")


def expanded(form: Node, owner: Module, bound: dict[str, Node], replaced: dict[str, Node], own: dict[str, str]) -> Node:
    """A quoted form with ``unquote`` resolved and its aliases expanded as the macro's module reads them."""

    def change(node: Node) -> Node | None:
        match node:
            case ast.Call(target=None, name="unquote", args=(ast.Var(name=name),)) if name in bound:
                return bound[name]
            case ast.Call(target=None, name="unquote", args=(ast.Alias(name="__MODULE__"),)):
                return ast.Alias(node.span, f"Elixir.{owner.name}")
            case ast.Call(target=None, name="unquote", args=(inner,)):
                return literal_options.evaluated(inner, bound, owner) or _unknown(node)
            case ast.Call(target=None, name="unquote_splicing"):
                return _unknown(node)
            case ast.Var(name=name) if name in replaced:
                return replaced[name]
            case ast.Alias(name=name) if not name.startswith(("__MODULE__", "Elixir.")):
                return ast.Alias(node.span, f"Elixir.{owner.expand(name, own, node.span.line)}")
        return None

    found: Node = ast.rewrite(form, change)
    return found


def _insert(module: Module, owner: Module, use: Use, forms: list[Node]) -> None:
    """Read the forms as the module's own; a function that the module defines itself stands only if it may override."""
    brought = Module(module.name, module.file, module.span, aliases=list(module.aliases), imports=list(module.imports))
    before = (len(brought.aliases), len(brought.imports))
    overridable: set[tuple[str, int]] = set()
    plain: list[Node] = []
    for form in forms:
        names = _overridable(form)
        if names is None:
            plain.append(form)
        else:
            overridable |= names
    read_forms(plain, brought)
    module.aliases += [(use.span.line, short, full) for _, short, full in brought.aliases[before[0] :]]
    module.imports += [replace(i, span=use.span) for i in brought.imports[before[1] :]]
    module.uses += brought.uses
    module.delegates = brought.delegates | module.delegates
    module.macros = brought.macros | module.macros
    module.hooks += brought.hooks
    module.unread += brought.unread
    module.inserted[owner.file] = use.span
    for name, values in brought.attributes.items():
        module.attributes.setdefault(name, []).extend(values)
        module.attributes[name].sort(key=lambda defined: module.position(defined[0], end=True))
    for key, function in brought.functions.items():
        if key not in module.functions:
            module.functions[key] = function
        elif key not in overridable:
            module.unread.append((ast.Opaque(use.span, "use"), f"{key[0]}/{key[1]}, defined in two places"))


def _overridable(form: Node) -> set[tuple[str, int]] | None:
    """``defoverridable name: arity, …``; None for any other form."""
    match form:
        case ast.Call(target=None, name="defoverridable", args=(ast.List(items=items),)):
            found = set()
            for item in items:
                match item:
                    case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), ast.Literal(value=int(arity)))):
                        found.add((name, arity))
                    case _:
                        return None
            return found
        case _:
            return None
