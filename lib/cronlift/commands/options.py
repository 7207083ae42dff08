"""Options that several verbs share, so that they read the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

App = Annotated[Path, typer.Option("--app", help="The application's folder (the one with mix.exs).")]
Env = Annotated[str, typer.Option("--env", help="The application's environment whose config counts.")]
Run = Annotated[Path, typer.Option("--run", help="The run folder.")]
DecisionsFile = Annotated[Path | None, typer.Option("--decisions", help="A decisions.yaml to apply.")]
JobIds = Annotated[list[str], typer.Option("--job", help="A job's id; repeat for several.")]
Mode = Annotated[
    Literal["plain", "managed"] | None,
    typer.Option(
        "--mode",
        help="How the jobs change hands: exactly at one tick (managed), or at your deploy (plain). "
        "[default: managed, and plain what cannot be]",
    ),
]
Service = Annotated[str | None, typer.Option("--service", help="The libpq service of the app's database.")]
DsnEnv = Annotated[
    str | None, typer.Option("--dsn-env", help="The NAME of an environment variable that holds a connection string.")
]
CronDatabase = Annotated[
    str | None, typer.Option("--cron-database", help="The database pg_cron lives in, where it is another one.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without this, only show what would be done.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
