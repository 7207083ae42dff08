"""``cronlift retention``: plan the entries that keep the records of runs short."""

from __future__ import annotations

from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.generate.retention import retention as plan_retention
from cronlift.model.document import digest
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder

Days = Annotated[int, typer.Option("--days", min=1, max=3660, help="Keep runs of so many days.")]
Role = Annotated[
    str | None, typer.Option("--role", help="The role that deletes (default: the one the application works as).")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("retention")(retention)


def retention(
    run: options.Run,
    days: Days = 14,
    role: Role = None,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Plan entries that delete old runs from pg_cron's history and the run log, for cronlift install to put in."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    name = digest(["retention", days, role, service, dsn_env, cron_database])[:16]
    with RunFolder(run).writing() as folder:
        plan = plan_retention(server, days, role=role, run_id=name)
        folder.write_document(plan)
    if as_json:
        output.json_document(plan)
    else:
        _show(plan, folder)
    return 1 if plan.refused else 0


def _show(plan: Plan, folder: RunFolder) -> None:
    rows = [
        (j.cron_name, j.schedule.pg_cron or "", j.command, j.database or plan.target.database, j.job_role)
        for j in plan.jobs
    ]
    output.table(("CRON ENTRY", "SCHEDULE", "COMMAND", "IN DATABASE", "RUNS AS"), rows)
    for refused in plan.refused:
        print(output.printable(f"not planned: {refused.id}: {refused.why} ({refused.code})"))
    for warning in (w for j in plan.jobs for w in j.warnings):
        print(output.printable(f"warning: {warning}"))
    print(f"\nSQL: {folder.sql}\nPlan hash: {plan.hash}")
