"""``cronlift run``: the stages' notebooks 01 to 05 through papermill, and the record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, get_args

import typer

from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.plan import Plan
from cronlift.model.verification import CheckName, Verification
from cronlift.notebook import run as runs
from cronlift.notebook.runner import Settings
from cronlift.postgres.server import Server
from cronlift.record.next_step import next_step
from cronlift.record.run_folder import next_folder


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run")(run)


def run(
    app: options.App,
    run: Annotated[Path | None, typer.Option("--run", help="The run folder. [default: runs/<next number>]")] = None,
    env: options.Env = "prod",
    decisions: options.DecisionsFile = None,
    mode: options.Mode = None,
    job: options.JobIds = [],  # noqa: B006 - typer's way of declaring an option that repeats
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    observe: Annotated[
        bool, typer.Option("--observe", help="Join the inventory with what the scheduler's own table says.")
    ] = False,
    apply: options.Apply = False,
    plan_hash: Annotated[str, typer.Option("--plan-hash", help="With --apply: the plan that was approved.")] = "",
    proof_service: Annotated[
        str | None,
        typer.Option("--proof-service", help="The libpq service of a disposable database for proofs."),
    ] = None,
    proof_dsn_env: Annotated[
        str | None,
        typer.Option("--proof-dsn-env", help="The NAME of a variable, instead of --proof-service."),
    ] = None,
    probe: Annotated[
        bool, typer.Option("--probe", help="Show a real run at the next minute (disposable databases only).")
    ] = False,
) -> int:
    """Run the whole way, stage by stage, and leave a record. Nothing is installed without --apply."""
    if not app.is_dir():
        raise UsageError("there is no such folder", where=str(app), do="name the application's folder with --app")
    if decisions is not None and not decisions.is_file():
        raise UsageError("there is no such file", where=str(decisions), do="name a decisions.yaml with --decisions")
    settings = Settings(
        app=app,
        run=run or next_folder(Path("runs")),
        env=env,
        decisions=decisions,
        jobs=tuple(job),
        mode=mode,
        service=service,
        dsn_env=dsn_env,
        cron_database=cron_database,
        observe=observe,
        apply=apply,
        plan_hash=plan_hash,
        proof_service=proof_service,
        proof_dsn_env=proof_dsn_env,
        probe=probe,
    )
    report = runs.run(settings, progress=output.say)
    show(report)
    plan = report.folder.read_if_there(Plan)
    if not apply and not report.stopped and plan is not None and plan.jobs:
        print(f"\nNothing was installed. To install exactly this plan: --apply --plan-hash {plan.hash}")
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    following = next_step(report.folder, settings.run, server)
    if apply and following and not report.stopped:
        print(f"\n{output.printable(following)}")
    return report.code


def show(report: runs.Report) -> None:
    """The table of all jobs, what went wrong if anything did, and where the record is."""
    if report.tally.rows:
        rows = [
            (
                row.name,
                row.schedule or ("at boot" if row.place == "startup" else ""),
                row.verdict.replace("_", " "),
                row.state or (row.place if report.tally.classified else ""),
                row.cron_name or (f"{row.why} ({row.evidence})" if row.evidence else row.why),
            )
            for row in report.tally.rows
        ]
        output.table(("JOB", "SCHEDULE", "VERDICT", "STATE", "AS / BECAUSE"), rows)
        print(f"\n{report.tally.equation}\n")
    verification = report.folder.read_if_there(Verification)
    if verification is not None and verification.installed:
        checks = get_args(CheckName)
        found = [(job.cron_name, {check.name: check.status for check in job.checks}) for job in verification.jobs]
        output.table(
            ("CRON ENTRY", *(name.replace("_", " ").upper() for name in checks)),
            [(name, *(status.get(check, "").replace("_", " ") for check in checks)) for name, status in found],
        )
        said = {f"{check.name.replace('_', ' ')}: {check.text}" for job in verification.jobs for check in job.checks
                if check.status not in ("passed", "not_installed")}  # fmt: skip
        print("\n".join(["", *(output.printable(line) for line in sorted(said)), ""]))
    if report.stopped:
        failed = report.results[-1]
        print(f"cronlift: {failed.stage.notebook} stopped: {output.printable(failed.text)}", file=sys.stderr)
    print(f"Record: {report.folder.page}")
