"""Stage 05: is what runs in the database what the application did? Same instants, same rows, real runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cronlift.model.plan import Plan
from cronlift.model.verification import Check, Verification, VerifiedJob
from cronlift.postgres.server import Server
from cronlift.verification import catalog, double_run, effects, queries, real_run, schedule
from cronlift.verification.context import Context, Tick, look

Checker = Callable[[Context], dict[str, Check]]
Progress = Callable[[Mapping[str, Check]], None]

CHECKS: tuple[Checker, ...] = (catalog.check, schedule.check, effects.check, double_run.check, real_run.check)


@dataclass(frozen=True)
class VerificationResult:
    """The document, and what the databases said (instants, rows, results of the shipped queries)."""

    verification: Verification
    evidence: dict[str, Any]


def verify(
    plan: Plan,
    server: Server,
    *,
    app: Path | None = None,
    env: str = "prod",
    proof: Server | None = None,
    probe: bool = False,
    tick: Tick | None = None,
    run_id: str = "",
    progress: Progress = lambda checks: None,
) -> VerificationResult:
    """Check every planned job. Writes nothing but on a disposable database: there the proof (rolled back, or on
    copies) and, with ``probe``, a probe entry for one minute.

    ``progress`` gets each check's results (by job id) as soon as they are known.
    ``proof`` names a disposable database for the effects; without it the target itself serves if it is disposable.
    ``tick`` runs the application's own worker on a copy of that database.
    Raises UsageError before the first statement where ``proof`` does not carry the mark, SafetyError where the
    server is not the plan's, ServerError where a database cannot be reached or read.
    """
    context = look(plan, server, app=app, env=env, proof=proof, probe=probe, tick=tick)
    results = []
    for check in CHECKS:
        results.append(check(context))
        progress(results[-1])
    jobs = tuple(
        VerifiedJob(
            id=job.id,
            cron_name=job.cron_name,
            checks=tuple(result[job.id] for result in results),
            gate=context.gates[job.id].state if job.id in context.gates else None,
        )
        for job in plan.jobs
    )
    document = Verification(
        run_id=run_id,
        plan_hash=plan.hash,
        installed=any(found.anything or not found.visible for found in context.installed.values()),
        jobs=jobs,
        notes=tuple(_notes(context)),
    )
    return VerificationResult(document, {**context.evidence, "queries": _queries(plan, context.server)})


def _notes(context: Context) -> list[str]:
    notes = []
    if context.probe:
        notes.append("real runs were shown by probe entries on a disposable database, removed afterwards")
    if context.proof is not None and not context.proof_is_target:
        notes.append(f"effects were compared in database {context.proof[1]}, not in {context.plan.target.database}")
    return notes


def _queries(plan: Plan, server: Server) -> dict[str, Any]:
    """The shipped queries a person would run, with what they return now."""
    out: dict[str, Any] = {}
    for name in queries.QUERIES:
        answer = queries.ask(name, plan, server)
        rows = [[_text(value) for value in row] for row in answer.rows]
        out[name] = {"sql": answer.sql, "columns": list(answer.columns), "rows": rows}
    return out


def _text(value: object) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
