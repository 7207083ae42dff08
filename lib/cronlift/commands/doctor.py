"""``cronlift doctor``: what is wrong with the entries in ``cron.job``, or in migrations that would make some."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from cronlift.commands import options, output
from cronlift.doctor import report
from cronlift.errors import UsageError
from cronlift.model.diagnosis import Diagnosis
from cronlift.postgres.server import Server

Migrations = Annotated[
    Path | None,
    typer.Option(
        "--migrations", help="Look at the SQL or Ecto migrations in this folder instead; no database is used."
    ),
]
App = Annotated[
    Path | None, typer.Option("--app", help="The application's folder: finds jobs that still run there too.")
]
Format = Annotated[
    Literal["text", "json", "github"], typer.Option("--format", help="text, json, or github (annotations).")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("doctor")(doctor)


def doctor(
    migrations: Migrations = None,
    app: App = None,
    env: options.Env = "prod",
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    format: Format = "text",
    as_json: options.AsJson = False,
) -> int:
    """Find pg_cron entries that cannot work, or do harm or nothing (nothing is executed). Exit 1: errors."""
    from cronlift.doctor.diagnose import diagnose
    from cronlift.doctor.migrations import diagnose_migrations

    if migrations is not None:
        if service or dsn_env or cron_database:
            raise UsageError(
                "--migrations reads files and uses no database", do="leave out --service, --dsn-env and --cron-database"
            )
        found = diagnose_migrations(migrations, app, env)
    else:
        found = diagnose(Server(service=service, dsn_env=dsn_env, cron_database=cron_database), app, env)
    if as_json or format == "json":
        output.json_document(found)
    elif format == "github":
        for line in report.github(found):
            print(line)
    else:
        _show(found)
    return 1 if any(f.severity == "error" for f in found.findings) else 0


def _show(found: Diagnosis) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    for headline, group in report.grouped(found):
        console.print(Text(output.printable(headline), style="bold"))
        for finding in group:
            style = "red" if finding.severity == "error" else "yellow"
            console.print(Text.assemble("  ", (finding.severity, style), "  ", (finding.check, "bold")))
            _indented(console, finding.message, "    ")
            _indented(console, finding.fix, "      ", style="cyan")
        console.print()
    for suppressed in found.suppressed:
        text = f"allowed: {report.name(suppressed)}: {suppressed.check}: {suppressed.reason}"
        console.print(Text(output.printable(text), style="dim"))
    for advice in found.advice:
        console.print(Text(output.printable(f"advice: {report.name(advice)}: {advice.message}"), style="dim"))
    for note in found.notes:
        output.say(f"note: {note}")
    console.print(Text(report.sentence(found), style="bold"))
    if found.findings:
        console.print(
            Text(
                f"Each check is explained in {report.DOCS}/<check>.md; to accept one: -- cronlift: allow CHECK reason",
                style="dim",
            )
        )


def _indented(console: Console, text: str, indent: str, style: str = "") -> None:
    """Lines of their own, wrapped by nobody where they are to be pasted."""
    wrap = not style
    for line in output.printable(text).splitlines():
        if wrap:
            for part in Text(line).wrap(console, console.width - len(indent)):
                console.print(Text(indent) + part)
        else:
            console.print(Text(indent + line, style=style), soft_wrap=True)
