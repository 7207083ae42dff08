"""A person's decisions: reading ``decisions.yaml``, and applying them to verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from cronlift.errors import UsageError
from cronlift.model.decision import Decision, Decisions
from cronlift.model.document import SCHEMA_VERSION
from cronlift.model.verdict import ClassifiedJob, Reason

_LARGEST = 4 << 20
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


def load(path: Path) -> Decisions:
    """Read a decisions file. Raises UsageError where it is absent, not YAML, or has a field that does not fit."""
    try:
        if path.is_file() and path.stat().st_size > _LARGEST:
            raise UsageError(
                f"the decisions are larger than {_LARGEST >> 20} MiB", where=str(path), do="name a decisions.yaml"
            )
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise UsageError(
            f"cannot read the decisions: {error.strerror}", where=str(path), do="check the path"
        ) from error
    except _Twice as error:
        where = f"{path}:{error.line}"
        raise UsageError(
            f"the key `{error.key}` stands twice in the same place", where=where, do="leave one of the two out"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        why = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "not YAML that cronlift reads"
        raise UsageError(
            f"the decisions are {why}", where=where, do="mend the line (no &anchors, no *aliases)"
        ) from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        text = f"decisions.yaml has schema_version {version}, this cronlift reads {SCHEMA_VERSION}"
        raise UsageError(text, where=str(path), do=f"put `schema_version: {SCHEMA_VERSION}` at its top")
    try:
        return Decisions.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        _, job, name, *_ = (*(str(part) for part in first["loc"]), "", "")
        what = f"the decision on {job}: {name}" if name else f"the decision on {job}" if job else str(first["loc"][0])
        raise UsageError(
            f"{what} {_in_words(first['type'], first['msg'])}",
            where=str(path),
            do=f"correct it; a decision has: {', '.join(Decision.model_fields)}",
        ) from error


def _in_words(kind: str, said: str) -> str:
    """pydantic's finding as a reader of the file would say it."""
    known = {
        "missing": "is missing",
        "extra_forbidden": "is no field that cronlift knows",
        "string_type": "must be text",
        "bool_type": "must be true or false",
        "dict_type": "must be a mapping of job ids to decisions",
        "model_type": "must be a mapping of fields to values",
    }
    return known.get(kind, said[:1].lower() + said[1:]).replace("input should", "should")


class _Twice(yaml.YAMLError):
    """A key that stands twice in one mapping: YAML forbids it, and PyYAML takes the last."""

    def __init__(self, key: str, line: int) -> None:
        self.key, self.line = key, line
        super().__init__(key)


class _Loader(yaml.SafeLoader):
    """Plain data only. No aliases (a few lines of them unfold to gigabytes), no key twice; a date is its text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012
        tag: construct for tag, construct in yaml.SafeLoader.yaml_constructors.items() if tag != _TIMESTAMP
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise _Twice(name, key.start_mark.line + 1)
            seen.add(name)
        return super().construct_mapping(node, deep)


def apply(jobs: list[ClassifiedJob], decisions: Decisions) -> list[ClassifiedJob]:
    """The jobs with each decision taken in. Raises UsageError for an unknown job, a stale hash, or a verdict that
    no evidence carries: app logic never becomes pure SQL by decision."""
    known = {job.id: job for job in jobs}
    for name, decision in decisions.jobs.items():
        job = known.get(name)
        if job is None:
            near = ", ".join(sorted(known)) or "none"
            raise UsageError(f"decisions.yaml names a job that does not exist: {name}", do=f"the jobs are: {near}")
        _check_hash(job, decision)
        known[name] = _decided(job, decision)
    return [known[job.id] for job in jobs]


def _check_hash(job: ClassifiedJob, decision: Decision) -> None:
    if decision.code_hash != job.code_hash:
        raise UsageError(
            f"the decision on {job.id} is stale: the code it judged has changed since",
            where=f"{job.config.file}:{job.config.line}",
            do=f"look at the job again, then set its code_hash to {job.code_hash}",
        )


def _decided(job: ClassifiedJob, decision: Decision) -> ClassifiedJob:
    verdict = decision.verdict or job.verdict
    if verdict == "pure_sql" and job.verdict not in ("pure_sql", "needs_review"):
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL: it is {job.verdict}",
            where=f"{job.config.file}:{job.config.line}",
            do="move its SQL part into a job of its own first, or leave it in the application",
        )
    if verdict == "pure_sql" and not job.steps:
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL: cronlift knows no statement of it",
            where=f"{job.config.file}:{job.config.line}",
            do="leave it in the application, or write its SQL where it can be read",
        )
    if verdict == "pure_sql" and job.unwritten and decision.witness is None:
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL: not all of what it writes is known as statements",
            where=", ".join(job.unwritten),
            do="write what is sent there so that it can be read, or leave the job in the application",
        )
    loop = next((step for step in job.steps if step.loop is not None), None)
    if verdict == "pure_sql" and loop is not None and not decision.rewrite:
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL without a word on its loop: the application sends no such "
            "statement as the one that is proposed for it",
            where=f"{loop.file}:{loop.line}",
            do="look at what differs, then set `rewrite: true`; or leave the job in the application",
        )
    if decision.rewrite and loop is None:
        raise UsageError(
            f"the decision on {job.id} accepts a rewrite, and none is proposed for it",
            where=f"{job.config.file}:{job.config.line}",
            do="take `rewrite: true` out",
        )
    if decision.move and verdict != "pure_sql":
        raise UsageError(
            f"{job.id} is to be moved, but is {verdict}",
            where=f"{job.config.file}:{job.config.line}",
            do="set `move: false`, or overrule the verdict with a reason",
        )
    why = f"decided by {decision.who} on {decision.when}: {decision.why}"
    if decision.witness is not None:
        why += f" (seen on {decision.witness.when} with the application's own worker: {decision.witness.seen})"
    note = Reason(code="decision", text=why, file=job.config.file, line=job.config.line)
    update = {"verdict": verdict, "reasons": (note, *job.reasons), "decided": verdict != job.verdict}
    return job.model_copy(update=update | {"approved": decision.move})
