"""A diagnosis for people, and for GitHub's annotations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from cronlift.model.diagnosis import Advice, Diagnosed, Diagnosis

DOCS = "docs/doctor"


def sentence(diagnosis: Diagnosis) -> str:
    """How it came out, in one line."""
    errors = sum(f.severity == "error" for f in diagnosis.findings)
    warnings = len(diagnosis.findings) - errors
    entries = f"{diagnosis.checked} {'entry' if diagnosis.checked == 1 else 'entries'} looked at"
    if not diagnosis.findings:
        return f"{entries}: nothing wrong found"
    parts = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    bad = len({(f.jobid, f.jobname, f.file, f.line) for f in diagnosis.findings})
    return f"{entries}: {', '.join(parts)} in {bad} {'place' if bad == 1 else 'places'}"


def name(found: Diagnosed | Advice) -> str:
    """The entry as a headline has it."""
    if found.jobid is None and found.jobname is None and not getattr(found, "file", None):
        return "the server"
    words = [found.jobname or "(no name)"]
    if found.jobid is not None:
        words.append(f"(job {found.jobid}{_database(found)})")
    elif isinstance(found, Diagnosed) and found.file:
        words.append(f"({found.file}:{found.line})")
    return " ".join(words)


def _database(found: Diagnosed | Advice) -> str:
    database = found.database if isinstance(found, Diagnosed) else None
    return f", {database}" if database else ""


def grouped(diagnosis: Diagnosis) -> Iterator[tuple[str, list[Diagnosed]]]:
    """The findings by entry, in the diagnosis's order."""
    for headline, found in groupby(diagnosis.findings, key=name):
        yield headline, list(found)


def github(diagnosis: Diagnosis) -> Iterator[str]:
    """Workflow commands of GitHub Actions, one line a finding (its manual, "Workflow commands": %, CR and LF
    escaped; in properties also ``:`` and ``,``)."""
    for found in diagnosis.findings:
        where = f"file={_property(found.file)},line={found.line}," if found.file else ""
        title = _property(
            f"cronlift {found.check}: "
            f"{found.jobname or 'server' if found.jobid is None else found.jobname or found.jobid}"
        )
        yield f"::{found.severity} {where}title={title}::{_data(found.message)}%0A{_data(found.fix)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
