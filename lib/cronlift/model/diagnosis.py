"""What ``doctor`` found: the entries that cannot work, and those that do harm or nothing."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

Severity = Literal["error", "warning"]


class Diagnosed(Record):
    """One finding. ``jobid`` and ``jobname`` are None where it concerns the server, or the entry has none.

    ``check`` is the rule's stable code (docs/doctor/<code>.md), ``message`` says the consequence, ``fix`` is ready to
    paste. ``file`` and ``line`` say where a migration has it; ``database`` where the entry runs.
    """

    jobid: int | None = None
    jobname: str | None = None
    severity: Severity
    check: str
    message: str
    fix: str
    database: str | None = None
    file: str | None = None
    line: int | None = None


class Suppressed(Diagnosed):
    """A finding that somebody allowed (``-- cronlift: allow CODE reason``), with the reason given."""

    reason: str


class Advice(Record):
    """Something to think about that is no fault: it changes no exit code."""

    jobid: int | None = None
    jobname: str | None = None
    check: str
    message: str
    fix: str


class Diagnosis(Document):
    """``checked`` entries were looked at; ``notes`` say what could not be seen."""

    checked: int = 0
    findings: tuple[Diagnosed, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    advice: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = ()
