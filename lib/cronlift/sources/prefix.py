"""The schema of an Oban instance's tables: its ``prefix:``, by default ``public`` (oban lib/oban/config.ex).

Several instances, each with a prefix, are how one database holds several queues; which one a job's rows come into is
the configuration's to say, and nothing in the database is.
"""

from __future__ import annotations

from cronlift.elixir import syntax as ast
from cronlift.elixir.config import Config, Setting
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node
from cronlift.sources.crontab import literal

DEFAULT = "public"
_CHANGES = ("put", "put_new", "merge", "replace", "replace!", "update", "update!")


def of_options(options: ast.List) -> str | None:
    """What an instance's options say; None where it is computed, or ``false`` (the sessions' search path)."""
    node = ast.keyword(options, "prefix")
    if node is None:
        return DEFAULT
    try:
        known = literal(node)
    except ValueError:
        return None
    return known if isinstance(known, str) and known not in ("false", "nil") else None


def of_setting(project: Project, config: Config, setting: Setting) -> str | None:
    """What all settings of one key say, conditional ones too; None where they differ, or code may change it before the
    instance is started with them."""
    same = [s.value for s in config.settings if (s.app, s.key) == (setting.app, setting.key)]
    known = {of_options(value) for value in same if isinstance(value, ast.List)}
    return known.pop() if len(known) == 1 and not _changed_in_code(project) else None


def _changed_in_code(project: Project) -> bool:
    """Whether a function that names Oban also names a ``prefix``: what it starts may have another one."""
    held = project.memo.get("oban prefix")
    if not isinstance(held, bool):
        held = any(
            _names_both(clause.sections or {})
            for file in project.mentioning("prefix")
            if b"Oban" in project.readable(file)
            for module in project.modules_in(file)
            for function in module.functions.values()
            for clause in function.clauses
        )
        project.memo["oban prefix"] = held
    return held


def _names_both(body: object) -> bool:
    oban = prefix = False
    for node in ast.walk(body):
        match node:
            case ast.Alias(name="Oban"):
                oban = True
            case ast.List():
                prefix = prefix or ast.keyword(node, "prefix") is not None
            case ast.Call(target=ast.Alias(name="Keyword" | "Map"), name=name, args=args) if name in _CHANGES:
                prefix = prefix or any(_is_key(arg) for arg in args)
    return oban and prefix


def _is_key(node: Node) -> bool:
    return isinstance(node, ast.Literal) and isinstance(node.value, Atom) and node.value.name == "prefix"
