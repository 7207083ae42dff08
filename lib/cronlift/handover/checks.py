"""What must be well before a job changes hands: pg_cron at work and in time, the queue's rows told apart, one clock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from cronlift import resources
from cronlift.generate import managed
from cronlift.generate.gating import writes_meta
from cronlift.generate.quoting import Verbatim, template
from cronlift.handover import gate
from cronlift.handover.gate import OPEN
from cronlift.handover.operation import Before
from cronlift.installation import act, same_rows
from cronlift.model.handover import Look
from cronlift.model.plan import PlannedJob
from cronlift.postgres import capabilities
from cronlift.postgres.server import Connection

LATE = timedelta(seconds=15)
"""A sweeper that starts later after its minute says that pg_cron is behind (half of the smallest margin)."""


def installed(before: Before) -> Iterator[Look]:
    """Everything of the plan is there, as planned."""
    for part in act.parts(before.plan, before.sessions, "install"):
        for found in act.look(before.plan, part, "install"):
            if found.state != "present":
                text = f"{found.object.replace('_', ' ')} {found.name} is {found.state}"
                yield Look(name="installed", job=found.job.id if found.job else "", well=False, text=text)
            elif found.paused:
                yield Look(name="installed", well=False, text=f"cron entry {found.name} is inactive (cron.alter_job)")


def apart(before: Before, jobs: Sequence[PlannedJob]) -> Iterator[Look]:
    """pg_cron runs nothing else that the same rows stand for: not another version of the job, but the one that it takes
    over from, and no other plan's job."""
    for one in same_rows.alike(before.sessions.app, jobs):
        if one.state not in OPEN or one.other == managed.gate_of(one.job).supersedes:
            continue
        text = f"pg_cron runs {one.other}, of the same worker and args: both would run at each tick"
        if one.version:
            text = (
                f"pg_cron runs another version of it, {one.other}: give that back first (cronlift jobs rollback with "
                "the run folder that installed it)"
            )
        yield Look(name="apart", job=one.job.id, well=False, text=text)


def pg_cron(before: Before, wait: float) -> Iterator[Look]:
    """The launcher is alive, and was in time in the last minute; the sweepers say so from inside. ``wait``: how many
    seconds to wait for their first sign."""
    known = capabilities.of(before.sessions.cron)
    if known.launcher_alive is False:
        text = "pg_cron's launcher does not run: nothing would be run (restart the server)"
        yield Look(name="launcher", well=False, text=text)
        return
    until = time.monotonic() + wait
    while True:
        looks = list(_heartbeats(before))
        if all(look.well for look in looks) or time.monotonic() > until:
            break
        before.sessions.app.rollback()
        time.sleep(1)
    yield from looks


def _heartbeats(before: Before) -> Iterator[Look]:
    app = before.sessions.app
    now = gate.clock(app)
    beats = {str(role): (tick, at) for role, tick, at in app.execute(resources.sql("handover/heartbeats"))}
    for name, role in managed.sweepers(before.plan.jobs, before.plan.target).items():
        if role not in beats:
            text = f"pg_cron has not run {name} yet: it does at the next whole minute, if it is well"
            yield Look(name="pg_cron", well=False, text=text)
            continue
        tick, at = beats[role]
        late, silent = at - tick, now - tick  # type: ignore[operator]
        well = late <= LATE and silent <= timedelta(minutes=1) + LATE
        text = f"pg_cron ran {name} {late.total_seconds():.1f} s after its minute"
        if not well:
            text += (
                f", {silent.total_seconds():.0f} s ago: pg_cron is stopped, or held up by a long job (an armed fence "
                "would lose ticks)"
            )
        yield Look(name="pg_cron", well=well, text=text)


def queue(before: Before, job: PlannedJob, margin: timedelta) -> Iterator[Look]:
    """The queue's own rows show that the fence can know the job's, and that the clocks agree."""
    own = managed.gate_of(job)
    app = before.sessions.app
    missing = app.execute(resources.sql("handover/may_read"), {"relation": own.relation}).fetchone()
    if missing is not None:
        text = f"the connected role may not read {own.relation}: {missing[0]}"
        yield Look(name="cron-meta", job=job.id, well=False, text=text)
        return
    row = app.execute(
        template("handover/cron_rows", relation=Verbatim(own.relation)),
        {
            "worker": job.worker,
            "args": json.dumps(own.args),
            "cron_expr": own.cron_expr,
            "siblings": json.dumps([sibling.model_dump() for sibling in own.siblings]),
            "entry": job.schedule.source,
            "schedule": before.rows[job.id].schedule,
            "timezone": before.rows[job.id].timezone,
            "margin": margin,
        },
    ).fetchone()
    assert row is not None
    rows, cron, ours, others, offset, stranger = row
    if cron:
        well = bool(ours) or not others
        text = f"rows of {own.relation} say that they are cron's"
        if not well:
            text = f"rows of {job.worker} do not say that they are cron's, while others do: whose are they?"
        yield Look(name="cron-meta", job=job.id, well=well, text=text)
        if stranger is not None:
            wanted = json.dumps(own.args) + (f", expression {own.cron_expr}" if own.cron_expr else "")
            text = (
                f"the latest cron row of {job.worker} is not the planned entry's (args {wanted}) but has {stranger}: "
                "the fence would let such rows pass, and both sides would run: generate the plan from the deployed "
                "revision; where that row's entry is gone, start after a tick of the planned one"
            )
            yield Look(name="same-entry", job=job.id, well=False, text=text)
        skew = timedelta(seconds=float(str(offset)))
        agree = abs(skew) <= margin / 2
        text = f"cron rows come {skew.total_seconds():.1f} s after their tick by the database's clock"
        if not agree:
            text += f"; at most {margin.total_seconds() / 2:.0f} s can be borne: set the clocks right"
        yield Look(name="clocks", job=job.id, well=agree, text=text)
    else:
        yield _by_version(job, own.oban, bool(others), bool(rows))
    yield from _dynamic(app, job)


def _by_version(job: PlannedJob, oban: str | None, ours: bool, rows: bool) -> Look:
    """Nothing in the queue is cron's: the version must say that rows will be."""
    if ours:
        text = f"{job.worker} has rows in the queue and none says that it is cron's (Oban does not before 2.17.6)"
        return Look(name="cron-meta", job=job.id, well=False, text=text)
    if writes_meta(oban):
        text = f"no cron row in the queue now; Oban {oban} writes what the fence knows them by"
        return Look(name="cron-meta", job=job.id, well=True, text=text)
    text = f"no cron row in the {'queue now' if rows else 'empty queue'}, and the application's Oban is " + (
        f"{oban}" if oban else "of no known version"
    )
    return Look(name="cron-meta", job=job.id, well=False, text=f"{text}: start after a tick of any cron job")


def _dynamic(app: Connection, job: PlannedJob) -> Iterator[Look]:
    schema = managed.gate_of(job).relation.rpartition(".")[0]
    table = f"{schema}.oban_crons"
    if not exists(app, table):
        return
    row = app.execute(template("handover/dynamic_cron", relation=Verbatim(table)), {"worker": job.worker}).fetchone()
    if row is not None and row[0]:
        text = f"Oban Pro's DynamicCron keeps an entry of {job.worker} in {table}: delete it there, at the deploy"
        yield Look(name="dynamic-cron", job=job.id, well=False, text=text)


def exists(connection: Connection, relation: str) -> bool:
    """Whether there is a relation of that name (as SQL)."""
    row = connection.execute("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", (relation,)).fetchone()
    return row is not None and bool(row[0])


def all_well(looks: Sequence[Look]) -> bool:
    """Whether nothing stands against the act."""
    return all(look.well for look in looks)
