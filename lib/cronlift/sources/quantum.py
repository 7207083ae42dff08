"""Quantum's jobs: recognised and listed as not analysed, since that scheduler's dialect is not read yet.

Source: quantum-core, "Configuring jobs" (``jobs:`` of a module that uses Quantum) and "Runtime configuration".
"""

from __future__ import annotations

from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.project import Project
from cronlift.model.job import Job, NotAnalysed


def jobs(project: Project, env: str) -> tuple[list[Job], list[NotAnalysed]]:
    """No job, and a line for each that is configured; a scheduler without any may get them from code."""
    found: list[NotAnalysed] = []
    configured: set[str | None] = set()
    config = settings.read_config(project, env)
    for setting in config.settings:
        items = ast.keyword(setting.value, "jobs") if isinstance(setting.value, ast.List) else None
        for item in items.items if isinstance(items, ast.List) else ():
            if isinstance(item, ast.Tuple) and len(item.items) == 2:
                configured.add(setting.key)
                why = "a Quantum job: that scheduler is not read yet"
                found.append(NotAnalysed(file=item.span.file, line=item.span.line, why=why))
    for file in project.mentioning("use Quantum"):
        for module in project.modules_in(file):
            for use in module.uses:
                if use.module == "Quantum" and module.name not in configured:
                    why = "a Quantum scheduler whose jobs are not in the configuration: that scheduler is not read yet"
                    found.append(NotAnalysed(file=file, line=use.span.line, why=why))
    return [], found
