"""``cronlift rollback``: what would be taken out of the databases again; with ``--apply``, take it out."""

from __future__ import annotations

from typing import Annotated

import typer

from cronlift.commands import options
from cronlift.commands.install import PlanHash, approved, show
from cronlift.model.installation import Installation
from cronlift.model.verification import Verification
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder
from cronlift.stages.install import rollback as take_out


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("rollback")(rollback)


def rollback(
    run: options.Run,
    job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    drop_edited: Annotated[
        bool, typer.Option("--drop-edited", help="Remove also what was edited by hand since it was installed.")
    ] = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what the plan in the run folder would remove; with --apply, remove it: cron entries, then procedures."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    with RunFolder(run).writing() as folder:
        plan = approved(folder, plan_hash)

        def record(document: Installation) -> None:
            # What an older verification saw is no longer there.
            folder.forget(Verification)
            folder.write_document(document)

        document = take_out(
            plan, server, apply=apply, run_id=plan.run_id, drop_edited=drop_edited, jobs=job, record=record
        )
    show(document, plan, as_json=as_json)
