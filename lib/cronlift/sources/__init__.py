"""One module per app-side scheduler; each answers ``jobs(project, env)`` with jobs and what it could not resolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cronlift.elixir.project import Project
from cronlift.model.job import Job, NotAnalysed


class Source(Protocol):
    """What a scheduler's module offers: every scheduled job it configures in that environment."""

    def __call__(self, project: Project, env: str) -> tuple[list[Job], list[NotAnalysed]]: ...


def sources() -> tuple[Source, ...]:
    """The schedulers cronlift knows."""
    from cronlift.sources import oban, quantum, startup

    return (oban.jobs, quantum.jobs, startup.jobs)


def bookkeeping(job_id: str) -> Callable[[tuple[str, str]], bool]:
    """Tells the relations (and sequences, and channels) in which a job's own scheduler keeps books: they show how the
    application ran the job, not what the job did.

    Oban's begin with ``oban_``: jobs and peers (Elixir: Oban.Migrations), leaders and producers (Python:
    queries/install.sql).
    """
    prefix = {"oban": "oban_"}.get(job_id.split(":", 1)[0])
    return lambda key: prefix is not None and key[1].startswith(prefix)
