"""Oban's cron entries: where ``crontab:`` stands in an application's configuration, and what its entries say.

Sources: oban lib/oban/plugins/cron.ex (crontab, timezone), lib/oban/config.ex (plugins, testing, the old top-level
crontab), lib/oban/cron.ex (the ``cron:`` service key of 2.23), lib/oban/worker.ex (a worker's own options).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Node, Span
from cronlift.errors import UsageError
from cronlift.model.job import ConfigEntry, Handler, Job, NotAnalysed, Options
from cronlift.sources import prefix
from cronlift.sources.crontab import Crontab, Entry, Unresolved, literal

_PLUGIN = "Oban.Plugins.Cron"
_DYNAMIC = "Oban.Pro.Plugins.DynamicCron"
Expand = Callable[[str], str]
_INSTANCE_KEYS = ("queues", "plugins", "repo", "testing", "notifier", "engine")


@dataclass(frozen=True, slots=True)
class Site:
    """One place with a crontab: the list, its time zone, the instance (with its tables' schema, None where that is
    computed) and the module it stands in."""

    crontab: Node
    timezone: Node | None
    instance: str
    condition: str | None
    module: Module | None
    variables: dict[str, Node]
    options: ast.List | None = None
    prefix: str | None = None


def jobs(project: Project, env: str) -> tuple[list[Job], list[NotAnalysed]]:
    """Every crontab entry of every Oban instance the application configures in ``env``."""
    config = settings.read_config(project, env)
    missing = [NotAnalysed(file=f, line=line, why=why) for f, line, why in config.unread]
    sites: list[Site] = []
    in_code = list(_in_code(project))  # first: what cannot be read is listed in the order of the files
    for found in (*_in_config(project, config), *in_code):
        if isinstance(found, Site):
            sites.append(found)
        else:
            missing.append(NotAnalysed(file=found.span.file, line=found.span.line, why=found.why))
    entries: dict[tuple[str, int, str], list[Job]] = {}
    for site in sites:
        for entry in Crontab(project, env, site.module).entries(site.crontab, site.condition, site.variables):
            job = _job(project, config, site, entry) if isinstance(entry, Entry) else entry
            if isinstance(job, Unresolved):
                missing.append(NotAnalysed(file=job.span.file, line=job.span.line, why=job.why))
            else:
                assert isinstance(entry, Entry)
                key = (entry.node.span.file, entry.node.span.start, site.instance)
                entries.setdefault(key, []).append(job)
    missing += _overlooked(project, config, sites, missing)
    for file, why in project.problems.items():
        missing.append(NotAnalysed(file=file, line=1, why=why))
    unique = {(m.file, m.line, m.why): m for m in missing}
    return [_joined(same) for same in entries.values()], list(unique.values())


def _joined(same: list[Job]) -> Job:
    """One entry reached on several ways (a setting beside its conditional replacement) is one job, there under any
    of the conditions."""
    conditions = [job.config.condition for job in same]
    negated = {f"not ({c})" for c in conditions if c}
    if None in conditions or any(c in negated for c in conditions):
        condition = None
    else:
        condition = " or ".join(dict.fromkeys(c for c in conditions if c))
    return same[0].model_copy(update={"config": same[0].config.model_copy(update={"condition": condition})})


def _overlooked(
    project: Project, config: settings.Config, sites: list[Site], missing: list[NotAnalysed]
) -> Iterator[NotAnalysed]:
    """Code that names the cron plugin and from which nothing came: a crontab nobody read is said, never dropped."""
    seen = {s.crontab.span.file for s in sites} | {m.file for m in missing}
    compiled = set(project.code())
    for file in project.mentioning("Plugins.Cron", "crontab:", everywhere=True):
        if file in seen:
            continue
        try:
            tree = project.tree(file)
        except UsageError:
            continue  # listed with the project's problems
        for node in ast.walk(tree):
            named = isinstance(node, ast.Alias) and node.name.endswith("Plugins.Cron")
            keyed = isinstance(node, ast.List) and ast.keyword(node, "crontab") is not None
            if named or keyed:
                why = "a crontab in code that is not followed"
                if file not in compiled:
                    why = "a crontab in a file that is not compiled into the application unless mix.exs is told so"
                yield NotAnalysed(file=file, line=node.span.line, why=why)
                break


def _in_config(project: Project, config: settings.Config) -> Iterator[Site | Unresolved]:
    for setting in config.settings:
        value, file = setting.value, setting.span.file
        if not isinstance(value, ast.List):
            if "oban" in (setting.key or "").lower() and not isinstance(value, ast.Literal | ast.Text | ast.Alias):
                yield Unresolved(setting.span, "this Oban instance's options are computed")
            continue
        if setting.key is None and not _looks_like_oban(value, setting.app):
            continue
        name = ast.keyword(value, "name")
        instance = config.expand(name.name, file) if isinstance(name, ast.Alias) else _instance(setting.key)
        expand = partial(config.expand, file=file)
        oban = _looks_like_oban(value, setting.key or setting.app)
        condition = setting.condition or _unless_replaced(setting, config)
        schema = prefix.of_setting(project, config, setting)
        for found in _sites(value, expand, instance, condition, None, {}, oban=oban):
            yield replace(found, options=value, prefix=schema) if isinstance(found, Site) else found


def _unless_replaced(setting: settings.Setting, config: settings.Config) -> str | None:
    """The condition under which a later setting of the same key does not take the crontab away."""
    condition = None
    for other in config.settings:
        same = (other.app, other.key) == (setting.app, setting.key)
        if same and other.condition and isinstance(other.value, ast.List):
            expand = partial(config.expand, file=other.span.file)
            if not list(_sites(other.value, expand, "", None, None, {}, oban=True)):
                condition = settings.both(condition, f"not ({other.condition})")
    return condition


def _instance(key: str | None) -> str:
    return key if key and key[:1].isupper() else "Oban"


def _looks_like_oban(value: ast.List, key: str) -> bool:
    """Whether a keyword list is an Oban instance's: named so, or with an instance's other keys."""
    return "oban" in key.lower() or any(ast.keyword(value, k) is not None for k in _INSTANCE_KEYS[:3])


def _sites(
    value: ast.List, expand: Expand, instance: str, condition: str | None, module: Module | None,
    variables: dict[str, Node], *, oban: bool,
) -> Iterator[Site | Unresolved]:  # fmt: skip
    """The crontabs of one instance's options: the plugin's, the old top-level key, the newer ``cron:`` key."""
    testing = ast.keyword(value, "testing")
    if isinstance(testing, ast.Literal) and testing.value not in (None, False, ast.Atom("disabled")):
        return  # oban lib/oban/config.ex: testing :manual or :inline turns plugins off
    plugins = ast.keyword(value, "plugins")
    if plugins is not None:
        yield from _plugins(plugins, expand, instance, condition, module, variables)
    if oban:
        yield from _top_level(value, instance, condition, module, variables)


def _top_level(
    value: ast.List, instance: str, condition: str | None, module: Module | None, variables: dict[str, Node]
) -> Iterator[Site]:
    """The old ``crontab:`` key beside ``queues:``, and the newer ``cron: [crontab: …]``."""
    service = ast.keyword(value, "cron")
    for options in (value, service if isinstance(service, ast.List) else None):
        crontab = ast.keyword(options, "crontab")
        if crontab is not None:
            yield Site(crontab, ast.keyword(options, "timezone"), instance, condition, module, variables)


def _plugins(
    node: Node,
    expand: Expand,
    instance: str,
    condition: str | None,
    module: Module | None,
    variables: dict[str, Node],
) -> Iterator[Site | Unresolved]:
    """Every cron plugin below a ``plugins:`` value, through ``++``, conditions and variables."""
    for part, under in _list_parts(settings.inline(node, variables), None):
        both = settings.both(condition, under)
        if not isinstance(part, ast.List | ast.Literal):
            text = "the list of plugins is computed: what it holds is looked for in the code"
            yield Unresolved(part.span, text)
        for inner in ast.walk(part):
            if isinstance(inner, ast.Tuple):
                yield from _plugin(inner, expand, instance, both, module, variables)


def _list_parts(node: Node, condition: str | None) -> Iterator[tuple[Node, str | None]]:
    """The parts of ``a ++ b``, conditions taken apart (their text is their line's)."""
    match node:
        case ast.Binary(op="++", left=left, right=right):
            yield from _list_parts(left, condition)
            yield from _list_parts(right, condition)
        case ast.Call(target=None, name="if" | "unless" | "case" | "cond", sections=sections):
            for name, section in sections.items():
                under = settings.both(condition, f"the {node.name}'s {name} branch at line {node.span.line}")
                bodies = [section] if isinstance(section, ast.Block) else [c.body for c in section]
                for body in bodies:
                    for last in body.body[-1:]:
                        yield from _list_parts(last, under)
        case _:
            yield node, condition


def _plugin(
    node: ast.Tuple,
    expand: Expand,
    instance: str,
    condition: str | None,
    module: Module | None,
    variables: dict[str, Node],
) -> Iterator[Site | Unresolved]:
    """``{Oban.Plugins.Cron, options}``."""
    if len(node.items) != 2 or not isinstance(node.items[0], ast.Alias):
        return
    plugin = expand(node.items[0].name)
    if plugin == _DYNAMIC:
        yield Unresolved(node.span, "Oban Pro's DynamicCron keeps its entries in the database")
    elif plugin == _PLUGIN:
        options = settings.inline(node.items[1], variables)
        crontab = ast.keyword(options, "crontab") if isinstance(options, ast.List) else None
        if crontab is None or not isinstance(options, ast.List):
            yield Unresolved(node.span, "the cron plugin's options are computed")
        else:
            yield Site(crontab, ast.keyword(options, "timezone"), instance, condition, module, variables)


def _in_code(project: Project) -> Iterator[Site | Unresolved]:
    """Crontabs written into the application's code (a child spec, a function that builds the options)."""
    for file in project.mentioning("Plugins.Cron", "DynamicCron", "crontab:"):
        for module in project.modules_in(file):
            for function in module.functions.values():
                for clause in function.clauses:
                    yield from _in_body(clause.sections or {}, module)
            for values in module.attributes.values():
                for _, value in values:
                    yield from _in_body(value, module)


def _in_body(body: object, module: Module) -> Iterator[Site | Unresolved]:
    """The plugin wherever it stands, and the keys of an instance's options; the instance is the nearest named one."""
    variables: dict[str, Node] = {}
    instance, schema = "Oban", None
    for node in ast.walk(body):
        match node:
            case ast.Binary(op="=", left=ast.Var(name=name), right=right):
                variables[name] = settings.inline(right, variables)
            case ast.List() if _is_instance(node):
                named = ast.keyword(node, "name")
                instance = module.expand(named.name) if isinstance(named, ast.Alias) else "Oban"
                schema = prefix.of_options(node)
                for site in _top_level(node, instance, None, module, variables):
                    yield replace(site, prefix=schema)
            case ast.Tuple(items=(ast.Alias(), _)):
                for found in _plugin(node, module.expand, instance, None, module, dict(variables)):
                    yield replace(found, prefix=schema) if isinstance(found, Site) else found


def _is_instance(node: ast.List) -> bool:
    keys = [ast.keyword(node, k) for k in ("plugins", "crontab")]
    others = any(ast.keyword(node, k) is not None for k in ("queues", "repo", "name", "plugins"))
    return any(k is not None for k in keys) and others


def _job(project: Project, config: settings.Config, site: Site, entry: Entry) -> Job | Unresolved:
    expression, worker_node, *rest = entry.node.items
    span = entry.node.span
    try:
        schedule = literal(expression)
    except ValueError:
        return Unresolved(span, "the entry's schedule is computed")
    if not isinstance(schedule, str):
        return Unresolved(span, "the entry's schedule is not a string")
    if not isinstance(worker_node, ast.Alias):
        return Unresolved(span, "the entry's worker is computed")
    expand = site.module.expand if site.module else (lambda n: config.expand(n, span.file))
    worker = expand(worker_node.name)
    options = rest[0] if rest else None
    notes: list[str] = []
    if isinstance(options, ast.Attribute) and site.module:
        options = site.module.attribute(options.name, span) or options
    if options is not None and not isinstance(options, ast.List):
        notes.append("the entry's options are computed")
        options = None
    try:
        zone = literal(site.timezone) if site.timezone is not None else "Etc/UTC"
    except ValueError:
        return Unresolved(site.timezone.span if site.timezone else span, "the crontab's time zone is computed")
    module = project.module(worker)
    known = worker_options(project, module, options)
    notes += _doubts(site.options, known.queue or "default")
    return Job(
        id=f"oban:{worker}",
        source="oban",
        schedule=schedule,
        timezone=str(zone),
        worker=worker,
        handler=_handler(module),
        config=ConfigEntry(file=span.file, line=span.line, end_line=span.end_line, condition=entry.condition),
        instance=site.instance,
        prefix=site.prefix,
        options=known,
        notes=tuple(notes),
    )


def _doubts(instance: ast.List | None, queue: str) -> Iterator[str]:
    """What the instance's own options say against the entry ever running (oban lib/oban/config.ex)."""
    peer, queues = ast.keyword(instance, "peer"), ast.keyword(instance, "queues")
    if isinstance(peer, ast.Literal) and peer.value is False:
        yield "peer: false: no node of this instance inserts what its crontab says"
    if isinstance(queues, ast.Literal) and queues.value is False:
        yield "queues: false: this instance runs no job"
    literal_queues = isinstance(queues, ast.List) and all(isinstance(q, ast.Tuple) for q in queues.items)
    if isinstance(queues, ast.List) and literal_queues and ast.keyword(queues, queue) is None:
        yield f"the instance has no queue {queue}: nothing would run the job"


def _handler(module: Module | None) -> Handler | None:
    perform = module.function("perform", 1) if module else None
    if module is None or perform is None:
        return None
    line = perform.clauses[0].span.line
    return Handler(module=module.name, function="perform", arity=1, file=module.file, line=line)


def worker_options(project: Project, module: Module | None, entry: ast.List | None) -> Options:
    """A worker's ``use Oban.Worker`` options with the entry's own over them; values that are not literal go to
    ``other`` as source text."""
    known: dict[str, object] = {}
    other: dict[str, str] = {}
    used = next((u.options for u in module.uses if u.module == "Oban.Worker"), None) if module else None
    for pairs in (used, entry):
        for item in pairs.items if pairs else ():
            if not isinstance(item, ast.Tuple) or len(item.items) != 2:
                continue
            name = str(literal(item.items[0]))
            value = item.items[1]
            if isinstance(value, ast.Attribute) and module:
                value = module.attribute(value.name, value.span) or value
            text = _text(project, item.items[1].span)
            try:
                plain = literal(value)
            except ValueError:
                plain = None
            if name in ("queue", "max_attempts", "priority", "args") and plain is not None:
                known[name] = plain
            else:
                other[name] = text
    args = known.get("args", {})
    if not isinstance(args, dict):
        other["args"] = str(args)
        args = {}
    return Options(
        queue=str(known["queue"]) if "queue" in known else None,
        max_attempts=_integer(known.get("max_attempts")),
        priority=_integer(known.get("priority")),
        unique=other.pop("unique", None),
        args=args,
        other=other,
    )


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(project: Project, span: Span) -> str:
    try:
        source = project.source(span.file)
    except UsageError:
        return "?"
    return " ".join(source[span.start : span.end].decode("utf-8", "replace").split())
