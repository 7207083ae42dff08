"""``cronlift verify``: the checks of the plan in a run folder, against the databases as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.commands.install import approved
from cronlift.errors import UsageError
from cronlift.model.plan import Plan, PlannedJob
from cronlift.model.verification import Check, Verification, VerifiedJob
from cronlift.postgres.server import Server
from cronlift.record import outcome
from cronlift.record.run_folder import RunFolder
from cronlift.stages.verify import VerificationResult
from cronlift.stages.verify import verify as check_all
from cronlift.verification.by_hand import judge
from cronlift.verification.context import look

App = Annotated[Path | None, typer.Option("--app", help="The application's folder, to look for double runs.")]
ProofService = Annotated[
    str | None, typer.Option("--proof-service", help="The libpq service of a disposable copy, for the effect proof.")
]
ProofDsnEnv = Annotated[
    str | None,
    typer.Option("--proof-dsn-env", help="The NAME of an environment variable that names the disposable copy."),
]
Probe = Annotated[bool, typer.Option("--probe", help="Show a real run at the next minute (disposable database only).")]
Procedure = Annotated[
    str | None,
    typer.Option("--procedure", help="Judge a procedure written by hand against a job of the plan, and nothing else."),
]
JobId = Annotated[str | None, typer.Option("--job", help="With --procedure: the job it stands for.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("verify")(verify)


def verify(
    run: options.Run,
    app: App = None,
    env: options.Env = "prod",
    proof_service: ProofService = None,
    proof_dsn_env: ProofDsnEnv = None,
    probe: Probe = False,
    procedure: Procedure = None,
    job: JobId = None,
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Check what is installed against the plan: catalog, schedule, effects, double runs, real runs."""
    if app is not None and not app.is_dir():
        raise UsageError("there is no such folder", where=str(app), do="name the application's folder with --app")
    server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
    proof = Server(service=proof_service, dsn_env=proof_dsn_env) if proof_service or proof_dsn_env else None
    if procedure is not None:
        plan = approved(RunFolder(run), None)
        context = look(plan, server, app=None, env=env, proof=proof, probe=False)
        return _judged(plan, *judge(context, procedure, job), procedure, as_json=as_json)
    with RunFolder(run).writing() as folder:
        plan = approved(folder, None)
        if probe:
            output.say("waiting for pg_cron to run the probes (at most 100 seconds)")
        result = check_all(plan, server, app=app, env=env, proof=proof, probe=probe, run_id=plan.run_id)
        folder.write_evidence(result.evidence)
        folder.write_document(result.verification)
    came_out = outcome.of(result.verification)
    if as_json:
        output.json_document(result.verification)
    else:
        _show(result, came_out.sentence)
    return came_out.exit_code


def _judged(plan: Plan, job: PlannedJob, effects: Check, procedure: str, *, as_json: bool) -> int:
    """Print how a procedure written by hand came out; the run folder keeps what it has."""
    if as_json:
        judged = VerifiedJob(id=job.id, cron_name=job.cron_name, checks=(effects,))
        output.json_document(Verification(run_id=plan.run_id, plan_hash=plan.hash, installed=False, jobs=(judged,)))
    else:
        output.table(
            ("PROCEDURE", "JOB", "RESULT", "WHAT WAS SEEN"), [(procedure, job.id, effects.status, effects.text)]
        )
        for line in effects.evidence:
            print(output.printable(line))
    return {"failed": 1, "not_checked": 3}.get(effects.status, 0)


def _show(result: VerificationResult, sentence: str) -> None:
    rows = [(j.cron_name, c.name, c.status, c.text) for j in result.verification.jobs for c in j.checks]
    output.table(("CRON ENTRY", "CHECK", "RESULT", "WHAT WAS SEEN"), rows)
    for job in result.verification.jobs:
        for check in job.checks:
            if check.status in ("failed", "warning", "not_checked"):
                for line in check.evidence:
                    print(output.printable(f"{job.cron_name}: {check.name}: {line}"))
            elif check.status == "pending":
                when = result.evidence.get("jobs", {}).get(job.cron_name, {}).get("next_firing")
                if when:
                    print(output.printable(f"{job.cron_name}: pending until {when}"))
    for note in result.verification.notes:
        print(output.printable(f"note: {note}"))
    print(f"\n{sentence}")
