"""A run's id: derived from what goes into the run, so that the same inputs give the same documents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cronlift import __version__
from cronlift.elixir.project import Project, utf8
from cronlift.model.document import digest


def run_id(
    app: Path,
    env: str,
    *,
    decisions: Path | None = None,
    jobs: Sequence[str] = (),
    databases: Sequence[str | None] = (),
    mode: str | None = None,
) -> str:
    """16 hex digits over cronlift's version, the application's Elixir source, the decisions and the options.

    Raises UsageError where ``app`` is not an application.
    """
    judged = hashlib.sha256(decisions.read_bytes()).hexdigest() if decisions and decisions.is_file() else ""
    parts = [__version__, utf8(app.resolve().name), Project(app).digest(), env, judged, sorted(jobs), list(databases)]
    return digest([*parts, mode] if mode else parts)[:16]
