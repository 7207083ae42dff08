"""``cronlift jobs …``: who runs a managed job, and everything that changes it.

A verb here is a function of its own options alone, which returns what is to be done; ``_on_plan`` gives it the options
that all of them share: the run folder and the plan in it, the jobs, the approval, and the server.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from cronlift.commands import options, output
from cronlift.commands.install import PlanHash, approved
from cronlift.errors import UsageError
from cronlift.handover import by_hand, copies, removal
from cronlift.handover import status as standing
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.flatten import Flatten
from cronlift.handover.hold import Pause, Reset, Resume
from cronlift.handover.operation import Operation, Recorder, perform
from cronlift.handover.start import Start
from cronlift.model.handover import Handover
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record import acts, brief
from cronlift.record.run_folder import RunFolder

Wait = Annotated[float, typer.Option("--wait", min=0, help="How many seconds to wait at most.")]
Again = Annotated[
    str | None, typer.Option("--deployed", help="The deployed revision with the entries again, as you say.")
]
Undecided = Annotated[
    Literal["run", "skip"] | None,
    typer.Option("--undecided", help="Ticks that nobody ran: run each once, now, or leave them out."),
]


@dataclass(frozen=True)
class Asked:
    """What the shared options say: the plan, the server, the ids of the jobs (none: all), and whether to act."""

    plan: Plan
    server: Server
    jobs: Sequence[str]
    apply: bool
    record: Recorder


Act = Callable[[Asked], Handover]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    jobs = typer.Typer(no_args_is_help=True, help="Hand managed jobs over to pg_cron, and back.")
    jobs.command("start")(_on_plan(start))
    jobs.command("complete")(_on_plan(complete))
    jobs.command("rollback")(_on_plan(rollback))
    jobs.command("give-back")(_on_plan(give_back, every_job=True))
    jobs.command("pause")(_on_plan(pause))
    jobs.command("resume")(_on_plan(resume))
    jobs.command("run-now")(_on_plan(run_now))
    jobs.command("flatten")(_on_plan(flatten))
    jobs.command("reset")(_on_plan(reset))
    jobs.command("status")(status)
    jobs.command("disarm")(disarm)
    jobs.command("fence-remove")(_on_plan(fence_remove, every_job=True))
    jobs.command("uninstall")(_on_plan(uninstall, every_job=True))
    app.add_typer(jobs, name="jobs")


def start(
    canary: Annotated[
        str | None, typer.Option("--canary", help="The job that goes first; the others after it has succeeded.")
    ] = None,
    wait: Wait = 80,
) -> Act:
    """Hand the jobs to pg_cron, at a moment between two ticks; the fence keeps the application's rows away."""
    return _operation(Start(wait=wait, canary=canary))


def complete(
    deployed: Annotated[
        str | None, typer.Option("--deployed", help="The deployed revision without the entries, as you say.")
    ] = None,
) -> Act:
    """Say that the application no longer sends the jobs; what it sends from now on is an alarm."""
    return _operation(Complete(deployed=deployed))


def rollback(deployed: Again = None, undecided: Undecided = None, wait: Wait = 200) -> Act:
    """Give the jobs back to the application, at a moment between two ticks, and wait for the last run to end."""
    return _operation(Rollback(wait=wait, deployed=deployed, answer=undecided))


def give_back(deployed: Again = None, undecided: Undecided = None, wait: Wait = 200) -> Act:
    """Give everything in the plan back to the application, whatever state it is in."""
    return _operation(Rollback(wait=wait, deployed=deployed, answer=undecided, verb="give-back"))


def pause() -> Act:
    """Let nobody run the jobs until they are resumed."""
    return _operation(Pause())


def resume() -> Act:
    """Let pg_cron run paused jobs again, from their next tick on."""
    return _operation(Resume())


def flatten() -> Act:
    """Make completed jobs plain: the cron entry calls the procedure itself, without gate, run log and retries."""
    return _operation(Flatten())


def reset() -> Act:
    """The way out of any state: shut the gates of the named jobs at once; the application runs them."""

    def act(asked: Asked) -> Handover:
        if not asked.jobs:
            raise UsageError("no job is named", do="reset acts at once and without checks: name each job with --job ID")
        return _operation(Reset())(asked)

    return act


def run_now(
    tick: Annotated[str | None, typer.Option("--tick", help="Run it for this tick (ISO 8601), if nobody did.")] = None,
) -> Act:
    """Run jobs once, now, through the same runner."""
    moment = _instant(tick)
    return lambda asked: by_hand.run_now(
        asked.plan, asked.server, jobs=asked.jobs, apply=asked.apply, tick=moment, run_id=asked.plan.run_id
    )


def fence_remove() -> Act:
    """Take the fence off the application's queue; never needed for safety."""
    return lambda asked: removal.remove_fence(asked.plan, asked.server, apply=asked.apply, run_id=asked.plan.run_id)


def uninstall() -> Act:
    """Remove all that cronlift keeps in the database for managed jobs, the run log too."""
    return lambda asked: removal.uninstall(asked.plan, asked.server, apply=asked.apply, run_id=asked.plan.run_id)


def status(
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    as_json: options.AsJson = False,
) -> int:
    """Where every managed job of the database stands."""
    return _show(standing.status(Server(service=service, dsn_env=dsn_env)), "", as_json=as_json)


def disarm(
    apply: options.Apply = False,
    physical_copy: Annotated[
        bool, typer.Option("--physical-copy", help="The server is a copy of another, file by file.")
    ] = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    as_json: options.AsJson = False,
) -> int:
    """In a copy of a managed database: shut every gate for good."""
    server = Server(service=service, dsn_env=dsn_env)
    document = copies.disarm(server, apply=apply, physical_copy=physical_copy)
    return _show(document, "", as_json=as_json)


def _operation(operation: Operation) -> Act:
    return lambda asked: perform(
        operation,
        asked.plan,
        asked.server,
        jobs=asked.jobs,
        apply=asked.apply,
        run_id=asked.plan.run_id,
        record=asked.record,
    )


def _on_plan(verb: Callable[..., Act], *, every_job: bool = False) -> Callable[..., int]:
    """The command of a verb: with its own options those of every verb that acts on a plan. ``every_job``: it cannot be
    told to act on some."""

    def command(
        run: options.Run,
        job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
        apply: options.Apply = False,
        plan_hash: PlanHash = None,
        service: options.Service = None,
        dsn_env: options.DsnEnv = None,
        cron_database: options.CronDatabase = None,
        as_json: options.AsJson = False,
        **own: Any,
    ) -> int:
        server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
        act = verb(**own)
        # What was applied stays on record: a look does not replace it.
        with RunFolder(run).writing() as folder:
            plan = approved(folder, plan_hash)
            document = acts.act(folder, lambda record: act(Asked(plan, server, job, apply, record)))
        return _show(document, plan.hash, as_json=as_json)

    given = list(inspect.signature(command, eval_str=True).parameters.values())[:-1]
    own = list(inspect.signature(verb, eval_str=True).parameters.values())
    before = [p for p in given if p.name == "run" or (p.name == "job" and not every_job)]
    after = [p for p in given if p.name not in ("run", "job")]

    parameters = [*before, *own, *after]
    command.__signature__ = inspect.Signature(parameters, return_annotation=int)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": int}
    command.__doc__ = verb.__doc__
    return command


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no instant", do="write it as 2026-11-26T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _show(document: Handover, plan_hash: str, *, as_json: bool) -> int:
    """Print the act: one JSON document, or a table, what was looked at and what it means. 4 where it is not over, 1
    where a look would stop it."""
    ill = [look for look in document.looks if not look.well]
    if as_json:
        output.json_document(document)
    else:
        rows = [
            (
                hand.job,
                hand.after or "not installed" if hand.before == hand.after else f"{hand.before} → {hand.after}",
                hand.pg_from or "",
                hand.pg_until or "",
                "plain" if hand.flat else "",
                hand.note,
            )
            for hand in document.jobs
        ]
        output.table(("JOB", "GATE", "PG_CRON FROM", "UNTIL", "ENTRY", "RUNS"), rows)
        for well, line in brief.looks(document):
            print(output.printable(line if well else f"NOT WELL: {line}"))
        for note in brief.notes(document):
            print(output.printable(f"note: {note}"))
        if not document.applied and document.verb != "status":
            approve = f" --plan-hash {plan_hash}" if plan_hash else ""
            to_do = "With --apply it is refused until that is mended." if ill else f"To do it: --apply{approve}"
            print(f"\nNothing was changed. {to_do}")
    return 1 if ill else 0 if document.complete else 4
