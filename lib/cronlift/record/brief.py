"""An act's lines for people: what is said of several jobs in the same words is said once."""

from __future__ import annotations

from collections.abc import Iterable

from cronlift.model.handover import Handover

_NAMED = 3
"""So many jobs are named in one line; of more the table beside it tells which."""


def notes(document: Handover) -> list[str]:
    """The notes, the same words about several jobs in one line."""
    jobs = [hand.job for hand in document.jobs]
    return _together(_split(note, jobs) for note in document.notes)


def looks(document: Handover) -> list[tuple[bool, str]]:
    """Whether it is well, and what was seen; what is not well first, the same words about several jobs in one line."""
    return [
        (well, line)
        for well in (False, True)
        for line in _together((look.job, look.text) for look in document.looks if look.well is well)
    ]


def _split(note: str, jobs: list[str]) -> tuple[str, str]:
    """A note's job (empty: it is about all) and its words."""
    found = max((job for job in jobs if note.startswith(f"{job}: ")), key=len, default="")
    return found, note.removeprefix(f"{found}: ") if found else note


def _together(lines: Iterable[tuple[str, str]]) -> list[str]:
    by_text: dict[str, list[str]] = {}
    for job, text in lines:
        by_text.setdefault(text, []).append(job)
    return [f"{_named(jobs)}{text}" for text, jobs in by_text.items()]


def _named(jobs: list[str]) -> str:
    known = [job for job in jobs if job]
    if not known:
        return ""
    return f"{len(known)} jobs: " if len(known) > _NAMED else f"{', '.join(known)}: "
