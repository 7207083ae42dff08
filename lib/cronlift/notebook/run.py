"""A run: the stages' notebooks in order, then the record over what they left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cronlift.errors import SafetyError
from cronlift.model.plan import Plan
from cronlift.notebook.runner import STAGES, Progress, Settings, Stage, StageResult, run_stages
from cronlift.postgres.server import Server
from cronlift.record import outcome
from cronlift.record.close import close, inputs_of
from cronlift.record.manifest import Manifest
from cronlift.record.run_folder import RunFolder
from cronlift.record.run_id import run_id
from cronlift.record.tally import Tally, tally

Approve = Callable[[Plan], str]


@dataclass(frozen=True)
class Report:
    """How a run went: its exit code, what each stage said, every job's row, and the sealed record."""

    folder: RunFolder
    results: tuple[StageResult, ...]
    code: int
    tally: Tally
    manifest: Manifest

    @property
    def stopped(self) -> str:
        """Why the run stopped early, in words; empty where every stage is done."""
        last = self.results[-1] if self.results else None
        return "" if last is None or last.done else last.text


def run(
    settings: Settings,
    *,
    stages: Sequence[Stage] = STAGES,
    progress: Progress = lambda text: None,
    approve: Approve | None = None,
) -> Report:
    """Run ``stages`` and write the record, also when a stage is red.

    ``approve`` is given the plan and answers with the hash to install (the demo approves its own). Raises
    SafetyError for ``apply`` without a plan's hash, UsageError where the folder is not to be had.
    """
    if settings.apply and not settings.plan_hash and approve is None:
        raise SafetyError(
            "--apply acts on a plan that somebody has read: its hash is missing",
            do="run without --apply first, read the plan, then pass the hash it shows with --plan-hash",
        )
    _check_names(settings)
    started = datetime.now(UTC)
    with settings.folder.writing(closes=False) as folder:
        settings = settings if settings.run_id else replace(settings, run_id=id_of(settings))
        early = [stage for stage in stages if stage.name in ("inventory", "classify", "generate")]
        late = [stage for stage in stages if stage not in early]
        results = run_stages(settings, stages=early, progress=progress)
        if late and all(result.done for result in results):
            if approve is not None and settings.apply:
                settings = replace(settings, plan_hash=approve(folder.read(Plan)))
            results += run_stages(settings, stages=late, progress=progress)
        return _close(settings, folder, results, started)


def _check_names(settings: Settings) -> None:
    """Refuse a connection string in the place of a name before anything is written: it could hold a password."""
    Server(service=settings.service, dsn_env=settings.dsn_env, cron_database=settings.cron_database)
    Server(service=settings.proof_service, dsn_env=settings.proof_dsn_env)


def id_of(settings: Settings) -> str:
    """The id of a run with these settings."""
    names = (settings.service, settings.dsn_env, settings.cron_database)
    return run_id(
        settings.app,
        settings.env,
        decisions=settings.decisions,
        jobs=settings.jobs,
        databases=names,
        mode=settings.mode,
    )


def _close(settings: Settings, folder: RunFolder, results: list[StageResult], started: datetime) -> Report:
    code = outcome.worst([result.code for result in results])
    sealed = close(
        folder,
        inputs=inputs_of(settings.app, settings.env, settings.decisions, _options(settings)),
        run_id=settings.run_id,
        started=started,
        exit_code=code,
        stopped=next((result.text for result in results if not result.done), ""),
    )
    return Report(folder, tuple(results), code, tally(folder), sealed)


def _options(settings: Settings) -> dict[str, str]:
    given = {
        "service": settings.service,
        "dsn_env": settings.dsn_env,
        "cron_database": settings.cron_database,
        "proof_service": settings.proof_service,
        "proof_dsn_env": settings.proof_dsn_env,
        "apply": "yes" if settings.apply else None,
        "plan_hash": settings.plan_hash or None,
        "probe": "yes" if settings.probe else None,
        "jobs": ", ".join(settings.jobs) or None,
        "mode": settings.mode,
    }
    return {name: value for name, value in given.items() if value is not None}
