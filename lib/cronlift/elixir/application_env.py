"""The application's environment (``Application.get_env`` and its like) as the configuration files set it.

Sources: elixir lib/application.ex (get_env/3, fetch_env/2, compile_env/3), lib/config.ex. A value is known only where
exactly one setting of the chosen environment makes it, unconditionally and of literals, where every configuration file
could be read, and where no code puts another one. A known value is *pinned*: a later change of the configuration no
longer reaches the job, which is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.elixir import builtins
from cronlift.elixir import syntax as ast
from cronlift.elixir.config import Config, Setting
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Span
from cronlift.elixir.trace import Flow, State, raised
from cronlift.elixir.values import (
    NIL,
    Known,
    ListValue,
    ModuleName,
    TupleValue,
    Unknown,
    Value,
    atom,
    fully_known,
)

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator

_READS = {"get_env": (2, 3), "fetch_env!": (2,), "fetch_env": (2,), "compile_env": (2, 3), "compile_env!": (2,)}
_UNKNOWN = Unknown("configuration")


def is_read(module: str, name: str, arity: int) -> bool:
    """Whether a call reads the application's environment by key."""
    return module == "Application" and arity in _READS.get(name, ())


def read(ev: Evaluator, name: str, args: tuple[Value, ...], state: State, span: Span) -> list[Flow]:
    """The value of a setting, as ``name`` answers with it; unknown where it is not certain."""
    default = args[2] if len(args) == 3 else NIL
    app, path = _atom(args[0]), _path(args[1])
    found = _UNKNOWN if app is None or path is None else _value(ev, app, path)
    strict = name.endswith("!")
    if isinstance(found, Unknown):
        unknown: Flow = (state, found)
        return [unknown, raised(state, "ArgumentError")] if strict else [unknown]
    if app is not None and path is not None:
        value = default if found is None else found
        ev.pin(f"{app}, {', '.join(path)}", value, _place(ev, app, path), span)
    if found is None:
        if strict:
            return [raised(state, "ArgumentError")]
        return [(state, atom("error") if name == "fetch_env" else default)]
    return [(state, TupleValue((atom("ok"), found)) if name == "fetch_env" else found)]


def _atom(value: Value) -> str | None:
    if isinstance(value, ModuleName):
        return value.name
    return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else None


def _path(value: Value) -> tuple[str, ...] | None:
    """A key, or the path of keys that compile_env takes."""
    keys = [_atom(v) for v in (value.items if isinstance(value, ListValue) else (value,))]
    return tuple(k for k in keys if k is not None) if keys and None not in keys else None


def _place(ev: Evaluator, app: str, path: tuple[str, ...]) -> Span | None:
    settings = _settings(ev.config, app, path[0]) if ev.config else []
    return settings[0].span if settings else None


def _settings(config: Config, app: str, key: str) -> list[Setting]:
    return [s for s in config.settings if s.app == app and s.key in (key, "?")]


def _value(ev: Evaluator, app: str, path: tuple[str, ...]) -> Value | None:
    """The setting's value, None where certainly nothing sets it, else unknown."""
    config = ev.config
    if config is None or config.unread or not _is_own(ev.project, app) or _is_put(ev.project, app, path[0]):
        return _UNKNOWN
    settings = _settings(config, app, path[0])
    if not settings:
        return _UNKNOWN if config.unfollowed or _named_in_mix(ev.project, path[0]) else None
    if len(settings) > 1 or settings[0].condition is not None or settings[0].key == "?":
        return _UNKNOWN
    value = _literal(ev, settings[0], config)
    for key in path[1:]:
        inner = builtins.evaluate("Keyword", "fetch", (value, atom(key)))
        match inner:
            case TupleValue(items=(_, found)):
                value = found
            case Known():
                return None
            case _:
                return _UNKNOWN
    return value if fully_known(value) else _UNKNOWN


def _literal(ev: Evaluator, setting: Setting, config: Config) -> Value:
    """A setting's node evaluated by itself: what it would read or call is not followed, and so not known."""
    module = Module("", setting.span.file, setting.span)
    for short, full in config.aliases.get(setting.span.file, {}).items():
        module.alias(short, full, 0)
    values = [value for _, value in ev.apart().eval_in(setting.value, module)]
    return values[0] if len(values) == 1 else _UNKNOWN


def _is_own(project: Project, app: str) -> bool:
    """Whether the application, or one of its umbrella, is of that name; a library's own defaults are not read."""
    held = project.memo.get("applications")
    if not isinstance(held, frozenset):
        files = ["mix.exs", *(f for f in project.files(".exs") if f.startswith("apps/") and f.endswith("/mix.exs"))]
        names = set()
        for file in files:
            for node in ast.walk(_tree(project, file)):
                if isinstance(node, ast.List) and isinstance(found := ast.keyword(node, "app"), ast.Literal):
                    names.add(found.value.name if isinstance(found.value, Atom) else "")
        # Without a readable project file the name cannot be told: any is taken for its own.
        held = project.memo["applications"] = frozenset(names)
    return app in held or not held


def _named_in_mix(project: Project, key: str) -> bool:
    """Whether mix.exs names the key (``env:`` of the application) or a provider of configuration."""
    text = project.readable("mix.exs").decode()
    return key in text or "config_providers" in text


def _is_put(project: Project, app: str, key: str) -> bool:
    """Whether the application's code may put a value for the key while it runs."""
    held = project.memo.get("put_env")
    if not isinstance(held, list):
        calls: list[tuple[ast.Node, ...]] = []
        for file in project.mentioning("put_env", "put_all_env"):
            for node in ast.walk(_tree(project, file)):
                if isinstance(node, ast.Call) and node.name in ("put_env", "put_all_env", "set_env"):
                    calls.append(node.args)
        project.memo["put_env"] = held = calls
    for args in held:
        names = [a.value.name if isinstance(a, ast.Literal) and isinstance(a.value, Atom) else None for a in args[:2]]
        modules = [a.name.rpartition(".")[2] if isinstance(a, ast.Alias) else None for a in args[1:2]]
        if len(names) < 2 or names[0] not in (app, None):
            if len(names) < 2:
                return True
            continue
        if names[1] == key or (names[1] is None and modules in ([None], [key.rpartition(".")[2]])):
            return True
    return False


def _tree(project: Project, file: str) -> ast.Node | None:
    from cronlift.errors import UsageError

    try:
        return project.tree(file)
    except UsageError:
        return None  # listed with the project's problems where it matters
