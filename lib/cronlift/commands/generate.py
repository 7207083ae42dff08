"""``cronlift generate``: the plan, with its SQL, migration and patch, into the run folder."""

from __future__ import annotations

import typer

from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder
from cronlift.record.run_id import run_id
from cronlift.stages import decisions as deciding
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate as make
from cronlift.stages.inventory import inventory


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("generate")(generate)


def generate(
    app: options.App,
    run: options.Run,
    env: options.Env = "prod",
    decisions: options.DecisionsFile = None,
    mode: options.Mode = None,
    job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Plan the move: what would be installed, and the way back. Reads the database, changes nothing there."""
    if not app.is_dir():
        raise UsageError("there is no such folder", where=str(app), do="name the application's folder with --app")
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    chosen = deciding.load(decisions) if decisions else None
    name = run_id(app, env, decisions=decisions, jobs=job, databases=(service, dsn_env, cron_database), mode=mode)
    with RunFolder(run).writing() as folder:
        # The source is read anew: a plan made from an older reading could take out the wrong lines.
        found = inventory(app, env, run_id=name)
        judged = classify(app, env, decisions=chosen, inventory=found, run_id=name)
        plan = make(judged, app, server, decisions=chosen, jobs=tuple(job), run_id=name, mode=mode)
        for document in (found, judged, plan):
            folder.write_document(document)
    if as_json:
        output.json_document(plan)
    else:
        _show(plan, folder)
    return 1 if plan.refused else 0


def _show(plan: Plan, folder: RunFolder) -> None:
    rows = [(j.id, j.schedule.pg_cron or "", j.command, j.job_role, j.cron_name) for j in plan.jobs]
    output.table(("JOB", "SCHEDULE", "COMMAND", "RUNS AS", "CRON ENTRY"), rows)
    for job in plan.jobs:
        if job.plain_because:
            print(output.printable(f"plain, not managed: {job.id}: {job.plain_because}"))
    for refused in plan.refused:
        print(output.printable(f"not planned: {refused.id}: {refused.why} ({refused.code})"))
    for warning in (*plan.warnings, *(f"{j.id}: {w}" for j in plan.jobs for w in j.warnings)):
        print(output.printable(f"warning: {warning}"))
    print(f"\nSQL, migration and patch: {folder.sql}\nPlan hash: {plan.hash}")
