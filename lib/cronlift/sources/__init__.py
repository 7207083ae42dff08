"""One module per app-side scheduler; each answers ``jobs(project, env)`` with jobs and what it could not resolve."""

from __future__ import annotations

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
