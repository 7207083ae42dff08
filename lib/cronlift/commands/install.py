"""``cronlift install``: what would be put into the databases; with ``--apply``, put it there."""

from __future__ import annotations

from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.errors import SafetyError, UsageError
from cronlift.installation import preflight
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.approval import require_approval, require_no_difference
from cronlift.record.next_step import next_step
from cronlift.record.run_folder import RunFolder
from cronlift.stages.install import install as put

PlanHash = Annotated[
    str | None, typer.Option("--plan-hash", help="With --apply: act only if this is the plan that was approved.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("install")(install)


def install(
    run: options.Run,
    apply: options.Apply = False,
    plan_hash: PlanHash = None,
    overwrite_edited: Annotated[
        bool, typer.Option("--overwrite-edited", help="Make anew what was edited by hand since it was installed.")
    ] = False,
    despite_failed_proof: Annotated[
        bool, typer.Option("--despite-failed-proof", help="Install although the last verification saw other rows.")
    ] = False,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what the plan in the run folder would create; with --apply, create it. Harmless to repeat."""
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    with RunFolder(run).writing() as folder:
        plan = approved(folder, plan_hash)
        if apply and not despite_failed_proof:
            require_no_difference(folder, plan)
        document = put(
            plan,
            server,
            apply=apply,
            run_id=plan.run_id,
            overwrite_edited=overwrite_edited,
            record=folder.write_document,
        )
        recorded = folder.read_if_there(Installation)
        # What was applied stays on record: a later look must not deny it.
        if not apply and (recorded is None or not recorded.applied or recorded.plan_hash != plan.hash):
            folder.write_document(document)
    show(document, plan, as_json=as_json)
    following = next_step(RunFolder(run), run, server) if document.applied and not as_json else ""
    if following:
        print(f"\n{output.printable(following)}")


def approved(folder: RunFolder, plan_hash: str | None) -> Plan:
    """The folder's plan. Raises UsageError where a hash was given and it is not this plan's, or nothing is planned;
    SafetyError where none was given and the plan is not as the record was sealed over."""
    plan = folder.read(Plan)
    altered = [found for found in folder.found_altered() if found.startswith("documents/plan.json")]
    if plan_hash is not None:
        require_approval(plan, plan_hash)
    elif altered:
        raise SafetyError(
            "the plan was changed since the record was sealed; nothing was done",
            where=altered[0],
            do=f"generate it again; or read it and, if it is right, name it: --plan-hash {plan.hash}",
        )
    if not plan.jobs:
        raise UsageError(
            "the plan holds no job", where=str(folder.path), do="cronlift generate says why none was planned"
        )
    return plan


def show(document: Installation, plan: Plan, *, as_json: bool) -> None:
    """Print the installation: one JSON document, or a table and what it means."""
    if as_json:
        output.json_document(document)
        return
    rows = [(a.state, a.object.replace("_", " "), a.name, a.database, a.job) for a in document.actions]
    output.table(("STATE", "OBJECT", "NAME", "DATABASE", "JOB"), rows)
    if document.rights:
        print("\nWhat the connected role must be able to do:\n")
        output.table(
            ("HELD", "DATABASE", "RIGHT", "WHO DEMANDS IT"),
            [("yes" if r.held else "NO", r.database, r.name, r.source) for r in document.rights],
        )
        missing = preflight.to_paste(document.rights)
        if missing:
            print("\nMissing. Paste into psql as a superuser, or let a DBA run up.sql or down.sql:\n")
            print("\n".join(output.printable(line) for line in missing))
        print()
    for note in document.notes:
        print(output.printable(f"note: {note}"))
    if not document.applied:
        print(f"\nNothing was changed. To do it: --apply --plan-hash {plan.hash}")
