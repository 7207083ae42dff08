"""pg_cron's launcher: does it run, and does it start what is due?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cronlift.model.monitoring import Launcher, Signal
from cronlift.monitor.alarms import attention, red
from cronlift.monitor.entries import ServerState
from cronlift.monitor.judge import Case
from cronlift.monitor.words import instant, iso, plural, span


def launcher(state: ServerState, cases: Sequence[Case]) -> Launcher:
    """What is to be seen of it."""
    return Launcher(
        alive=state.launcher_alive,
        since=iso(state.launcher_start),
        running=sum(len(case.recorded.running) for case in cases),
        limit=state.max_running,
    )


def signals(state: ServerState, cases: Sequence[Case]) -> Iterator[Signal]:
    """What keeps every entry from running."""
    if state.library_loaded is False:
        yield red(
            "launcher-dead",
            "nothing runs: the extension is there, and the server has not loaded its library",
            "add pg_cron to shared_preload_libraries and restart the server",
        )
    elif state.in_recovery:
        yield attention(
            "launcher-dead",
            "this server is a standby: pg_cron starts nothing here",
            "look at the primary, or promote it",
        )
    elif state.launcher_alive is False:
        yield red(
            "launcher-dead",
            "nothing runs: pg_cron's launcher is gone (somebody ended it, or it stops at an entry of a dropped role)",
            "cronlift doctor says which; else restart the server: the launcher starts with it",
        )
    elif not state.launch_active:
        yield red(
            "launcher-dead",
            "nothing runs: cron.launch_active_jobs is off",
            "ALTER SYSTEM RESET cron.launch_active_jobs; SELECT pg_reload_conf();",
        )
    else:
        yield from _blocked(state, cases)


def _blocked(state: ServerState, cases: Sequence[Case]) -> Iterator[Signal]:
    """The launcher is there, entries are due, and it starts none of them."""
    late = [case for case in cases if case.overdue_since is not None]
    since = min((case.overdue_since for case in late if case.overdue_since), default=None)
    if since is None:
        return
    latest = max((case.recorded.last_start for case in cases if case.recorded.last_start), default=None)
    if latest is not None and latest >= since:
        return  # others were started since: it is these entries' own trouble
    number = f"{plural(len(late), 'entry', 'entries')} {'is' if len(late) == 1 else 'are'} overdue"
    going_on = [case for case in cases if case.recorded.running]
    running = sum(len(case.recorded.running) for case in going_on)
    if running and state.blocks is not False:
        long = min(going_on, key=lambda case: case.running_since or state.now)
        yield red(
            "launcher-blocked",
            f"pg_cron waits for the run of {long.entry.name} that began at {instant(long.running_since)} and starts "
            f"nothing meanwhile (pg_cron {state.version} with background workers): {number}",
            "let it end, or cancel it: pg_cancel_backend; then make it shorter, or set cron.use_background_workers off",
        )
    elif running and state.max_running is not None and running >= state.max_running:
        yield red(
            "launcher-blocked",
            f"all {state.max_running} runs that may go on at once are taken, and {number}",
            "see what they wait for; cron.max_running_jobs allows more (after a restart)",
        )
    else:
        yield red(
            "launcher-blocked",
            f"pg_cron starts nothing since {instant(since)} ({span(state.now - since)}): {number}",
            "see the server's log and the launcher's process; a COPY to the client in an entry makes it loop for ever",
        )
