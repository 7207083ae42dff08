"""An application's configuration as its files say it: ``config`` calls merged in the order Mix reads them.

Sources: elixir lib/config.ex (config/2, config/3, import_config/1, and the deep merge of keyword lists),
mix "Configuration" (config.exs first, runtime.exs last). Nothing is executed: a setting under a condition that
the chosen environment does not decide is kept beside what it would replace, with the condition's text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from cronlift.elixir import syntax as ast
from cronlift.elixir.module_reader import alias_pairs
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.errors import UsageError


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective setting of ``app``: ``key`` None for settings given without one."""

    app: str
    key: str | None
    value: Node
    condition: str | None
    span: Span


@dataclass(slots=True)
class Config:
    """All settings, in order, the places that could not be read (file, line, why), and the statements that are not
    followed at all."""

    settings: list[Setting] = field(default_factory=list)
    unread: list[tuple[str, int, str]] = field(default_factory=list)
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)
    unfollowed: list[Node] = field(default_factory=list)

    def expand(self, name: str, file: str) -> str:
        """A module name in a config file, with that file's aliases applied."""
        first, _, rest = name.partition(".")
        full = self.aliases.get(file, {}).get(first, first)
        return f"{full}.{rest}" if rest else full

    def get(self, app: str, key: str) -> Node | None:
        """The last value of one key."""
        found = [s.value for s in self.settings if s.app == app and s.key == key]
        return found[-1] if found else None


def read_config(project: Project, env: str) -> Config:
    """Read ``config/config.exs``, what it imports for ``env``, and ``config/runtime.exs`` (once per project)."""
    held = project.memo.get(f"config {env}")
    if isinstance(held, Config):
        return held
    config = Config()
    project.memo[f"config {env}"] = config
    _outside(project, config)
    if not config.unread and not any((project.root / "config" / f).exists() for f in ("config.exs", "runtime.exs")):
        why = "there is no config/config.exs: what is scheduled elsewhere than in the code is not known"
        config.unread.append(("config", 1, why))
    reader = _Reader(project, env, config)
    for file in ("config/config.exs", "config/runtime.exs", "config/releases.exs"):
        if os.path.lexists(project.root / file):  # a link that leads nowhere is said, not passed over
            reader.file(file)
    return config


def _outside(project: Project, config: Config) -> None:
    """An application of an umbrella is configured by the umbrella's folder (mix, "config_path")."""
    if (project.root / "config").is_dir() or not (project.root / "mix.exs").is_file():
        return
    for number, line in enumerate(project.readable("mix.exs").decode().splitlines(), start=1):
        if "config_path:" in line and "../" in line:
            why = "the configuration lies outside of this folder: name the umbrella's folder with --app"
            config.unread.append(("mix.exs", number, why))


class _Reader:
    def __init__(self, project: Project, env: str, config: Config) -> None:
        self.project, self.env, self.config = project, env, config
        self.reading: list[str] = []

    def file(self, file: str, condition: str | None = None) -> None:
        if file in self.reading:
            return
        self.reading.append(file)
        try:
            tree = self.project.tree(file)
        except UsageError as error:
            line = getattr(error, "line", 1)
            self.config.unread.append((file, line, error.what))
        else:
            self.config.aliases.setdefault(file, {})
            self.block(tree.body, {}, condition, file)
        self.reading.pop()

    def block(self, body: Iterable[Node], variables: dict[str, Node], condition: str | None, file: str) -> None:
        for node in body:
            match node:
                case ast.Binary(op="=", left=ast.Var(name=name), right=right):
                    variables[name] = inline(right, variables)
                case ast.Call(target=None, name="config"):
                    self.setting(node, variables, condition)
                case ast.Call(target=None, name="import_config"):
                    self.imported(node, variables, condition, file)
                case ast.Call(target=None, name="alias" | "require"):
                    if node.name == "alias" or len(node.args) > 1:
                        module = Module("", file, node.span)
                        pairs = alias_pairs(node, module, self.config.aliases[file])
                        self.config.aliases[file].update(pairs)
                case ast.Call(target=None, name="try", sections={"do": ast.Block(body=inner)}):
                    self.block(inner, dict(variables), condition, file)
                case ast.Call(target=None, name="if" | "unless" | "case" | "cond"):
                    for inner, text in branches(node, self.env, self.source(file)):
                        # What a branch binds stays inside it.
                        self.block(inner, dict(variables), both(condition, text), file)
                case ast.Call(target=ast.Alias(name="Config"), name="config"):
                    self.setting(node, variables, condition)
                case _:
                    self.anything_else(node, file)

    def anything_else(self, node: Node, file: str) -> None:
        """A statement that is not followed: said where it may make settings or bring in other files."""
        if isinstance(node, ast.Call) and node.target is None and node.name == "import":
            return
        self.config.unfollowed.append(node)
        for inner in ast.walk(node):
            match inner:
                case ast.Call(target=None, name="config", args=(_, key, *_)) if self.key(key) not in ("?", "Oban"):
                    continue  # a setting of something else: no crontab can come from it
                case ast.Call(name="config" | "import_config" | "eval_file" | "require_file" | "put_all_env"):
                    self.config.unread.append((file, node.span.line, "settings made by code are not followed"))
                    return
                case ast.Alias(name=name) if name.endswith("Plugins.Cron"):
                    self.config.unread.append((file, node.span.line, "a crontab in code that is not followed"))
                    return

    def source(self, file: str) -> bytes:
        return self.project.source(file)

    def setting(self, node: ast.Call, variables: dict[str, Node], condition: str | None) -> None:
        args = [inline(a, variables) for a in node.args]
        if not args or not isinstance(args[0], ast.Literal) or not isinstance(args[0].value, Atom):
            self.config.unread.append((node.span.file, node.span.line, "the setting's application is not literal"))
            return
        app = args[0].value.name
        if len(args) == 2 and isinstance(args[1], ast.List):
            for item in args[1].items:
                if isinstance(item, ast.Tuple) and len(item.items) == 2:
                    self.add(app, self.key(item.items[0]), [(item.items[1], None)], condition, node.span)
            self.add(app, None, [(args[1], None)], condition, node.span)
        elif len(args) == 3:
            source = self.source(node.span.file)
            found: list[tuple[Node, str | None]] = [*as_lists(args[2], self.env, source)]
            self.add(app, self.key(args[1]), found or [(args[2], None)], condition, node.span)
        else:
            self.config.unread.append((node.span.file, node.span.line, "the setting's value is not literal"))

    def key(self, node: Node) -> str:
        if isinstance(node, ast.Alias):
            return self.config.expand(node.name, node.span.file)
        if isinstance(node, ast.Literal) and isinstance(node.value, Atom):
            return node.value.name
        return "?"

    def add(
        self, app: str, key: str | None, values: list[tuple[Node, str | None]], condition: str | None, span: Span
    ) -> None:
        """Merge what a setting may be (values with their open conditions) over what the same key has; under an open
        condition of its own the former stays beside it."""
        former = [s for s in self.config.settings if s.app == app and s.key == key]
        if condition is None:
            for old in former:
                self.config.settings.remove(old)
        for value, text in values:
            under = both(condition, text)
            for old in former:
                merged = replace(old, value=merge(old.value, value), condition=both(old.condition, under))
                self.config.settings.append(merged)
            if not former:
                self.config.settings.append(Setting(app, key, value, under, span))

    def imported(self, node: ast.Call, variables: dict[str, Node], condition: str | None, file: str) -> None:
        path = self.text(inline(node.args[0], variables)) if node.args else None
        if path is None:
            self.config.unread.append((file, node.span.line, "which file is imported is not known"))
            return
        pattern = PurePosixPath(file).parent / path
        parts: list[str] = []
        for part in pattern.parts:
            if part == ".." and parts:
                parts.pop()
            elif part != ".":
                parts.append(part)
        if pattern.is_absolute() or parts[:1] in ([], [".."]):
            self.config.unread.append((file, node.span.line, "a file outside of the application is imported"))
            return
        # No file's name holds a NUL; from Python 3.13 on glob() raises there.
        matches = [] if "\0" in path else self.project.root.glob("/".join(parts))
        found = sorted(match.relative_to(self.project.root).as_posix() for match in matches)
        if not found and "*" not in path:
            self.config.unread.append((file, node.span.line, f"{'/'.join(parts)} is imported and does not exist"))
        for name in found:
            self.file(name, condition)

    def text(self, node: Node) -> str | None:
        """A path: literal, or with the environment's name in it."""
        if not isinstance(node, ast.Text):
            return None
        pieces = [p if isinstance(p, str) else (self.env if is_env(p) else None) for p in node.parts]
        return None if None in pieces else "".join(p for p in pieces if p is not None)


def is_env(node: Node) -> bool:
    """``config_env()`` or ``Mix.env()``, also inside ``to_string`` and the like."""
    match node:
        case ast.Call(target=None, name="config_env") | ast.Var(name="config_env"):
            return True
        case ast.Call(target=ast.Alias(name="Mix"), name="env"):
            return True
        case ast.Call(name="to_string", args=(inner,)):
            return is_env(inner)
        case _:
            return False


def branches(node: ast.Call, env: str, source: bytes) -> Iterator[tuple[tuple[Node, ...], str | None]]:
    """The bodies an if/unless/case/cond may take in that environment, each with its open condition's text."""
    if node.name in ("if", "unless"):
        known = decide(node.args[0], env) if node.args else None
        if node.name == "unless" and known is not None:
            known = not known
        text = None if known is not None else text_of(node.args[0], source)
        negated = f"not ({text})" if text else None
        yes, no = (text, negated) if node.name == "if" else (negated, text)
        if known is not False:
            yield body(node.sections.get("do")), yes
        if known is not True:
            yield body(node.sections.get("else")), no
        return
    clauses = node.sections.get("do")
    on_env = node.name == "case" and bool(node.args) and is_env(node.args[0])
    for clause in clauses if isinstance(clauses, tuple) else ():
        pattern = clause.patterns[0] if clause.patterns else None
        if on_env and isinstance(pattern, ast.Literal) and clause.guard is None:
            if pattern.value == Atom(env):
                yield clause.body.body, None
                return
            continue
        if on_env and isinstance(pattern, ast.Var) and clause.guard is None:
            yield clause.body.body, None
            return
        yield clause.body.body, text_of(clause, source).partition("->")[0].strip()


def decide(node: Node, env: str) -> bool | None:
    """A condition that only asks for the environment; None for any other."""
    match node:
        case ast.Literal(value=bool(value)):
            return value
        case ast.Literal(value=None):
            return False
        case ast.Binary(op="==" | "===" | "!=" | "!==" as op, left=left, right=ast.Literal(value=Atom(name=name))) if (
            is_env(left)
        ):
            return (name == env) == op.startswith("=")
        case ast.Binary(op="in", left=left, right=ast.List(items=items)) if is_env(left):
            names = [i.value.name for i in items if isinstance(i, ast.Literal) and isinstance(i.value, Atom)]
            return env in names if len(names) == len(items) else None
        case ast.Unary(op="!" | "not", operand=operand):
            known = decide(operand, env)
            return None if known is None else not known
        case ast.Binary(op="and" | "&&", left=left, right=right):
            a, b = decide(left, env), decide(right, env)
            return False if a is False or b is False else (True if a and b else None)
        case ast.Binary(op="or" | "||", left=left, right=right):
            a, b = decide(left, env), decide(right, env)
            return True if a or b else (False if a is False and b is False else None)
        case _:
            return None


def both(a: str | None, b: str | None) -> str | None:
    """Two conditions as one text."""
    return f"{a} and {b}" if a and b and a != b else a or b


def body(section: ast.Block | tuple[ast.Clause, ...] | None) -> tuple[Node, ...]:
    return section.body if isinstance(section, ast.Block) else ()


def text_of(node: Node, source: bytes) -> str:
    """The source text of a node, on one line."""
    return " ".join(source[node.span.start : node.span.end].decode("utf-8", "replace").split())


def merge(old: Node, new: Node) -> Node:
    """Config's deep merge: keyword lists merge key by key, anything else is replaced (elixir lib/config.ex)."""
    if not (isinstance(old, ast.List) and isinstance(new, ast.List) and _is_keyword(old) and _is_keyword(new)):
        return new
    merged = {_name(i): i for i in old.items if isinstance(i, ast.Tuple)}
    for item in new.items:
        assert isinstance(item, ast.Tuple)
        name = _name(item)
        if name in merged:
            item = ast.Tuple(item.span, (item.items[0], merge(merged[name].items[1], item.items[1])))
        merged[name] = item
    return ast.List(new.span, tuple(merged.values()))


def _is_keyword(node: ast.List) -> bool:
    return node.tail is None and all(
        isinstance(i, ast.Tuple)
        and len(i.items) == 2
        and (
            isinstance(i.items[0], ast.Alias)
            or (isinstance(i.items[0], ast.Literal) and isinstance(i.items[0].value, Atom))
        )
        for i in node.items
    )


def _name(item: ast.Tuple) -> str:
    key = item.items[0]
    if isinstance(key, ast.Alias):
        return key.name
    assert isinstance(key, ast.Literal) and isinstance(key.value, Atom)
    return key.value.name


def _inline_section(
    section: ast.Block | tuple[ast.Clause, ...], variables: dict[str, Node]
) -> ast.Block | tuple[ast.Clause, ...]:
    if isinstance(section, ast.Block):
        return replace(section, body=tuple(inline(n, variables) for n in section.body))
    blocks = [replace(c.body, body=tuple(inline(n, variables) for n in c.body.body)) for c in section]
    return tuple(replace(c, body=b) for c, b in zip(section, blocks, strict=True))


def as_lists(node: Node, env: str, source: bytes) -> Iterator[tuple[ast.List, str | None]]:
    """A keyword list as written, concatenated (``++``), merged (``Keyword.merge/2``) or chosen (``if``, ``case``): each
    that it may be, with the open condition's text. Nothing for a value that is computed otherwise."""
    match node:
        case ast.List():
            yield node, None
        case ast.Binary(op="++", left=left, right=right):
            for a, b, text in _pairs(left, right, env, source):
                yield replace(a, items=a.items + b.items), text
        case ast.Call(target=ast.Alias(name="Keyword"), name="merge", args=(left, right)):
            for a, b, text in _pairs(left, right, env, source):
                if _is_keyword(a) and _is_keyword(b):
                    merged = {_name(i): i for i in (*a.items, *b.items) if isinstance(i, ast.Tuple)}
                    yield replace(a, items=tuple(merged.values())), text
        case ast.Call(target=None, name="if" | "unless" | "case" | "cond"):
            for inner, text in branches(node, env, source):
                for last in inner[-1:]:
                    for found, under in as_lists(last, env, source):
                        yield found, both(text, under)
        case _:
            return


def _pairs(left: Node, right: Node, env: str, source: bytes) -> Iterator[tuple[ast.List, ast.List, str | None]]:
    for a, first in as_lists(left, env, source):
        for b, second in as_lists(right, env, source):
            if a.tail is None and b.tail is None:
                yield a, b, both(first, second)


def inline(node: Node, variables: dict[str, Node]) -> Node:
    """The node with variables replaced by what they were bound to; the replaced parts keep their own place."""
    if not variables:
        return node
    match node:
        case ast.Var(name=name):
            return variables.get(name, node)
        case ast.Tuple(items=items):
            return replace(node, items=tuple(inline(i, variables) for i in items))
        case ast.List(items=items, tail=tail):
            return replace(
                node, items=tuple(inline(i, variables) for i in items), tail=inline(tail, variables) if tail else None
            )
        case ast.Map(pairs=pairs):
            return replace(node, pairs=tuple((inline(k, variables), inline(v, variables)) for k, v in pairs))
        case ast.Binary(left=left, right=right):
            return replace(node, left=inline(left, variables), right=inline(right, variables))
        case ast.Unary(operand=operand):
            return replace(node, operand=inline(operand, variables))
        case ast.Call(args=args, sections=sections):
            inlined = {k: _inline_section(v, variables) for k, v in sections.items()}
            return replace(node, args=tuple(inline(a, variables) for a in args), sections=inlined)
        case ast.Text(parts=parts):
            return replace(node, parts=tuple(p if isinstance(p, str) else inline(p, variables) for p in parts))
        case _:
            return node
