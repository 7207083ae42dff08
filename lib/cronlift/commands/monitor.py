"""``cronlift monitor``: how the entries in ``cron.job`` are doing; exit 1 where something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cronlift import resources
from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.monitoring import Monitoring
from cronlift.model.plan import Plan
from cronlift.monitor import metrics, report
from cronlift.monitor.alarms import Limits
from cronlift.monitor.watch import Question
from cronlift.monitor.watch import monitor as look
from cronlift.postgres.server import Server
from cronlift.record import outcome
from cronlift.record.run_folder import RunFolder

Owned = Annotated[bool, typer.Option("--owned", help="Only the entries that cronlift made.")]
Names = Annotated[list[str], typer.Option("--job", help="An entry's name, number or job id; repeat for several.")]
Runs = Annotated[
    list[Path], typer.Option("--run", help="The run folder of a move that is to hold (drift); repeat for several.")
]
WindowOption = Annotated[
    str, typer.Option("--window", help="How far back runs are counted: days, hours or minutes (7d, 36h, 90m).")
]
Grace = Annotated[int, typer.Option("--grace", min=1, help="Seconds that a firing may be late.")]
Failures = Annotated[int, typer.Option("--failures", min=1, help="So many failed runs in a row are red.")]
HistoryRows = Annotated[
    int, typer.Option("--history-rows", min=1, help="So many rows of history that nothing deletes are red.")
]
Prometheus = Annotated[bool, typer.Option("--prometheus", help="Print metrics in Prometheus' text format instead.")]
Views = Annotated[
    bool, typer.Option("--views", help="Print the SQL views for dashboards, to run in pg_cron's database, and stop.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("monitor", help=_HELP)(monitor)


_HELP = """See how the entries of cron.job are doing: last and next run, failures, times, what is overdue. Reads only.

Exit code 0: nothing is wrong; 1: something is; 2: wrong use; 3: no server, no pg_cron, no permission. So any cron or CI
can call for somebody.
"""


def monitor(
    owned: Owned = False,
    job: Names = [],  # noqa: B006 - typer's way of declaring an option that repeats
    run: Runs = [],  # noqa: B006
    window: WindowOption = "7d",
    grace: Grace = 120,
    failures: Failures = 1,
    history_rows: HistoryRows = 1_000_000,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    prometheus: Prometheus = False,
    views: Views = False,
    as_json: options.AsJson = False,
) -> int:
    if sum((prometheus, views, as_json)) > 1:
        raise UsageError("--json, --prometheus and --views exclude each other", do="give one of them")
    if views:
        sys.stdout.write(resources.sql("monitor/views"))
        return 0
    question = Question(
        window=report.window(window),
        owned=owned,
        names=tuple(job),
        plans=tuple(RunFolder(path).read(Plan) for path in run),
        limits=Limits(grace=grace, failures=failures, history_rows=history_rows),
    )
    found = look(Server(service=service, dsn_env=dsn_env, cron_database=cron_database), question)
    if as_json:
        output.json_document(found)
    elif prometheus:
        sys.stdout.write(metrics.text(found))
    else:
        _show(found)
    return outcome.of(found).exit_code


def _show(found: Monitoring) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if found.jobs:
        output.table(report.COLUMNS, [report.cells(job) for job in found.jobs])
        console.print()
    for name, signals in found.by_name():
        if not signals:
            continue
        console.print(Text(output.printable(name), style="bold"))
        for signal in signals:
            style = "red" if signal.severity == "red" else "yellow"
            console.print(Text.assemble("  ", (signal.severity, style), "  ", (signal.code, "bold")))
            for text, indent, style in ((signal.text, "    ", ""), (signal.do, "      ", "cyan")):
                for line in Text(output.printable(text), style=style).wrap(console, console.width - len(indent)):
                    console.print(Text(indent) + line)
    for note in found.notes:
        output.say(f"note: {note}")
    console.print(Text(output.printable(outcome.of(found).sentence), style="bold"))
