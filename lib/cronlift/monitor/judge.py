"""What is wrong with one entry: what it did against what its schedule says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from cronlift.model.monitoring import Durations, Signal
from cronlift.monitor.alarms import Limits, attention, red
from cronlift.monitor.entries import Entry
from cronlift.monitor.gates import Gate
from cronlift.monitor.runs import Runs
from cronlift.monitor.ticks import Ticks
from cronlift.monitor.words import instant, milliseconds, plural, span
from cronlift.schedule.dialects.protocol import Interval, Reboot

_ENOUGH = 10
"""Runs (in each half of the window, for a trend) from which rates and medians say something."""

_SAME_RUN = timedelta(seconds=5)
"""pg_cron writes the start of a run before the runner does, or after it (over the socket)."""

_RELIABLE, _SLOWER = 0.9, 2.0
_NOTICEABLE_MS = {"exact": 50.0, "within_a_second": 1000.0, "not_recorded": 0.0}


@dataclass(frozen=True)
class Case:
    """One entry with everything that is known of it. ``runs`` are those of the run log where it has one, ``recorded``
    always pg_cron's own; ``known_since``: by when it surely was as it is now."""

    entry: Entry
    ticks: Ticks
    runs: Runs
    recorded: Runs
    durations: Durations
    now: datetime
    known_since: datetime | None
    limits: Limits
    gate: Gate | None = None

    @cached_property
    def due(self) -> bool:
        """Whether pg_cron is to run it at all."""
        return self.entry.active and (self.gate is None or self.gate.open)

    @cached_property
    def overdue_since(self) -> datetime | None:
        """The latest firing that should have started a run and did not; None where there is none, or where nothing
        shows that the entry was there by then."""
        last = self.last_due
        if last is None or not self.due or self.known_since is None or self.running_since is not None:
            return None
        start = self.began
        return last if self.known_since <= last and (start is None or start < last) else None

    @cached_property
    def began(self) -> datetime | None:
        """When the entry was last started for a firing. A guard leaves no row in the run log for a firing that is none
        of the job's; an attempt that was skipped does."""
        log = [self.runs.last_start, self.runs.last_seen]
        seen = [*log, self.recorded.last_start] if self.gate is None or self.gate.guarded else log
        return max((start for start in seen if start is not None), default=None)

    @cached_property
    def last_due(self) -> datetime | None:
        """The latest firing that has had its time of grace; for "every n seconds", n seconds after the last start."""
        before = self.now - timedelta(seconds=self.limits.grace)
        if isinstance(self.ticks.parsed, Interval):
            start = self.began or self.known_since
            due = start + timedelta(seconds=self.ticks.parsed.seconds) if start else None
            return due if due is not None and due <= before else None
        last = self.ticks.latest(before)
        return last if last is None or self.gate is None or self.gate.owns(last) else None

    @cached_property
    def running_since(self) -> datetime | None:
        going_on = (*self.runs.running, *self.recorded.running)
        return min((run.started for run in going_on if run.started), default=None)

    @cached_property
    def waiting(self) -> int:
        """Firings that fell due behind a run that goes on, or that nothing started."""
        if not self.due:
            return 0
        since = self.running_since
        if since is not None:
            return self.ticks.between(since, self.now)
        if self.overdue_since is None or self.known_since is None:
            return 0
        start = max(moment for moment in (self.began, self.known_since) if moment is not None)
        return max(self.ticks.between(start, self.now - timedelta(seconds=self.limits.grace)), 1)


def signals(case: Case) -> Iterator[Signal]:
    """Everything about the entry that is wrong or worth a look, the worst first."""
    found = [*_fenced(case)]
    if case.entry.active:
        found += [*_failing(case)]
    if case.due:
        found += [*_started(case), *_slow(case), *_worth_a_look(case)]
    elif case.entry.of_cronlift or case.gate is not None:
        found += [*_switched_off(case)]
    yield from sorted(found, key=lambda signal: signal.severity != "red")


def _started(case: Case) -> Iterator[Signal]:
    """Firings against starts."""
    entry, runs = case.entry, case.runs
    overdue, waiting = case.overdue_since, case.waiting
    if case.ticks.never:
        yield red("never-ran", f"its schedule {entry.schedule!r} never fires", "give it a schedule: cron.alter_job")
        return
    if overdue is not None and runs.last is None:
        yield red(
            "never-ran",
            f"it was due at {instant(overdue)}, and there is no run of it on record",
            "cronlift doctor says what keeps it from running",
        )
    elif overdue is not None:
        late = span(case.now - overdue)
        yield red(
            "overdue",
            f"it was due at {instant(overdue)} ({late} ago) and did not start; its last run was at "
            f"{instant(runs.last_start)}",
            "look at the launcher (above), and at the server's log of that moment; cronlift doctor looks at the entry",
        )
    elif runs.last is None and not isinstance(case.ticks.parsed, Reboot):
        following = case.ticks.next(case.now, None)
        when = f"; it is due at {instant(following)}" if following else ""
        yield attention("not-running-yet", f"there is no run of it on record{when}", "look again after that")
    if waiting >= 2:
        since = case.running_since
        what = f"behind the run of {instant(since)}, which goes on" if since else "and nothing started them"
        yield red(
            "backlog",
            f"{plural(waiting, 'firing')} fell due {what}",
            "see what it waits for (pg_stat_activity); pg_cron makes up what it missed back to back",
        )


def _failing(case: Case) -> Iterator[Signal]:
    runs = case.runs
    if case.recorded.last_start is not None and case.gate is not None and case.recorded.failures_in_a_row:
        logged = case.began
        if logged is None or logged < case.recorded.last_start - _SAME_RUN:
            runs = case.recorded  # it failed before the runner could log it
    last = runs.last
    if last is None:
        return
    if last.state == "died":
        yield red(
            "died",
            f"its run of {instant(last.started)} has no end, and its process is gone: what it did is not known",
            "see the server's log of that time; look at what the job should have left",
        )
        return
    if not runs.failures_in_a_row:
        return
    if last.command is not None and last.command != case.entry.command:
        yield attention(
            "not-running-yet",
            "it was altered after its last run failed, and has not run since",
            "wait for its next run",
        )
        return
    said = next((line for line in last.message.strip().splitlines() if line.strip()), "no message")
    number = plural(runs.failures_in_a_row, "run")
    since = f" since {instant(runs.failing_since)}" if runs.failing_since else ""
    again = case.gate.next_attempt if case.gate else None
    make = red if runs.failures_in_a_row >= case.limits.failures and again is None else attention
    yield make(
        "failing",
        f"it fails{since} ({number} in a row): {said}",
        f"the next attempt is due at {instant(again)}" if again else "mend what the message says; a success ends this",
    )


def _slow(case: Case) -> Iterator[Signal]:
    period, since, total = case.ticks.period, case.running_since, case.runs.total
    if period is None:
        return
    if since is not None and (case.now - since).total_seconds() > max(period, 1):
        yield red(
            "longer-than-period",
            f"its run of {instant(since)} has gone on for {span(case.now - since)}; it is due every {_every(period)}",
            "see what it waits for (pg_stat_activity, pg_blocking_pids)",
        )
    elif total.p50 is not None and total.succeeded >= 3 and total.p50 > 1000 * period:
        yield red(
            "longer-than-period",
            f"half of its runs take longer than {milliseconds(total.p50)}; it is due every {_every(period)}",
            "make it faster, or let it run more rarely",
        )


def _worth_a_look(case: Case) -> Iterator[Signal]:
    runs, total = case.runs, case.runs.total
    ended = total.succeeded + total.failed
    if ended >= _ENOUGH and not runs.failures_in_a_row and total.succeeded / ended < _RELIABLE:
        yield attention(
            "unreliable", f"{total.failed} of its {ended} runs failed", "see what they have in common: return_message"
        )
    earlier, later = runs.halves.get(0), runs.halves.get(1)
    if (
        earlier and later and earlier.p50 and later.p50 and min(earlier.succeeded, later.succeeded) >= _ENOUGH
        and later.p50 >= _SLOWER * earlier.p50 and later.p50 - earlier.p50 >= _NOTICEABLE_MS[case.durations]
    ):  # fmt: skip
        yield attention(
            "slower",
            f"half of its runs took up to {milliseconds(earlier.p50)} in the first half of the time looked at, up to "
            f"{milliseconds(later.p50)} in the second",
            "see whether its tables grew, and whether they are vacuumed and analysed",
        )
    if total.skipped:
        yield attention(
            "skipping", f"{plural(total.skipped, 'run')} of it were skipped: one was going on", "see how long it takes"
        )


def _switched_off(case: Case) -> Iterator[Signal]:
    if not case.entry.active:
        yield attention(
            "inactive",
            "the entry is switched off: pg_cron does not run it",
            f"SELECT cron.alter_job({case.entry.jobid}, active := true);",
        )
    elif case.gate is not None:
        yield attention("inactive", case.gate.words, case.gate.do)


def _fenced(case: Case) -> Iterator[Signal]:
    """An alarm while the application still does it: at the job's last firing, or within a day."""
    gate = case.gate
    if gate is None or gate.last_hit is None:
        return
    last = case.ticks.latest(case.now)
    news = gate.last_hit >= case.now - timedelta(days=1) or (last is not None and gate.last_hit >= last)
    yield (red if news else attention)(
        "fence-hit",
        f"the application enqueues it again: {plural(gate.hits, 'insert')} turned away after the move was complete, "
        f"the last at {instant(gate.last_hit)}",
        "a deploy has brought its crontab entry back: take it out again (nothing ran twice)",
    )


def _every(period: float) -> str:
    return span(timedelta(seconds=period))
