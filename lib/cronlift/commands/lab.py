"""``cronlift lab``: JupyterLab on the walkthrough, with the private server and the demo's database ready."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cronlift.commands import output
from cronlift.walkthrough import lab as server


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("lab")(lab)


def lab(
    folder: Annotated[Path, typer.Option("--folder", help="Where your copies of the notebooks and runs go.")] = Path(
        "runs"
    ),
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox/--no-sandbox", help="Start the private server with the demo's database."),
    ] = True,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    port: Annotated[int, typer.Option("--port", help="The port on this machine's own address.")] = 8888,
) -> int:
    """Open the walkthrough in JupyterLab. Your own copies of the notebooks are opened, never the shipped
    ones."""
    environment = dict(os.environ)
    if sandbox:
        from cronlift.walkthrough.example import prepare

        output.say("sandbox …")
        environment |= prepare(fresh=False)
    notebooks = server.copy_notebooks(folder / "notebooks")
    server.copy_decisions(folder)
    environment |= server.environment(Path.cwd())
    command = server.command(notebooks / "00_walkthrough.ipynb", Path.cwd(), port=port, browser=browser)
    output.say(f"JupyterLab: {notebooks / '00_walkthrough.ipynb'}; stop it with Ctrl-C")
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - JupyterLab takes our place, and our signals
    return 0
