"""The entry point: collects the verbs, and turns exceptions into messages and exit codes."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from importlib import import_module
from types import FrameType

import psycopg
import typer
from typer.exceptions import TyperException

from cronlift import __version__
from cronlift.commands import bug_report, output
from cronlift.errors import CronliftError, ServerError
from cronlift.postgres import failures

VERBS = (
    "sandbox",
    "inventory",
    "classify",
    "translate",
    "score",
    "convert",
    "generate",
    "install",
    "retention",
    "rollback",
    "jobs",
    "verify",
    "doctor",
    "monitor",
    "realtime",
    "run",
    "demo",
    "audit",
    "check",
    "lab",
)

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = "interrupted; running the same command again continues"
_PIPE_CLOSED = 128 + signal.SIGPIPE
"""What a shell reports of a program whose reader went away (``cronlift … | head``)."""

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
    for number in _ENDING:
        signal.signal(number, _interrupt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 is no reason to stop
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # while an error was put into words
        output.complain(_INTERRUPTED)
        code = 130
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)  # it is done: nothing is left to interrupt but Python's own end
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try again while it ends, and say so in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _output_lost(error)
    sys.exit(code)


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code (errors.py) and never lets a traceback out."""
    try:
        result = app(arguments, standalone_mode=False)
    except CronliftError as error:
        output.complain(str(error))
        return error.exit_code
    except TyperException as error:  # wrong use of the command line, with its own wording
        output.complain(
            f"{bug_report.scrubbed(error.format_message())}\n"
            "  do:    cronlift --help lists the verbs and what they take"
        )
        return 2
    except (KeyboardInterrupt, typer.Abort):
        result = 130
    except psycopg.Error as error:
        refused = failures.refusal(error)
        output.complain(str(refused))
        return refused.exit_code
    except OSError as error:
        output.complain(str(_environment(error)))
        return 3
    except SystemExit as ended:  # typer's way of saying that nobody reads our output any more
        return _PIPE_CLOSED if ended.code == 1 else int(ended.code or 0)
    except Exception as error:  # the last line of defence: a bug of ours becomes a report, never a traceback
        output.complain(bug_report.tell(error, arguments))
        return 5
    if result == 130:
        output.complain(_INTERRUPTED)
    return result if isinstance(result, int) else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM and SIGHUP end a command as Ctrl-C does, which lets kernels and transactions come to an end first."""
    raise KeyboardInterrupt


def _output_lost(error: OSError) -> int:
    if error.errno == errno.EPIPE:
        return _PIPE_CLOSED
    output.complain(str(_environment(error)))
    return 3


def _environment(error: OSError) -> ServerError:
    """What the operating system refused, where no command knew better."""
    return ServerError(
        f"the operating system refused: {error.strerror or type(error).__name__}",
        where=str(error.filename or "the output of this command"),
        do="make room or give the permission, then run the same command again",
    )
