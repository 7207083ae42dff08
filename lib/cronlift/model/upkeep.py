"""What a check of an application finds: what is new, stale, changed or no longer as it was installed."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

Code = Literal[
    "new-movable-job",
    "not-analysed",
    "stale-decision",
    "decision-without-job",
    "worker-changed",
    "still-scheduled",
    "drift",
]


class Found(Record):
    """One finding: a stable ``code``, the job's id, a sentence, the evidence's place (empty: none), what to do."""

    code: Code
    job: str
    text: str
    file: str = ""
    line: int = 0
    do: str


class CheckReport(Document):
    """``checked``: what was looked at, by code (ids of jobs, names of objects); a code that is not in it was not
    checked, and ``notes`` say why."""

    app: str
    env: str
    checked: dict[Code, tuple[str, ...]]
    findings: tuple[Found, ...]
    notes: tuple[str, ...] = ()
