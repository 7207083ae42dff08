"""A look at a server's entries: how each is doing, and what is wrong just now. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta

from cronlift.errors import UsageError
from cronlift.model.monitoring import Monitoring, Signal, Slot, Watched
from cronlift.model.plan import Plan
from cronlift.monitor import entries as looking
from cronlift.monitor import judge, launcher, sizes
from cronlift.monitor.alarms import Limits, red
from cronlift.monitor.entries import Entry, ServerState
from cronlift.monitor.gates import Managed, managed
from cronlift.monitor.history import History, durations, history
from cronlift.monitor.judge import Case
from cronlift.monitor.runs import Part, Run, Window
from cronlift.monitor.ticks import ticks
from cronlift.monitor.words import iso
from cronlift.postgres.server import Server
from cronlift.upkeep.drift import drift


@dataclass(frozen=True)
class Question:
    """What to look at: ``window`` back from now, with a ``slot`` for plots back to the midnight before (UTC), and
    counted by slots; ``owned``: entries of cronlift only; ``names``: only these (an entry's name, number or job id);
    ``plans``: what is to be in the databases."""

    window: timedelta = timedelta(days=7)
    slot: timedelta | None = None
    owned: bool = False
    names: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    limits: Limits = field(default_factory=Limits)


def monitor(server: Server, question: Question | None = None) -> Monitoring:
    """Look. Raises ServerError where there is no pg_cron to look at, UsageError where a named entry is not there."""
    asked = question or Question()
    with server.connect_cron() as connection:
        state = looking.server_state(connection)
        there = looking.entries(connection)
        window = _window(state, asked)
        recorded = history(connection, window, state, [entry.jobid for entry in there])
        tables = [
            sizes.measure(
                connection,
                "cron",
                "job_run_details",
                recorded.reaches,
                pruned=any(e.prunes and e.active for e in there),
            )
        ]
        connection.rollback()
    elsewhere = managed(server, window, there)
    owned = elsewhere.owned | {e.jobid for e in there if e.of_cronlift} | _planned(there, asked.plans)
    tables += elsewhere.tables
    cases = [_case(entry, state, recorded, asked.limits, elsewhere) for entry in there]
    drifted = list(_drift(asked.plans, server))
    jobs = [_watched(case, window, asked, owned, drifted) for case in cases]
    shown = [job for job in jobs if (job.owned or not asked.owned) and _named(job, asked.names)]
    _all_there(jobs, asked.names)
    return Monitoring(
        at=iso(state.now) or "",
        server=server.where,
        pg_cron=state.version,
        window_seconds=int((window.now - window.since).total_seconds()),
        slot_seconds=int(window.slot.total_seconds()) if asked.slot else 0,
        jobs=tuple(shown),
        launcher=launcher.launcher(state, cases),
        history=tuple(tables),
        signals=(
            *launcher.signals(state, cases),
            *sizes.signals(tables, asked.limits),
            *(signal for name, signal in drifted if not name),
        ),
        notes=(*looking.not_seen(state), *elsewhere.notes),
    )


def _window(state: ServerState, asked: Question) -> Window:
    since = state.now - asked.window
    if asked.slot is None:
        return Window(since, state.now, asked.window / 2)
    return Window(since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0), state.now, asked.slot)


def _planned(entries: Sequence[Entry], plans: Sequence[Plan]) -> set[int]:
    names = {job.cron_name for plan in plans for job in plan.jobs}
    return {entry.jobid for entry in entries if entry.jobname in names}


def _case(entry: Entry, state: ServerState, recorded: History, limits: Limits, elsewhere: Managed) -> Case:
    gate, logged = elsewhere.gates.get(entry.jobid), elsewhere.runs.get(entry.jobid)
    known = gate.since if gate else entry.written or recorded.unchanged_since(entry.age)
    return Case(
        entry=entry,
        ticks=ticks(entry.schedule, state.version, state.timezone),
        runs=recorded.of(entry.jobid) if logged is None else logged,
        recorded=recorded.of(entry.jobid),
        durations=durations(state) if logged is None else "exact",
        now=state.now,
        known_since=known,
        limits=limits,
        gate=gate,
    )


def _watched(
    case: Case, window: Window, asked: Question, owned: set[int], drifted: Sequence[tuple[str, Signal]]
) -> Watched:
    entry, runs, total, gate = case.entry, case.runs, case.runs.total, case.gate
    ended = total.succeeded + total.failed
    last = runs.last
    return Watched(
        jobid=entry.jobid,
        name=entry.name,
        database=entry.database,
        role=entry.role,
        schedule=entry.schedule,
        active=entry.active,
        owned=entry.jobid in owned,
        job=gate.job if gate else None,
        state=gate.state if gate else None,
        measured_by="history" if case.runs is case.recorded else "run_log",
        durations=case.durations,
        last_run=iso(runs.last_start),
        last_status=last.state if last else None,
        last_message=last.message.strip() or None if last else None,
        last_success=iso(runs.last_success.started) if runs.last_success else None,
        next_run=iso(case.ticks.next(case.now, runs.last_start)) if case.due else None,
        running_since=iso(case.running_since),
        runs=total.runs,
        succeeded=total.succeeded,
        failed=total.failed,
        skipped=total.skipped,
        success_rate=round(total.succeeded / ended, 4) if ended else None,
        p50_ms=_rounded(total.p50),
        p95_ms=_rounded(total.p95),
        trend=_rounded(runs.trend),
        last_rows=_rows(runs.last_success),
        rows=runs.rows,
        overdue_since=iso(case.overdue_since),
        failing_since=iso(runs.failing_since) if runs.failures_in_a_row else None,
        failures_in_a_row=runs.failures_in_a_row,
        waiting=case.waiting,
        fence_hits=gate.hits if gate else 0,
        signals=(*judge.signals(case), *(signal for name, signal in drifted if name and name == entry.jobname)),
        slots=tuple(_slots(runs.slots, window)) if asked.slot else (),
    )


def _slots(slots: Mapping[int, Part], window: Window) -> Iterable[Slot]:
    for number, part in sorted(slots.items()):
        yield Slot(
            start=iso(window.since + number * window.slot) or "",
            runs=part.runs,
            failed=part.failed,
            p50_ms=_rounded(part.p50),
            p95_ms=_rounded(part.p95),
        )


def _rows(run: Run | None) -> int | None:
    """How many rows a run touched: as the run log counted them, else as the command's tag says."""
    return run.touched if run is not None else None


def _rounded(value: float | None) -> float | None:
    return round(value, 3) if value is not None else None


def _drift(plans: Sequence[Plan], server: Server) -> Iterable[tuple[str, Signal]]:
    """Pairs of a cron entry's name (empty: no one job's) and what is no longer as the run folder says."""
    for plan in plans:
        names = {job.id: job.cron_name for job in plan.jobs}
        for one in drift(plan, server):
            yield (
                names.get(one.job, ""),
                red("drift", one.text, "cronlift verify shows it; cronlift install puts back what is missing"),
            )


def _named(job: Watched, names: Sequence[str]) -> bool:
    return not names or job.name in names or str(job.jobid) in names or (job.job is not None and job.job in names)


def _all_there(jobs: Sequence[Watched], names: Sequence[str]) -> None:
    missing = [name for name in names if not any(_named(job, [name]) for job in jobs)]
    if missing:
        raise UsageError(
            f"there is no entry {', '.join(missing)} among those this role sees",
            do="name it as cron.job does (name or number); cronlift monitor without --job lists them",
        )
