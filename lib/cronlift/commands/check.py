"""``cronlift check``: read-only, for continuous integration: is everything still as decided and done?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.upkeep import CheckReport, Code
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder, write_atomically
from cronlift.stages import decisions as deciding
from cronlift.upkeep import junit
from cronlift.upkeep.check import check as look

Runs = Annotated[
    list[Path], typer.Option("--run", help="The run folder of a move that is to hold; repeat for several.")
]
Allow = Annotated[
    list[str], typer.Option("--allow", help="A kind of finding that does not fail the check; repeat for several.")
]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write the result as JUnit XML, too.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=_HELP)(check)


_HELP = """Check an application against what was decided, moved and installed. Reads only.

Exit code 0: all is well; 1: a finding that is not allowed; 2: wrong use; 3: the database that was named cannot be read.
"""


def check(
    app: options.App,
    env: options.Env = "prod",
    decisions: options.DecisionsFile = None,
    run: Runs = [],  # noqa: B006 - typer's way of declaring an option that repeats
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    allow: Allow = [],  # noqa: B006
    junit_file: Junit = None,
    as_json: options.AsJson = False,
) -> int:
    unknown = set(allow) - set(get_args(Code))
    if unknown:
        raise UsageError(
            f"there is no kind of finding named {', '.join(sorted(unknown))}",
            do=f"--allow takes: {', '.join(get_args(Code))}",
        )
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database) if service or dsn_env else None
    chosen = deciding.load(decisions) if decisions else None
    found = look(app, env, decisions=chosen, runs=[RunFolder(path) for path in run], server=server)
    allowed = frozenset(allow)
    if junit_file is not None:
        _write(junit_file, junit.report(found, allowed))
    if as_json:
        output.json_document(found)
    else:
        _show(found, allowed)
    return 1 if any(one.code not in allowed for one in found.findings) else 0


def _write(file: Path, text: str) -> None:
    try:
        write_atomically(file, text)
    except OSError as error:
        raise UsageError(
            f"cannot write {file.name}: {error.strerror}", where=str(file.parent), do="name another file with --junit"
        ) from error


def _show(found: CheckReport, allowed: frozenset[str]) -> None:
    if found.findings:
        rows = [
            (
                f"{one.code} (allowed)" if one.code in allowed else one.code,
                one.job,
                f"{one.text} ({one.file}:{one.line})" if one.file else one.text,
                one.do,
            )
            for one in found.findings
        ]
        output.table(("FINDING", "JOB", "WHAT", "TO DO"), rows)
    for note in found.notes:
        output.say(note)
    count = len(found.findings)
    subjects = sum(len(names) for names in found.checked.values())
    print(f"{count or 'no'} finding{'' if count == 1 else 's'} in {subjects} checks of {found.app} ({found.env})")
