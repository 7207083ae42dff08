"""``cronlift realtime``: what could set a planned job off besides a clock, as proposals; and the consumer of one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.plan import Plan
from cronlift.model.realtime import Proposal, Proposals
from cronlift.postgres.server import Server
from cronlift.realtime import texts
from cronlift.realtime.consumer import Consumer
from cronlift.realtime.derive import dependence
from cronlift.realtime.due import NotDerivableError
from cronlift.realtime.propose import INTERVAL
from cronlift.realtime.propose import propose as make
from cronlift.record import outcome
from cronlift.record.run_folder import RunFolder

Interval = Annotated[int, typer.Option("--interval", min=1, max=3600, help="Seconds that changes may wait for others.")]
Job = Annotated[str, typer.Option("--job", help="The job's id.")]


def register(app: typer.Typer) -> None:
    """Add the verb with its two commands."""
    group = typer.Typer(
        no_args_is_help=True, help="Alternatives to a schedule: proposals, never installed by cronlift."
    )
    group.command("propose")(propose)
    group.command("follow")(follow)
    app.add_typer(group, name="realtime")


def propose(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
    interval: Interval = INTERVAL,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    as_json: options.AsJson = False,
) -> int:
    """Show triggers and a change stream for the plan's jobs, with costs and reasons not to. Reads only."""
    plan = RunFolder(run).read(Plan)
    found = make(plan, Server(service=service, dsn_env=dsn_env), jobs=_known(plan, job), interval=interval)
    if as_json:
        output.json_document(found)
    else:
        _show(found)
    return outcome.of(found).exit_code


def follow(
    run: options.Run,
    job: Job,
    interval: Interval = INTERVAL,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
) -> int:
    """Be the consumer of a job's change stream: run the job when its tables have changed, until interrupted.

    Killed or cut off it loses nothing: what it was told of is told again until a run has ended that began afterwards.
    """
    plan = RunFolder(run).read(Plan)
    (name,) = _known(plan, [job])
    planned = next(each for each in plan.jobs if each.id == name)
    server = Server(service=service, dsn_env=dsn_env)
    with server.connect(plan.target.database) as connection:
        try:
            watched = texts.watched(planned, dependence(connection, plan.target, planned))
        except NotDerivableError as why:
            raise UsageError(
                f"the job cannot follow changes: {why}", where=name, do="leave it to its schedule"
            ) from why
    connection.close()
    Consumer(
        server, plan.target.database, watched, interval, lambda step, words: output.say(f"{step}: {words}")
    ).follow()
    return 0


def _known(plan: Plan, asked: list[str]) -> tuple[str, ...]:
    ids = [job.id for job in plan.jobs]
    for name in asked:
        if name not in ids:
            raise UsageError(f"the plan has no job {name}", do=f"its jobs are: {', '.join(ids) or 'none'}")
    return tuple(asked)


def _show(found: Proposals) -> None:
    console = Console(highlight=False)
    for proposal in found.proposals:
        _show_one(console, proposal)
    if found.none:
        output.table(("no alternative", "why"), [(none.job, none.why) for none in found.none])
    console.print(Text(output.printable(outcome.of(found).sentence), style="bold"))


def _show_one(console: Console, proposal: Proposal) -> None:
    console.print(Text(output.printable(f"{proposal.job}: {proposal.kind.replace('_', ' ')}"), style="bold"))
    parts = [
        ("stale", [proposal.staleness]),
        ("reasons not to", proposal.reasons_not),
        ("costs", [f"{cost.what}: {cost.text}" for cost in proposal.costs]),
        ("needs", proposal.needs),
        ("runs", [proposal.consumer] if proposal.consumer else []),
    ]
    for title, lines in parts:
        for number, line in enumerate(lines):
            console.print(Text(f"  {title if number == 0 else '':<15}{output.printable(line)}"))
    for script in (proposal.up_sql, proposal.cron_sql, proposal.watch_sql, proposal.down_sql, proposal.cron_down_sql):
        if script:
            console.print(Text("\n" + output.printable(script), style="cyan"))
