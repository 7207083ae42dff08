"""The entry point: collects the verbs, and turns exceptions into messages and exit codes."""

from __future__ import annotations

import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

import typer
from typer.exceptions import TyperException

from cronlift import __version__
from cronlift.errors import CronliftError

VERBS = (
    "sandbox",
    "inventory",
    "classify",
    "translate",
    "score",
    "convert",
    "generate",
    "install",
    "rollback",
    "verify",
    "run",
    "demo",
    "audit",
    "lab",
)

app = typer.Typer(
    name="cronlift",
    help="Move scheduled jobs into PostgreSQL (pg_cron), and prove that nothing changed on the way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


for verb in VERBS:
    import_module(f"cronlift.commands.{verb}").register(app)


def run() -> None:
    """Run the command line and exit with the documented code."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code (errors.py) and never lets a traceback out."""
    try:
        result = app(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except CronliftError as error:
        print(f"cronlift: {error}", file=sys.stderr)
        return error.exit_code
    except TyperException as error:  # wrong use of the command line, with its own wording
        print(
            f"cronlift: {error.format_message()}\n  do:    cronlift --help lists the verbs and what they take",
            file=sys.stderr,
        )
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("cronlift: interrupted; running the same command again continues", file=sys.stderr)
        return 130
    except Exception:  # the last line of defence: a bug of ours becomes a report, never a traceback
        with tempfile.NamedTemporaryFile("w", prefix="cronlift-bug-", suffix=".txt", delete=False) as report:
            report.write(f"cronlift {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
        print(
            f"cronlift: this is a bug in cronlift, not in your input\n  where: {Path(report.name)}\n"
            "  do:    send that file to the maintainers (look through it first)",
            file=sys.stderr,
        )
        return 5
