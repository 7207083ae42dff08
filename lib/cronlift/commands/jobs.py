"""``cronlift jobs …``: who runs a managed job, and everything that changes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

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
from cronlift.record import acts
from cronlift.record.run_folder import RunFolder

Wait = Annotated[float, typer.Option("--wait", min=0, help="How many seconds to wait at most.")]
Again = Annotated[
    str | None, typer.Option("--deployed", help="The deployed revision with the entries again, as you say.")
]
Undecided = Annotated[
    Literal["run", "skip"] | None,
    typer.Option("--undecided", help="Ticks that nobody ran: run each once, now, or leave them out."),
]

_APPROVED = ("start", "complete", "rollback", "give-back")


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    jobs = typer.Typer(no_args_is_help=True, help="Hand managed jobs over to pg_cron, and back.")
    for name, verb in (
        ("start", start),
        ("complete", complete),
        ("rollback", rollback),
        ("give-back", give_back),
        ("pause", pause),
        ("resume", resume),
        ("run-now", run_now),
        ("flatten", flatten),
        ("reset", reset),
        ("status", status),
        ("disarm", disarm),
        ("fence-remove", fence_remove),
        ("uninstall", uninstall),
    ):
        jobs.command(name)(verb)
    app.add_typer(jobs, name="jobs")


def start(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    canary: Annotated[
        str | None, typer.Option("--canary", help="The job that goes first; the others after it has succeeded.")
    ] = None,
    wait: Wait = 80,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Hand the jobs to pg_cron, at a moment between two ticks; the fence keeps the application's rows away."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Start(wait=wait, canary=canary), run, server, job, apply, plan_hash, as_json)


def complete(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    deployed: Annotated[
        str | None, typer.Option("--deployed", help="The deployed revision without the entries, as you say.")
    ] = None,
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Say that the application no longer sends the jobs; what it sends from now on is an alarm."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Complete(deployed=deployed), run, server, job, apply, plan_hash, as_json)


def rollback(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    deployed: Again = None,
    undecided: Undecided = None,
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    wait: Wait = 200,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Give the jobs back to the application, at a moment between two ticks, and wait for the last run to end."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(
        Rollback(wait=wait, deployed=deployed, answer=undecided), run, server, job, apply, plan_hash, as_json
    )


def give_back(
    run: options.Run,
    deployed: Again = None,
    undecided: Undecided = None,
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    wait: Wait = 200,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Give everything in the plan back to the application, whatever state it is in."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    operation = Rollback(wait=wait, deployed=deployed, answer=undecided, verb="give-back")
    return _operate(operation, run, server, [], apply, plan_hash, as_json)


def pause(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Let nobody run the jobs until they are resumed."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Pause(), run, server, job, apply, None, as_json)


def resume(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Let pg_cron run paused jobs again, from their next tick on."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Resume(), run, server, job, apply, None, as_json)


def flatten(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Make completed jobs plain: the cron entry calls the procedure itself, without gate, run log and retries."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Flatten(), run, server, job, apply, None, as_json)


def reset(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """The way out of any state: shut the gates of the named jobs at once; the application runs them."""
    if not job:
        raise UsageError("no job is named", do="reset acts at once and without checks: name each job with --job ID")
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _operate(Reset(), run, server, job, apply, None, as_json)


def run_now(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006
    tick: Annotated[str | None, typer.Option("--tick", help="Run it for this tick (ISO 8601), if nobody did.")] = None,
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Run jobs once, now, through the same runner."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    moment = _instant(tick)
    return _record(
        run, None, as_json, lambda plan, _: by_hand.run_now(plan, server, jobs=job, apply=apply, tick=moment)
    )


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


def fence_remove(
    run: options.Run,
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Take the fence off the application's queue; never needed for safety."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _record(run, None, as_json, lambda plan, _: removal.remove_fence(plan, server, apply=apply))


def uninstall(
    run: options.Run,
    apply: options.Apply = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Remove all that cronlift keeps in the database for managed jobs, the run log too."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    return _record(run, None, as_json, lambda plan, _: removal.uninstall(plan, server, apply=apply))


def _operate(
    operation: Operation,
    run: options.Run,
    server: Server,
    jobs: list[str],
    apply: bool,
    plan_hash: str | None,
    as_json: bool,
) -> int:
    def act(plan: Plan, record: Recorder) -> Handover:
        return perform(operation, plan, server, jobs=jobs, apply=apply, run_id=plan.run_id, record=record)

    return _record(run, plan_hash, as_json, act)


def _record(run: options.Run, plan_hash: str | None, as_json: bool, do: Callable[[Plan, Recorder], Handover]) -> int:
    """Act on the folder's plan. What was applied stays on record: a look does not replace it."""
    with RunFolder(run).writing() as folder:
        plan = approved(folder, plan_hash)
        document = acts.act(folder, lambda record: do(plan, record))
    return _show(document, plan.hash, as_json=as_json)


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
        for look in document.looks:
            mark = "" if look.well else "NOT WELL: "
            print(output.printable(f"{mark}{look.job + ': ' if look.job else ''}{look.text}"))
        for note in document.notes:
            print(output.printable(f"note: {note}"))
        if not document.applied and document.verb != "status":
            approve = f" --plan-hash {plan_hash}" if plan_hash and document.verb in _APPROVED else ""
            print(f"\nNothing was changed. To do it: --apply{approve}")
    return 1 if ill else 0 if document.complete else 4
