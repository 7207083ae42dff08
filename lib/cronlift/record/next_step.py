"""What to run next, to the letter: documents hold no path and no server's name, so they cannot say it."""

from __future__ import annotations

import shlex
from pathlib import Path

from cronlift.model.handover import Handover
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import current


def next_step(folder: RunFolder, run: str | Path, server: Server) -> str:
    """After a managed installation the command that hands its jobs over; empty where nothing waits for one.

    ``run`` is the run folder as its user names it.
    """
    plan = folder.read_if_there(Plan)
    done = current(folder.read_if_there(Installation), plan)
    if done is None or done.mode != "managed" or done.act != "install" or not (done.applied and done.complete):
        return ""
    if current(folder.read_if_there(Handover), plan) is not None:
        return ""  # an act is on record already: cronlift jobs status tells where the jobs stand
    return f"To hand the jobs over, each between two ticks: {start_command(run, server)}"


def start_command(run: str | Path, server: Server) -> str:
    """``cronlift jobs start`` for the plan in this run folder, ready for a shell."""
    named = (("--service", server.service), ("--dsn-env", server.dsn_env), ("--cron-database", server.cron_database))
    options = [word for name, value in named if value for word in (name, value)]
    return f"{shlex.join(['cronlift', 'jobs', 'start', '--run', str(run), *options])} --apply"
