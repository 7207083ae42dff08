"""``cronlift verify``: the checks of the plan in a run folder, against the databases as they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cronlift.commands import options, output
from cronlift.commands.install import approved
from cronlift.errors import UsageError
from cronlift.model.plan import Plan, PlannedJob
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.model.verification import Check, Verification, VerifiedJob
from cronlift.postgres.server import Server
from cronlift.proof.worker import SECONDS
from cronlift.record import outcome
from cronlift.record.run_folder import RunFolder
from cronlift.stages.verify import VerificationResult
from cronlift.stages.verify import verify as check_all
from cronlift.verification.by_hand import judge
from cronlift.verification.context import Tick, look

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
JobId = Annotated[str | None, typer.Option("--job", help="With --procedure and --app-command: the job that is meant.")]
AppCommand = Annotated[
    str | None,
    typer.Option(
        "--app-command",
        help="Run the job's own worker once, on a copy of the proof database, beside the procedure on another. The "
        "command gets PGHOST, PGPORT, PGUSER, PGDATABASE and DATABASE_URL; {url}, {host}, {port}, {socket}, {user} "
        "and {database} in it are filled in.",
    ),
]
AppSeconds = Annotated[
    float, typer.Option("--app-timeout", help="How many seconds the application's command may take.", min=1)
]


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
    app_command: AppCommand = None,
    app_timeout: AppSeconds = SECONDS,
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
        known = RunFolder(run).read_if_there(Classification)
        tick = Tick(job or plan.jobs[0].id, app_command, app_timeout) if app_command else None
        context = look(plan, server, app=app, env=env, proof=proof, probe=False, tick=tick)
        judged, effects = judge(context, procedure, job, known.jobs if known else ())
        code = _judged(plan, judged, effects, procedure, as_json=as_json)
        if tick is not None and not as_json:
            _witness(effects, tick, next((j for j in known.jobs if j.id == judged.id), None) if known else None)
        return code
    with RunFolder(run).writing() as folder:
        plan = approved(folder, None)
        tick = Tick(_one(plan, job), app_command, app_timeout) if app_command else None
        if probe:
            output.say("waiting for pg_cron to run the probes (at most 100 seconds)")
        result = check_all(plan, server, app=app, env=env, proof=proof, probe=probe, tick=tick, run_id=plan.run_id)
        folder.write_evidence(result.evidence)
        folder.write_document(result.verification)
    came_out = outcome.of(result.verification)
    if as_json:
        output.json_document(result.verification)
    else:
        _show(result, came_out.sentence)
        if tick is not None:
            known = RunFolder(run).read_if_there(Classification)
            effects = _effects(result.verification, tick.job)
            _witness(effects, tick, next((j for j in known.jobs if j.id == tick.job), None) if known else None)
    return came_out.exit_code


def _one(plan: Plan, job: str | None) -> str:
    """The job whose worker the command runs."""
    chosen = [j.id for j in plan.jobs if job in (None, j.id, j.worker)]
    if len(chosen) != 1:
        raise UsageError(
            f"the plan has no job {job}" if job else "which job the command runs is not clear",
            where=", ".join(j.id for j in plan.jobs),
            do="name one with --job",
        )
    return chosen[0]


def _effects(verification: Verification, job: str) -> Check:
    (found,) = (c for j in verification.jobs if j.id == job for c in j.checks if c.name == "effects")
    return found


def _witness(effects: Check, tick: Tick, job: ClassifiedJob | None) -> None:
    """Where reading alone left doubt, what a decision may now say."""
    if job is None or effects.status != "passed" or not (job.verdict == "needs_review" or job.decided):
        return
    print(
        f"\nReading left {job.id} at needs_review; its own worker did what the procedure does. A decision may say so:"
    )
    seen = {"command": tick.command, "when": date.today().isoformat(), "seen": effects.text}
    print(output.printable(yaml.safe_dump({job.id: {"code_hash": job.code_hash, "witness": seen}}, sort_keys=False)))


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
