"""A person's decision, written into ``decisions.yaml`` without touching another line of it.

ruamel.yaml keeps comments, order and quotes of the file: it lies in somebody's repository.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from cronlift.errors import UsageError
from cronlift.model.decision import Decision, Decisions
from cronlift.model.document import SCHEMA_VERSION
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.record.run_folder import write_atomically
from cronlift.stages import decisions as deciding

_HEAD = "# What people decided about this application's jobs: cronlift reads it, and adds to it when you decide.\n"


def decision(job: ClassifiedJob, *, verdict: str, move: bool, who: str, why: str, **names: str) -> Decision:
    """The decision on a job as it is now. Raises UsageError where who or why is missing, or it cannot be decided so.

    ``names``: ``cron_name``, ``procedure``, ``schema_name``, ``job_role``; empty ones are left to the plan.
    """
    if not who.strip() or not why.strip():
        raise UsageError(
            "a decision needs a name and a reason", do="fill in who decides and why: both go into the record"
        )
    fields: dict[str, Any] = {name: text.strip() for name, text in names.items() if text.strip()}
    if verdict:
        fields["verdict"] = verdict
    made = Decision(
        code_hash=job.code_hash,
        who=who.strip(),
        when=datetime.now(UTC).date().isoformat(),
        why=why.strip(),
        move=move,
        **fields,
    )
    # The same rules that classify follows: what it would refuse is not written down.
    deciding.apply([job], Decisions(schema_version=SCHEMA_VERSION, jobs={job.id: made}))
    return made


def put(file: Path, job_id: str, made: Decision | None) -> None:
    """Write the decision on a job into the file (made where there is none); None takes it out.

    Raises UsageError where the file is not a decisions file or cannot be written; it is left as it was then.
    """
    if file.is_file():
        deciding.load(file)  # says what is wrong with it, in words
    yaml: Any = import_module("ruamel.yaml").YAML()
    yaml.width = 120
    yaml.preserve_quotes = True
    text = (
        file.read_text(encoding="utf-8") if file.is_file() else f"{_HEAD}schema_version: {SCHEMA_VERSION}\njobs: {{}}\n"
    )
    data = yaml.load(text)
    if made is None:
        data["jobs"].pop(job_id, None)
    else:
        if not data["jobs"]:
            data["jobs"] = {}  # a flow mapping ({}) would stay on one line
        data["jobs"][job_id] = made.model_dump(exclude_defaults=True)
    stream = io.StringIO()
    yaml.dump(data, stream)
    try:
        write_atomically(file, stream.getvalue())
    except OSError as error:
        raise UsageError(
            f"cannot write the decisions: {error.strerror}", where=str(file), do="name another file in step 1"
        ) from error


def as_read(classification: Classification, job_id: str) -> ClassifiedJob | None:
    """A job of the classification as cronlift itself judged it, without the decision that was applied to it."""
    job = next((job for job in classification.jobs if job.id == job_id), None)
    if job is None or not job.reasons or job.reasons[0].code != "decision":
        return job
    verdict = job.verdict if not job.decided else ("pure_sql" if job.verdict != "pure_sql" else "needs_review")
    return job.model_copy(update={"reasons": job.reasons[1:], "decided": False, "approved": False, "verdict": verdict})
