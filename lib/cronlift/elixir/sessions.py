"""What the application tells the sessions of its repositories when they open, and what of it matters to a statement.

Sources: postgrex lib/postgrex.ex (start_link/1: after_connect, parameters), PostgreSQL manual, chapter 20 (what a
setting changes). A setting that only chooses plans, limits times or names the session leaves what a statement does as
it is; any other may change it. Parameters that are computed are a question to who runs the application.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from cronlift.elixir import syntax as ast
from cronlift.elixir.config import Config, Setting
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.model.verdict import QUESTIONS, Loss, Reason

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Findings

_WORDS = ("after_connect", "parameters:", ":parameters")
# Manual 20.7 (planning), 20.4 (resources), 20.8 and 20.9 (logging, statistics): how a statement is carried out, never
# which rows it touches.
_HARMLESS = frozenset(
    ["application_name", "jit", "plan_cache_mode", "work_mem", "hash_mem_multiplier", "maintenance_work_mem",
     "temp_buffers", "effective_cache_size", "effective_io_concurrency", "random_page_cost", "seq_page_cost",
     "from_collapse_limit", "join_collapse_limit", "cursor_tuple_fraction", "client_connection_check_interval",
     "log_statement", "log_min_duration_statement", "log_min_messages", "log_min_error_statement", "log_duration",
     "client_min_messages", "track_activities", "track_counts", "track_io_timing", "max_parallel_workers",
     "max_parallel_workers_per_gather"]
)  # fmt: skip
# What a procedure can set for itself while it runs (all of context "user" in pg_settings), so that its statements mean
# what they mean in the app's sessions.
_CARRIED = frozenset(
    ["timezone", "datestyle", "intervalstyle", "extra_float_digits", "bytea_output", "xmloption", "xmlbinary",
     "gin_fuzzy_search_limit", "default_text_search_config", "array_nulls", "transform_null_equals", "lc_monetary",
     "lc_numeric", "lc_time", "constraint_exclusion", "synchronous_commit"]
)  # fmt: skip
_TIMEOUTS = frozenset(
    ["statement_timeout", "lock_timeout", "transaction_timeout", "idle_in_transaction_session_timeout",
     "idle_session_timeout", "deadlock_timeout"]
)  # fmt: skip
_MAKING = ("config", "import_config", "put_env", "put_all_env", "eval_file", "eval_string", "require_file")
_HARMLESS_FAMILIES = ("tcp_", "enable_", "geqo", "cpu_", "parallel_", "jit_")


def session_settings(project: Project, config: Config, names: list[str]) -> list[Reason]:
    """What the sessions of the repositories ``names`` are told that must be looked at (``session-settings``), must be
    said (``session-parameters``, where it is computed), or is lost (``session-timeout``)."""
    plain = {id(item) for s in config.settings if _is_plain(s, config, names) for item, _, v in _given(s.value) if v}
    return list(dict.fromkeys(r for place in _places(project, config, names) for r in _told(place, plain)))


class Carried(NamedTuple):
    """A setting's value, and where it is set."""

    value: str
    span: Span


def carried(config: Config, names: list[str]) -> dict[str, Carried]:
    """The settings of the first repository's sessions that a procedure makes for itself, by name in lower case: those
    that the configuration sets as literals, whatever the deployment."""
    found: dict[str, Carried] = {}
    for setting in config.settings:
        if _is_plain(setting, config, names):
            for item, name, value in _given(setting.value):
                if name.lower() in _CARRIED and value is not None:
                    found[name.lower()] = Carried(value, item.span)
    return found


def _is_plain(setting: Setting, config: Config, names: list[str]) -> bool:
    """Whether a setting is the first repository's, and certainly the only one."""
    same = [s for s in config.settings if s.key in (setting.key, "?")]
    # A statement of the configuration that is not followed may set it, too, where it makes settings at all.
    making = [n for n in ast.walk(config.unfollowed) if isinstance(n, ast.Call) and n.name in _MAKING]
    return setting.key in names[:1] and setting.condition is None and same == [setting] and not making


def _given(value: Node) -> Iterator[tuple[Node, str, str | None]]:
    """The items of ``parameters: [name: value]`` in a repository's options: where, the name, the literal value."""
    parameters = ast.keyword(value, "parameters") if isinstance(value, ast.List) else None
    for item in parameters.items if isinstance(parameters, ast.List) and parameters.tail is None else ():
        match item:
            case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), given)):
                yield item, name, _literal(given)


def _literal(node: Node) -> str | None:
    match node:
        case ast.Text(parts=()):
            return ""
        case ast.Text(parts=(str(text),)):
            return text
        case ast.Literal(value=int() as number) if not isinstance(number, bool):
            return str(number)
        case _:
            return None


def take(findings: Findings, told: list[Reason], carried_over: dict[str, Carried]) -> None:
    """Note what ``session_settings`` found: problems and losses (questions are the caller's)."""
    findings.session = {name: one.value for name, one in carried_over.items()}
    for name, (value, span) in carried_over.items():
        text = f"the procedure sets {name} to {value!r} as the app's sessions do: a later change no longer reaches it"
        loss = Loss(code="pinned-setting", text=text, file=span.file, line=span.line)
        findings.pinned.setdefault(f"session {name}", loss)
    for reason in told:
        if reason.code == "session-timeout":
            findings.pinned.setdefault(reason.text, Loss(**dict(reason)))
        elif reason.code not in QUESTIONS:
            findings.problems[(reason.code, reason.file, reason.line)] = reason


def _places(project: Project, config: Config, names: list[str]) -> Iterator[Node]:
    yield from (s.value for s in config.settings if s.key in names or s.key == "?")
    yield from config.unfollowed  # whose settings these are is not known
    for file in project.mentioning(*_WORDS):
        source = project.source(file)
        for module in project.modules_in(file):
            clauses = [c for f in module.functions.values() for c in f.clauses]
            naming = [c for c in clauses if any(w.encode() in source[c.span.start : c.span.end] for w in _WORDS)]
            for node in ast.walk([c.sections for c in naming]):
                match node:
                    case ast.Tuple(items=(ast.Alias(name=name), options)) if module.expand(name) in names:
                        yield options
                    case ast.Call(target=ast.Alias(name=name), name="start_link", args=args) if (
                        module.expand(name) in names
                    ):
                        yield from args


def _told(place: Node, plain: set[int]) -> Iterator[Reason]:
    for node in ast.walk(place):
        if not (isinstance(node, ast.Tuple) and node.items and is_session_setting(node.items[0])):
            continue
        if len(node.items) == 2 and node.items[0] == ast.Literal(node.items[0].span, Atom("parameters")):
            yield from _parameters(node.items[1], plain)
        else:
            yield _reason("session-settings", "the repository's sessions are changed when they open", node)


def _parameters(node: Node, plain: set[int]) -> Iterator[Reason]:
    """What ``parameters:`` sets, one setting after the other; ``plain``: the items whose value is certain."""
    match node:
        case ast.List(items=items, tail=None):
            for item in items:
                match item:
                    case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), _)):
                        if name in _TIMEOUTS:
                            text = f"{name} ended what took too long in the app's sessions; pg_cron's have the role's"
                            yield _reason("session-timeout", text, item)
                        elif not _is_harmless(name) and not (name.lower() in _CARRIED and id(item) in plain):
                            text = f"the repository's sessions set {name}, which statements may depend on"
                            yield _reason("session-settings", text, item)
                    case _:
                        yield _computed(item)
        case ast.Call(target=ast.Alias(name="Keyword"), name="merge", args=(left, right)):
            yield from _parameters(left, plain)
            yield from _parameters(right, plain)
        case ast.Binary(op="++", left=left, right=right):
            yield from _parameters(left, plain)
            yield from _parameters(right, plain)
        case _:
            yield _computed(node)


def _computed(node: Node) -> Reason:
    text = (
        "the parameters of the repository's sessions are computed: that they set nothing a statement depends on "
        "(a search_path, a role, a time zone) must be said"
    )
    return _reason("session-parameters", text, node)


def _is_harmless(name: str) -> bool:
    return name in _HARMLESS or name.startswith(_HARMLESS_FAMILIES)


def is_session_setting(node: Node) -> bool:
    """Whether a node names an option that changes what a session's statements mean."""
    return isinstance(node, ast.Literal) and node.value in (Atom("after_connect"), Atom("parameters"))


def _reason(code: str, text: str, node: Node) -> Reason:
    return Reason(code=code, text=text, file=node.span.file, line=node.span.line)
