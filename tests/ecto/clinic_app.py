"""An invented clinic with loops over rows: one worker for each file of loops/proposed, loops/kept and loops/batches."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from cronlift.model.verdict import ClassifiedJob
from cronlift.stages.classify import classify

DATA = Path(__file__).parent / "loops"


def cases(folder: str) -> list[Path]:
    """The workers of one folder."""
    return sorted((DATA / folder).glob("*.ex"))


def expected(case: Path, name: str) -> list[str]:
    """What the comments on top of a case say: ``# statement: …``, ``# reason: …``, ``# proposed: …``."""
    return re.findall(rf"^# {name}: (.*)$", case.read_text(encoding="utf-8"), re.MULTILINE)


def module(case: Path) -> str:
    """The worker's module."""
    found = re.search(r"defmodule (\S+) do", case.read_text(encoding="utf-8"))
    assert found
    return found[1]


def write_clinic(root: Path, workers: list[Path]) -> Path:
    """The application below ``root`` with these workers in its crontab."""
    for folder in ("lib/clinic/workers", "priv/repo/migrations", "config"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "mix.exs").write_text("defmodule Clinic.MixProject do\n  use Mix.Project\nend\n")
    entries = ",\n".join(f'      {{"0 * * * *", {module(case)}}}' for case in workers)
    (root / "config/config.exs").write_text(
        "import Config\nconfig :clinic, ecto_repos: [Clinic.Repo]\nconfig :clinic, Oban,\n  repo: Clinic.Repo,\n"
        f"  plugins: [\n    {{Oban.Plugins.Cron, crontab: [\n{entries}\n    ]}}\n  ]\n"
    )
    shutil.copy(DATA / "schemas.ex", root / "lib/clinic/schemas.ex")
    shutil.copy(DATA / "structure.sql", root / "priv/repo/structure.sql")
    for case in workers:
        shutil.copy(case, root / "lib/clinic/workers" / case.name)
    return root


def classified(root: Path, workers: list[Path]) -> dict[str, ClassifiedJob]:
    """The jobs by the names of their cases."""
    jobs = {job.worker: job for job in classify(write_clinic(root, workers)).jobs}
    return {case.stem: jobs[module(case)] for case in workers}
