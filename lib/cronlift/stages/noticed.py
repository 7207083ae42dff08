"""Names and comments that say another schedule than the entry has: said, and never a change of verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.errors import UsageError
from cronlift.model.job import Job
from cronlift.model.verdict import Remark, Step
from cronlift.schedule import claims, explain, rate
from cronlift.schedule.dialects import Fields, find

_SUFFIX = re.compile(r"(?:Worker|Job|Task|Cron|Scheduler)+$")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A comment after an entry on its last line; a string could hold a `#`, what follows the closing brace cannot.
_TRAILING = re.compile(r"\}\s*,?[\s\]})]*#(.*)$")


def contradictions(project: Project, job: Job, steps: Sequence[Step]) -> Iterator[Remark]:
    """A remark for each place whose words do not fit the schedule."""
    try:
        parsed = find(job.source).parse(job.schedule or "")
    except UsageError:
        return
    fired = rate.rhythm(parsed)
    if fired is None or not isinstance(parsed, Fields):
        return
    relations = [r for s in steps for r in s.relations]
    for words, what, is_name, file, line in _texts(project, job):
        said = list(claims.claims(words, name=is_name))
        if any(claims.days_fit(c, fired) and claims.rate_fits(c, fired) for c in said):
            continue  # a text that names several rates describes more than this entry
        for claim in said[:1]:
            if not (is_name and fired.runs > claim.most and claims.about_data(words, claim.words, relations)):
                meaning = f"{explain.describe(parsed, job.timezone)} ({rate.words(fired.runs)})"
                text = f"{what} says {claim.words!r}, and the entry {meaning}"
                yield Remark(code="schedule-differs", text=text, file=file, line=line)


def _texts(project: Project, job: Job) -> Iterator[tuple[str, str, bool, str, int]]:
    """Every text that may say how often: words, what it is, whether it is a name, and its place."""
    place = (job.config.file, job.config.line)
    handler = job.handler
    at = (handler.file, handler.line) if handler else place
    owner = job.worker.partition("/")[0]
    if job.source == "quantum":
        owner, _, function = owner.rpartition(".")
        yield function, f"the name {function}", True, *at
    short = owner.rpartition(".")[2]
    yield _words(short), f"the name {short}", True, *at
    for key, value in job.options.args.items():
        if isinstance(value, str):
            yield value, f"the argument {key}", True, *place
    for comment, line in _comments(project, job):
        yield comment, "the comment", False, job.config.file, line
    module = project.module(handler.module) if handler else None
    if module is not None:
        entered = module.function(handler.function, handler.arity) if handler else None
        start = entered.clauses[0].span.start if entered else -1
        for text, line in _documentation(module, start):
            yield text, "the documentation", False, module.file, line


def _words(name: str) -> str:
    """``DailyDigestWorker`` as ``Daily-Digest``."""
    return "-".join(_HUMPS.split(_SUFFIX.sub("", name) or name))


def _comments(project: Project, job: Job) -> Iterator[tuple[str, int]]:
    """The comment lines right above an entry, as one text, and the one behind it. Above several entries stands a
    heading, whose words may be about any of them."""
    lines = _lines(project, job.config.file)
    if job.config.end_line > len(lines):
        return  # the entry was taken out since (cronlift check looks at moved jobs by where they stood)
    above: list[str] = []
    at = job.config.line - 1
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
        above.append(lines[at].strip().lstrip("# "))
    below = lines[job.config.end_line].lstrip() if job.config.end_line < len(lines) else ""
    if above and not below.startswith("{"):
        yield "\n".join(reversed(above)), at + 1
    if behind := _TRAILING.search(lines[job.config.end_line - 1]):
        yield behind[1].strip(), job.config.end_line


def _lines(project: Project, file: str) -> list[str]:
    """A file's lines (kept: many entries stand in one file)."""
    kept = project.memo.setdefault("lines", {})
    assert isinstance(kept, dict)
    if file not in kept:
        kept[file] = project.readable(file).decode("utf-8", "replace").splitlines()
    lines: list[str] = kept[file]
    return lines


def _documentation(module: Module, start: int) -> Iterator[tuple[str, int]]:
    """The module's documentation and that of the function that begins at ``start``, where they are plain text."""
    ends = [c.span.end for f in module.functions.values() for c in f.clauses if c.span.end <= start]
    above = max(ends, default=-1)
    found = module.attributes.get("moduledoc", [])
    found = [*found, *((at, v) for at, v in module.attributes.get("doc", []) if above < v.span.start < start)]
    for _, value in found:
        if isinstance(value, ast.Text) and all(isinstance(p, str) for p in value.parts):
            yield re.sub(r"[*`]", "", "".join(str(p) for p in value.parts)), value.span.line
