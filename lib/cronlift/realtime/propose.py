"""Proposals for a plan's jobs: triggers with a debounce, and a change stream, each with what it costs and why not."""

from __future__ import annotations

from cronlift import resources
from cronlift.generate.quoting import Text, template, text_of
from cronlift.model.plan import Plan, PlannedJob
from cronlift.model.realtime import Cost, Proposal, Proposals, Underivable
from cronlift.postgres.server import Server
from cronlift.realtime import texts
from cronlift.realtime.derive import Dependence, dependence
from cronlift.realtime.due import NotDerivableError

INTERVAL = 5
"""Seconds that changes may wait for others, where nobody says otherwise: the debounce."""


def propose(
    plan: Plan, server: Server, *, jobs: tuple[str, ...] = (), interval: int = INTERVAL, run_id: str = ""
) -> Proposals:
    """Both alternatives for every job of the plan (or those asked for), or why there are none. Reads catalogs only.

    Raises ServerError where the application's database cannot be reached.
    """
    found: list[Proposal] = []
    none: list[Underivable] = []
    with server.connect(plan.target.database) as connection:
        for job in plan.jobs:
            if jobs and job.id not in jobs:
                continue
            try:
                depends = dependence(connection, plan.target, job)
            except NotDerivableError as why:
                none.append(Underivable(job=job.id, why=str(why)))
                continue
            found += [_triggers(plan, job, depends, interval), _stream(job, depends, interval)]
    connection.close()
    return Proposals(
        run_id=run_id, plan_hash=plan.hash, interval_seconds=interval, proposals=tuple(found), none=tuple(none)
    )


def _triggers(plan: Plan, job: PlannedJob, depends: Dependence, interval: int) -> Proposal:
    seconds = _takes_seconds(plan.target.pg_cron_version) and interval < 60
    schedule = f"{interval} seconds" if seconds else "* * * * *"
    wait = f"{interval} seconds" if seconds else "a minute (pg_cron before 1.5 knows no seconds)"
    entry = text_of(Text(f"{job.cron_name}/on-change"))
    cron = (
        f"SELECT cron.schedule_in_database({entry}, '{schedule}', {text_of(Text(texts.runner(job)))}, "
        f"{text_of(Text(plan.target.database))}, nullif({text_of(Text(job.job_role))}, current_user))"
    )
    tables = ", ".join(source.name for source in depends.sources)
    return Proposal(
        job=job.id,
        kind="triggers",
        channel=texts.slug(job),
        up_sql=_script(_ABOUT_TRIGGERS, texts.trigger_up(job, depends)),
        down_sql=_script("-- The way back.", texts.trigger_down(job, depends)),
        cron_sql=_script("-- In the database pg_cron lives in: how long changes may wait.", [cron]),
        cron_down_sql=_script(
            "-- The way back.",
            [f"SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = {entry}"],  # noqa: S608
        ),
        staleness=f"at most {wait} and one run",
        needs=(f"the owner of {tables} runs up.sql: triggers come onto the application's tables",),
        costs=(
            Cost(what="every writing statement", text=f"on {tables} also runs a trigger and adds a row to the marks"),
            Cost(what="idle", text=f"one call every {wait.split(' (')[0]}, which finds no mark"),
            Cost(what="history", text="each call is a row in cron.job_run_details: delete them by a job"),
        ),
        reasons_not=(
            *_clock(depends, "the trigger only notes when the next row becomes due; the cron entry is the clock"),
            "an error in a trigger fails the application's own statement",
            "a disabled trigger, a restore of one table or session_replication_role = replica loses changes silently: "
            "keep the job's usual entry beside it",
            "more frequent runs of a job cost what they cost: a refresh of the whole view for one changed row",
        ),
        watch_sql=_watch("marks", job=Text(texts.slug(job))),
    )


def _stream(job: PlannedJob, depends: Dependence, interval: int) -> Proposal:
    unlogged = [source.name for source in depends.sources if not source.logged]
    tables = ", ".join(source.name for source in depends.sources)
    logged = tuple(
        Cost(
            what=f"{name} is UNLOGGED", text="its changes are in no log: it must become LOGGED, and every write is then"
        )
        for name in unlogged
    )
    return Proposal(
        job=job.id,
        kind="change_stream",
        channel=texts.slot_of(job),
        up_sql=_script(_ABOUT_STREAM, texts.stream_up(job, depends)),
        down_sql=_script(_BACK_STREAM, texts.stream_down(job, depends)),
        consumer=f"cronlift realtime follow --run RUN --job {job.id} --interval {interval}",
        staleness=f"at most {interval} seconds and one run, while the consumer runs; afterwards it catches up",
        needs=(
            "wal_level = logical (a restart) and the output plugin wal2json (Debian: postgresql-NN-wal2json), named in "
            "output_plugin_libraries where the server has that setting",
            "a role with REPLICATION for the slot, that may also run the job",
            "a process that is always up, watched and restarted: the consumer",
        ),
        costs=(
            *logged,
            Cost(what="the whole server's log", text="wal_level = logical makes it larger; decoding reads all of it"),
            Cost(what="a consumer that stands still", text="keeps the log on disk until the disk is full: "
                 "set max_slot_wal_keep_size, and alert on the slot"),
            Cost(what="idle", text=f"a look at the slot every {interval} seconds"),
        ),
        reasons_not=(
            *_clock(depends, "the stream only says that something changed; the consumer asks for the next due row"),
            "the application stops being needed, and a process of yours begins to be: what the move took away",
            "a slot does not survive a failover (before PostgreSQL 17) or a restore: the consumer then makes a new one "
            "and runs the job once",
            *(f"{name} was made UNLOGGED for a reason: nobody wanted its writes logged" for name in unlogged),
            f"all changes of {tables} are decoded, although one run follows on many",
        ),
        watch_sql=_watch("slot", slot=Text(texts.slot_of(job))),
    )  # fmt: skip


def _clock(depends: Dependence, what: str) -> tuple[str, ...]:
    if depends.kind == "refresh" or not depends.due:
        return ()
    return (f"rows become due as time passes, and no change says so: {what}",)


def _takes_seconds(version: str) -> bool:
    """'N seconds' came with pg_cron 1.5 (its CHANGELOG)."""
    return tuple(int(part) for part in version.split(".")[:2]) >= (1, 5)


def _script(about: str, statements: list[str]) -> str:
    return about + "\n" + "".join(f"{statement};\n" for statement in statements)


def _watch(kind: str, **parts: Text) -> str:
    """The query to alert on, its comment kept."""
    file = f"realtime/watch_{kind}"
    about = resources.sql(file).splitlines()[0]
    return f"{about}\n{text_of(template(file, **parts))};\n"


_ABOUT_TRIGGERS = """\
-- A proposal, not a step of the move: marks the job when its tables change. Run it as their owner, in one transaction:
-- psql --single-transaction --set ON_ERROR_STOP=1 --file FILE"""
_ABOUT_STREAM = """\
-- A proposal, not a step of the move: keeps the changes of the job's tables for a consumer. Not in a transaction."""
_BACK_STREAM = "-- The way back; a slot that nobody reads keeps the log for ever."
