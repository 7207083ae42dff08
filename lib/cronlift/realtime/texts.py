"""A proposal's SQL: the triggers that mark, the procedure that runs what is marked, the slot of a change stream."""

from __future__ import annotations

import hashlib
import re

from psycopg import sql

from cronlift import resources
from cronlift.generate.quoting import MAX_NAME_BYTES, Name, Text, Verbatim, quote_ident, template, text_of
from cronlift.model.plan import PlannedJob
from cronlift.realtime.consumer import Watched
from cronlift.realtime.derive import Dependence, Source
from cronlift.realtime.slot import Slot

SCHEMA = "cronlift_realtime"
_EVENTS = {
    "INSERT": ("inserted", "REFERENCING NEW TABLE AS changed_rows"),
    "DELETE": ("deleted", "REFERENCING OLD TABLE AS changed_rows"),
    "UPDATE": ("updated", "REFERENCING OLD TABLE AS old_rows NEW TABLE AS changed_rows"),
    "TRUNCATE": ("truncated", ""),
}


def slug(job: PlannedJob) -> str:
    """A name for the job's objects: of its cron name, with a hash where that says too little or is too long."""
    plain = re.sub(r"[^a-z0-9]+", "_", job.cron_name.lower()).strip("_")
    if plain == job.cron_name.replace("-", "_") and len(plain) <= MAX_NAME_BYTES - 20:
        return plain
    return f"{plain[: MAX_NAME_BYTES - 30]}_{hashlib.sha256(job.id.encode()).hexdigest()[:8]}"


def trigger_up(job: PlannedJob, found: Dependence) -> list[str]:
    """The statements that put marks and triggers there, and the first mark: what happened before is not known."""
    return [
        *_split(resources.sql("realtime/schema")),
        *text_of(template("realtime/grants", role=Name(job.job_role))).split(";\n"),
        *(text_of(statement) for source in found.sources for statement in _triggers(job, found, source)),
        text_of(_runner(job, found)),
        text_of(sql.SQL("INSERT INTO cronlift_realtime.mark (job, due_at) VALUES ({}, now())").format(Text(slug(job)))),
    ]


def trigger_down(job: PlannedJob, found: Dependence) -> list[str]:
    """The way back. The schema stays while another proposal is in it."""
    name = slug(job)
    out = []
    for source in found.sources:
        for event in _events(found):
            part = _EVENTS[event][0]
            out.append(f"DROP TRIGGER IF EXISTS {_trigger(name, part)} ON {source.name}")
            out.append(f"DROP FUNCTION IF EXISTS {text_of(_function(name, source, part))}()")
    out.append(f"DROP PROCEDURE IF EXISTS {text_of(Name(SCHEMA, f'{name}_run'))}()")
    out.append(text_of(sql.SQL("DELETE FROM cronlift_realtime.mark WHERE job = {}").format(Text(name))))
    return out


def runner(job: PlannedJob) -> str:
    """What a cron entry calls, as often as changes may wait."""
    return f"CALL {text_of(Name(SCHEMA, f'{slug(job)}_run'))}()"


def stream_up(job: PlannedJob, found: Dependence) -> list[str]:
    """The statements that make the log tell of the tables, and the slot that keeps what was not read yet."""
    logged = [f"ALTER TABLE {source.name} SET LOGGED" for source in found.sources if not source.logged]
    slot = text_of(Text(slot_of(job)))
    return [*logged, f"SELECT pg_catalog.pg_create_logical_replication_slot({slot}, 'wal2json')"]


def stream_down(job: PlannedJob, found: Dependence) -> list[str]:
    """The way back; a slot that nobody reads keeps the log for ever."""
    unlogged = [f"ALTER TABLE {source.name} SET UNLOGGED" for source in found.sources if not source.logged]
    return [text_of(template("realtime/drop_slot", slot=Text(slot_of(job)))), *unlogged]


def slot_of(job: PlannedJob) -> str:
    """The slot's name: lower case letters, digits and underscores only (manual, 26.2.6)."""
    return f"cronlift_{slug(job)}"[:MAX_NAME_BYTES]


def next_due(found: Dependence) -> str:
    """A query for when the next row becomes due, in seconds since 1970 (NULL: none will); '' where no row does."""
    if not found.due:
        return ""
    parts = {"due": Verbatim(_least(found)), "table": Verbatim(found.sources[0].name)}
    return text_of(template("realtime/next_due", **parts))


def watched(job: PlannedJob, found: Dependence) -> Watched:
    """What a consumer needs to know of the job."""
    slot = Slot(slot_of(job), tuple((source.schema, source.table) for source in found.sources))
    return Watched(call=job.call, slot=slot, next_due=next_due(found))


def _events(found: Dependence) -> tuple[str, ...]:
    return ("INSERT", "UPDATE", "DELETE", "TRUNCATE") if found.kind == "refresh" else ("INSERT", "UPDATE")


def _least(found: Dependence) -> str:
    """The time from which some rows make the job worth running, as an aggregate over them; NULL where none does."""
    if not found.due:
        clock = "pg_catalog.clock_timestamp()"
        return f"CASE WHEN pg_catalog.bool_or({found.condition}) THEN {clock} END" if found.condition else clock
    only = f" FILTER (WHERE {found.condition})" if found.condition else ""
    return f"pg_catalog.min({found.due}){only}"


def _triggers(job: PlannedJob, found: Dependence, source: Source) -> list[sql.Composed]:
    out = []
    name = slug(job)
    for event in _events(found):
        part, referencing = _EVENTS[event]
        function = _function(name, source, part)
        columns = ", ".join(f"r.{quote_ident(c)}" for c in source.columns) or "r"
        common: dict[str, sql.Composable] = {"function": function, "job": Text(name), "due": Verbatim(_least(found))}
        if event == "TRUNCATE":
            del common["due"]
            out.append(template("realtime/mark_truncated", **common))
        elif event == "UPDATE":
            out.append(template("realtime/mark_updated", columns=Verbatim(columns), **common))
        else:
            out.append(template("realtime/mark_inserted", rows=Verbatim("changed_rows"), **common))
        out.append(
            template(
                "realtime/trigger",
                trigger=Verbatim(_trigger(name, part)),
                event=Verbatim(event),
                table=Verbatim(source.name),
                referencing=Verbatim(referencing),
                function=function,
            )
        )
    return out


def _runner(job: PlannedJob, found: Dependence) -> sql.Composed:
    parts: dict[str, sql.Composable] = {
        "procedure": Name(SCHEMA, f"{slug(job)}_run"),
        "job": Text(slug(job)),
        "call": Verbatim(job.call.rstrip().removesuffix(";")),
    }
    if not found.due:
        return template("realtime/run_marked", **parts)
    return template("realtime/run_due", due=Verbatim(_least(found)), table=Verbatim(found.sources[0].name), **parts)


def _function(name: str, source: Source, part: str) -> Name:
    return Name(SCHEMA, _short(f"{name}_{source.schema}_{source.table}_{part}"))


def _trigger(name: str, part: str) -> str:
    return quote_ident(_short(f"zz_cronlift_{name}_{part}"))


def _short(text: str) -> str:
    if len(text.encode()) <= MAX_NAME_BYTES:
        return text
    return (
        f"{text.encode()[: MAX_NAME_BYTES - 9].decode(errors='ignore')}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )


def _split(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]
