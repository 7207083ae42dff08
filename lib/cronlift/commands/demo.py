"""``cronlift demo``: the whole way on the demo application, in the private server."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cronlift import sandbox
from cronlift.commands import output
from cronlift.commands.run import show
from cronlift.handover.operation import perform
from cronlift.handover.start import Start
from cronlift.model.plan import Plan
from cronlift.notebook import run as runs
from cronlift.notebook.runner import Settings
from cronlift.postgres.server import Server
from cronlift.record import acts, outcome, pull_request
from cronlift.record.run_folder import RunFolder, next_folder
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
    """Move the demo application's movable jobs into pg_cron, in a private PostgreSQL: verify them, hand them over."""
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
    if report.code != 0:
        return report.code
    return _hand_over(report.folder, sandbox.running(name).server())


def _hand_over(folder: RunFolder, server: Server) -> int:
    """The last step of a move: the gates open, at a moment between two ticks of each job. Nothing waits for that."""
    output.say("cronlift jobs start …")
    with folder.writing():
        plan = folder.read(Plan)
        done = acts.act(
            folder, lambda record: perform(Start(), plan, server, apply=True, run_id=plan.run_id, record=record)
        )
    print()
    rows = [(hand.job, hand.after or "", hand.pg_from or "") for hand in done.jobs]
    output.table(("JOB", "GATE", "PG_CRON RUNS ITS TICKS FROM"), rows)
    for job in plan.plain:
        print(output.printable(f"plain, the application's deploy is its switch: {job.id}: {job.plain_because}"))
    result = outcome.of(done)
    print(f"\n{result.sentence}, each at its moment above. In an application of your own, which runs them until then:")
    print(
        output.printable(f"  deploy {folder.path / pull_request.FOLDER / 'config.patch'}, then cronlift jobs complete")
    )
    print(output.printable(f"Record: {folder.page}"))
    return result.exit_code
