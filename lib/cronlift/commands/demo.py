"""``cronlift demo``: the whole way on the demo application, in the private server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cronlift.commands import output
from cronlift.commands.run import show
from cronlift.notebook import run as runs
from cronlift.notebook.runner import Settings
from cronlift.record.run_folder import next_folder
from cronlift.walkthrough import example


class Scale(StrEnum):
    """How many packages the demo's database holds."""

    small = "10k"
    large = "200k"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo")(demo)


def demo(
    scale: Annotated[Scale, typer.Option("--scale", help="Rows in the demo's database.")] = Scale.small,
    run: Annotated[Path | None, typer.Option("--run", help="The run folder. [default: runs/<next number>]")] = None,
    name: Annotated[str, typer.Option("--name", help="Which sandbox.")] = "default",
) -> int:
    """Move the demo application's movable jobs into pg_cron, in a private PostgreSQL, and verify them."""
    environment = example.prepare(scale.value, name=name, progress=output.say)
    settings = Settings(
        app=example.FOLDER,
        run=run or next_folder(Path("runs")),
        decisions=example.DECISIONS,
        apply=True,
        probe=True,
        environment=environment,
    )
    report = runs.run(settings, progress=output.say, approve=lambda plan: plan.hash)
    show(report)
    return report.code
