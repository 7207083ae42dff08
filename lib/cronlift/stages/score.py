"""Scoring the reader against labels: entries found, entries invented, verdicts that are wrong about safety."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from cronlift.ecto.database import database_of
from cronlift.elixir.project import Project
from cronlift.errors import UsageError
from cronlift.model.score import LabelledJob, Score, ScoredApp
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.postgres.server import Connection
from cronlift.stages.classify import classify
from cronlift.stages.prepare import prepare

_VERDICTS = {"PURE_SQL": "pure_sql", "MIXED": "split", "APP_LOGIC": "app_logic", "NO_OP": "no_effect"}


class Label(BaseModel):
    """One line of a labels file; fields that scoring does not need are left alone.

    ``class`` is PURE_SQL, MIXED, APP_LOGIC or NO_OP, ``alt_class`` a second defensible one; ``sql_style`` starts
    with ``raw`` where the SQL is text in the source.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    repo: str
    commit: str
    config_path: str
    line: int
    schedule: str
    worker: str
    class_: str
    alt_class: str | None = None
    sql_style: str = ""


def read_labels(path: Path) -> list[Label]:
    """Read a labels file: a JSON list of objects. Raises UsageError where it is not one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        renamed = [{("class_" if k == "class" else k): v for k, v in item.items()} for item in data]
        labels = TypeAdapter(list[Label]).validate_python(renamed)
    except OSError as error:
        raise UsageError(f"cannot read the labels: {error.strerror}", where=str(path), do="check the path") from error
    except (ValueError, AttributeError, TypeError, ValidationError) as error:
        what = f"this is not a list of labels: {str(error).splitlines()[0]}"
        raise UsageError(what, where=str(path), do="docs/score.md says what a label holds") from error
    unknown = next((x for x in labels if {x.class_, x.alt_class} - {*_VERDICTS, None}), None)
    if unknown:
        what = f"unknown class {unknown.class_}/{unknown.alt_class} of {unknown.worker}"
        raise UsageError(what, where=str(path), do=f"the classes are {', '.join(_VERDICTS)}")
    return labels


def score(labels: list[Label], apps: Path, env: str = "prod", *, database: Connection | None = None) -> Score:
    """Inventory and classify every labelled application below ``apps`` and compare; with a ``database`` to ask
    (writable, disposable) its statements are prepared there, too.

    An application is looked for as ``<owner>+<name>@<first eight of the commit>`` and as ``<owner>/<name>``.
    """
    by_app: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        by_app.setdefault((label.repo, label.commit), []).append(label)
    scored: list[ScoredApp] = []
    absent: list[str] = []
    for (repo, commit), own in by_app.items():
        name = f"{repo}@{commit[:8]}"
        folder = _folder(apps, repo, commit)
        if folder is None:
            absent.append(name)
            continue
        roots: dict[Path, list[Label]] = {}
        for label in own:
            roots.setdefault(_root(folder, label.config_path), []).append(label)
        for root, there in roots.items():
            inside = root.relative_to(folder).as_posix()
            project = Project(root)
            found = classify(root, env, project=project)
            asked = prepare(found, database_of(project, env), database) if database else ()
            one = _app(name if inside == "." else f"{name}/{inside}", inside, there, found)
            scored.append(one.model_copy(update={"prepared": asked}))
    return Score(apps=tuple(scored), absent=tuple(absent))


def _folder(apps: Path, repo: str, commit: str) -> Path | None:
    candidates = (apps / f"{repo.replace('/', '+')}@{commit[:8]}", apps / repo)
    return next((c for c in candidates if c.is_dir()), None)


def _root(folder: Path, config_path: str) -> Path:
    """The application a configuration file belongs to: the outermost folder above it with a mix.exs."""
    at = folder
    for part in ("", *Path(config_path).parts[:-1]):
        at = at / part if part else at
        if (at / "mix.exs").is_file():
            return at
    return folder


def _app(name: str, inside: str, labels: list[Label], found: Classification) -> ScoredApp:
    left = {j.id: j for j in found.jobs if j.kind == "cron"}
    rows = []
    for label in labels:
        file = label.config_path if inside == "." else label.config_path.removeprefix(f"{inside}/")
        job = next(_matches(label, file, list(left.values())), None)
        if job:
            del left[job.id]
        rows.append(
            LabelledJob(
                place=f"{label.config_path}:{label.line}", worker=label.worker, label=_VERDICTS[label.class_],
                also=_VERDICTS[label.alt_class] if label.alt_class else None,
                raw_sql=label.sql_style.startswith("raw"), verdict=job.verdict if job else None,
                reasons=tuple(dict.fromkeys(r.code for r in job.reasons)) if job else (),
                statements=bool(job and job.steps),
            )
        )  # fmt: skip
    return ScoredApp(
        app=name, jobs=tuple(rows), unlabelled=tuple(f"{j.id} ({j.config.file}:{j.config.line})" for j in left.values())
    )


def _matches(label: Label, file: str, jobs: list[ClassifiedJob]) -> Iterator[ClassifiedJob]:
    """The jobs that may be a label's entry, the surest first: same worker and file, and then the same line."""
    same = [j for j in jobs if j.worker == label.worker and j.config.file == file]
    yield from (j for j in same if j.config.line <= label.line <= j.config.end_line)
    yield from (j for j in same if j.schedule == label.schedule)
