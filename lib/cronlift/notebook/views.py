"""What each stage shows: a sentence, a table, then the details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cronlift.doctor import report
from cronlift.drawing import svg
from cronlift.installation import preflight
from cronlift.model.diagnosis import Diagnosis
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory, Job
from cronlift.model.plan import Plan, PlannedJob
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.model.verification import Proof, Status, Verification
from cronlift.notebook import pairs
from cronlift.notebook.display import (
    Badge,
    Block,
    Cell,
    Code,
    Fold,
    Listing,
    Noted,
    Part,
    Picture,
    Say,
    Table,
    Tone,
    block,
)
from cronlift.record import outcome
from cronlift.record.tally import Row, Tally
from cronlift.schedule.calendar import year_plot
from cronlift.stages import attack

VERDICTS: dict[str, tuple[str, Tone]] = {
    "pure_sql": ("pure SQL", "green"),
    "split": ("split", "attention"),
    "app_logic": ("app logic", "plain"),
    "needs_review": ("needs review", "attention"),
    "no_effect": ("no effect", "attention"),
    "startup": ("start-up", "plain"),
    "": ("", "plain"),
}
STATUSES: dict[Status, Tone] = {
    "passed": "green",
    "warning": "attention",
    "pending": "pending",
    "not_checked": "attention",
    "not_installed": "plain",
    "failed": "red",
}
_WAYS: dict[attack.Way, Tone] = {"automatic": "green", "needs a look": "attention", "stays": "plain"}
_STATES: dict[str, Tone] = {
    "created": "green",
    "present": "green",
    "removed": "green",
    "planned": "plain",
    "absent": "plain",
}


def inventory(document: Inventory) -> Block:
    """Every entry as found, then what could not be resolved."""
    rows: list[Sequence[Cell]] = [
        (short(job.worker), Code(job.schedule or "at boot"), *_options(job), _at(job)) for job in document.jobs
    ]
    parts: list[Part] = [
        _say(document),
        Table(("job", "schedule", "time zone", "queue", "args", "configured in"), rows),
    ]
    if document.not_analysed:
        lost = [(f"{n.file}:{n.line}", n.why) for n in document.not_analysed]
        parts.append(Fold("Not analysed: look at these yourself", Table(("where", "why"), lost), open=True))
    watched = [job for job in document.jobs if job.observed]
    if watched:
        parts.append(Fold("Observed in the database", _observed(watched), open=True))
    others = [(short(job.worker), ", ".join(map(str, job.enqueued_by))) for job in document.jobs if job.enqueued_by]
    if others:
        parts.append(Fold("Also enqueued by application code", Table(("job", "where"), others)))
    return Block(tuple(parts))


def classification(document: Classification, app: Path) -> Block:
    """The verdicts with their first reason, then each job's SQL beside the application's source (below ``app``)."""
    order = list(VERDICTS)
    jobs = sorted(document.jobs, key=lambda job: order.index(job.verdict))
    rows: list[Sequence[Cell]] = [
        (short(j.worker), Code(j.schedule or "at boot"), _verdict(j.verdict), _reason(j)) for j in jobs
    ]
    parts: list[Part] = [_say(document), Table(("job", "schedule", "verdict", "why"), rows)]
    for job in jobs:
        if job.steps:
            parts.append(pairs.side_by_side(app, f"{short(job.worker)}: its source and its SQL", job.steps))
        if job.losses:
            lost = [(loss.code, loss.text, f"{loss.file}:{loss.line}") for loss in job.losses]
            title = f"{short(job.worker)}: what pg_cron will not do"
            parts.append(Fold(title, Table(("loss", "what", "where"), lost)))
    noticed = [(short(j.worker), r.text, f"{r.file}:{r.line}") for j in jobs for r in j.remarks]
    if noticed:
        parts.append(Fold("Noticed, and no reason for a verdict", Table(("job", "what", "where"), noticed), open=True))
    return Block(tuple(parts))


def order(document: Classification, minutes: Mapping[str, tuple[float, float]]) -> Block:
    """The jobs in the order to move them, and what that saves by the reader's own ``minutes`` for one job: by hand,
    and with cronlift."""
    targets = attack.order_of_attack(document)
    rows: list[Sequence[Cell]] = [
        (Badge(t.way, _WAYS[t.way]), t.risk, f"{t.runs:.3g}", short(t.job.worker), _verdict(t.job.verdict))
        for t in targets
    ]
    counted = attack.minutes_saved(targets, minutes)
    known = [saved for _, saved in counted.values() if saved is not None]
    said = ", ".join(f"{number} {way}" for way, (number, _) in counted.items())
    total = (
        f"; {sum(known):g} minutes saved by your figures"
        if known
        else "; fill in your own minutes to see what it saves"
    )
    sums = [
        (way, str(number), *map(_figure, minutes.get(way, (0, 0))), "" if saved is None else f"{saved:g}")
        for way, (number, saved) in counted.items()
    ]
    return block(
        Say(f"{said}{total}"),
        Table(("what now", "risk", "runs a day", "job", "verdict"), rows),
        Table(("what now", "jobs", "minutes for one, by hand", "with cronlift", "minutes saved"), sums),
    )


def _figure(minutes: float) -> str:
    return f"{minutes:g}" if minutes else "yours"


def diagnosis(document: Diagnosis) -> Block:
    """The findings by entry with their fixes, then what was allowed, what is advised and what could not be seen."""
    tones: dict[str, Tone] = {"error": "red", "warning": "attention"}
    rows: list[Sequence[Cell]] = [
        (report.name(f), Badge(f.severity, tones[f.severity]), Code(f.check), f.message) for f in document.findings
    ]
    parts: list[Part] = [_say(document), Table(("entry", "", "check", "what happens"), rows)]
    parts += [
        Listing(f"{headline}: to paste", "\n\n".join(f.fix for f in found))
        for headline, found in report.grouped(document)
    ]
    if document.suppressed:
        allowed = [(report.name(f), f.check, f.reason) for f in document.suppressed]
        parts.append(Fold("Allowed", Table(("entry", "check", "reason"), allowed), open=True))
    if document.advice:
        advised = [(report.name(a), a.check, Noted(a.message, a.fix)) for a in document.advice]
        parts.append(Fold("Advice", Table(("entry", "check", "what"), advised)))
    if document.notes:
        parts.append(Fold("What could not be seen", Table(("note",), [(n,) for n in document.notes])))
    return Block(tuple(parts))


def plan(document: Plan) -> Block:
    """What will be installed, where, under which name; then the SQL, the way back and the patch."""
    target = document.target
    rows: list[Sequence[Cell]] = [
        (short(j.worker), Code(j.cron_name), Code(j.schedule.pg_cron or ""), Code(j.command), j.job_role)
        for j in document.jobs
    ]
    parts: list[Part] = [_say(document), Table(("job", "cron entry", "schedule", "command", "runs as"), rows)]
    parts.append(Fold("What the schedules mean", _schedules(document)))
    parts += [_calendar(j) for j in document.jobs if j.schedule.copied_first_difference]
    plain = [(job.id, job.plain_because) for job in document.jobs if job.plain_because]
    if plain:
        parts.append(Fold("Plain, not managed: a deploy is their switch", Table(("job", "why"), plain), open=True))
    if document.refused:
        parts.append(Fold("Refused", Table(("job", "why"), [(r.id, r.why) for r in document.refused]), open=True))
    said = [*document.warnings, *(f"{short(j.worker)}: {w}" for j in document.jobs for w in j.warnings)]
    if said:
        parts.append(Fold("Read before you install", Table(("warning",), [(w,) for w in said]), open=True))
    where = (
        f"PostgreSQL {target.server_version}, database {target.database}, pg_cron {target.pg_cron_version} in "
        f"{target.cron_database}, schedules in {target.cron_timezone}"
    )
    parts += [
        Say(f"Target: {where}"),
        Say(f"Plan hash, to name when you install: {document.hash}"),
    ]
    listings = (
        ("up.sql: what install will run", document.up_sql),
        ("down.sql: the way back", document.down_sql),
        (f"The framework's migration: {document.migration.file}", document.migration.text),
        ("config.patch: takes the entries out of the application", document.patch),
    )
    return Block((*parts, *(Listing(title, text) for title, text in listings if text)))


def _schedules(document: Plan) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            short(j.worker),
            Noted(j.schedule.source, j.schedule.timezone),
            Noted(j.schedule.pg_cron or "", "with a guard on the tick" if j.schedule.guard else ""),
            Noted(j.schedule.explanation, f"proved for {j.schedule.horizon}"),
        )
        for j in document.jobs
    ]
    return Table(("job", "in the application", "in pg_cron", "what it means"), rows)


def _calendar(job: PlannedJob) -> Picture:
    """A year in which the application's text, copied as it is, would have fired otherwise."""
    schedule = job.schedule
    number = int((schedule.copied_first_difference or "2025")[:4])
    figure = year_plot(schedule.source, number, schedule.dialect, schedule.timezone)
    title = f"{short(job.worker)}: what copying {schedule.source!r} would have done in {number}"
    return Picture(title, svg(figure, job.id), schedule.explanation)


def year(job: PlannedJob, number: int) -> str:
    """A year of a planned job as SVG: when it fires in the application, and when in pg_cron."""
    schedule = job.schedule
    figure = year_plot(
        schedule.source, number, schedule.dialect, schedule.timezone, text=schedule.pg_cron or "",
    )  # fmt: skip
    return svg(figure, f"{job.id} year")


def installation(document: Installation) -> Block:
    """Object by object, what was done (or would be)."""
    rows: list[Sequence[Cell]] = [
        (a.object.replace("_", " "), Code(a.name), a.database, Badge(a.state, _STATES.get(a.state, "plain")))
        for a in document.actions
    ]
    parts: list[Part] = []
    if document.rights:
        missing = preflight.to_paste(document.rights)
        held: list[Sequence[Cell]] = [
            (
                Badge("held", "green") if right.held else Badge("missing", "red"),
                right.database,
                right.name,
                right.source,
            )
            for right in document.rights
        ]
        parts.append(
            Fold("What the connected role must be able to do", Table(("", "database", "right", "who demands it"), held))
        )
        if missing:
            parts.append(
                Listing("Missing: paste into psql as a superuser, or let a DBA run up.sql", "\n".join(missing))
            )
    if document.notes:
        parts.append(Fold("Notes", Table(("note",), [(n,) for n in document.notes]), open=True))
    return block(_say(document), Table(("object", "name", "database", "state"), rows), *parts)


def verification(document: Verification) -> Block:
    """Check by check; the evidence lines below."""
    rows: list[Sequence[Cell]] = [
        (Code(job.cron_name), check.name.replace("_", " "), status(check.status), check.text)
        for job in document.jobs
        for check in job.checks
    ]
    parts: list[Part] = [_say(document), Table(("cron entry", "check", "result", "what was seen"), rows)]
    for job in document.jobs:
        for check in job.checks:
            if check.proof is not None:
                parts += proof(job.cron_name, check.proof)
        lines = [f"{check.name}: {line}" for check in job.checks for line in check.evidence]
        if lines:
            parts.append(Listing(f"{job.cron_name}: evidence", "\n".join(lines)))
    if document.notes:
        parts.append(Fold("Notes", Table(("note",), [(n,) for n in document.notes]), open=True))
    return Block(tuple(parts))


def proof(name: str, found: Proof) -> list[Part]:
    """What an effect proof rests on, in words that ask for no SQL: what both did to the same data, where rows were put
    to decide, what was not proved."""
    parts: list[Part] = []
    if found.touched:
        rows: list[Sequence[Cell]] = [
            (
                Noted(t.relation, t.kind),
                t.app,
                t.job,
                Badge("the same" if t.same else "differs", "green" if t.same else "red"),
                f"not compared: {', '.join(t.left_out)}" if t.left_out else "",
            )
            for t in found.touched
        ]
        others = f"{found.untouched} other tables were left alone by both"
        table = Table(("table", "the application", "the procedure", "result", ""), rows)
        parts.append(Fold(f"{name}: what both did to the same data ({others})", table, open=True))
    if found.planted:
        planted = [(p.relation, Code(p.comparison), "; ".join(p.stands)) for p in found.planted]
        table = Table(("table", "where this decides", "rows were put at"), planted)
        parts.append(Fold(f"{name}: rows put where the decision falls", table))
    if found.sent:
        parts.append(Listing(f"{name}: what the application's own worker sent", ";\n".join(found.sent)))
    if found.open:
        table = Table(("what, and why",), [(text,) for text in found.open])
        parts.append(Fold(f"{name}: not proved", table))
    return parts


def headline(sql: str) -> str:
    """What a shipped query is for: its comment on top, without the full stop."""
    first = sql.lstrip().splitlines()[0]
    return first.removeprefix("--").strip().rstrip(".") if first.startswith("--") else "Query"


def query(title: str, sql: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Block:
    """A query the reader can run himself, and what it returned just now."""
    cells = [["" if value is None else str(value) for value in row] for row in rows]
    return block(Say(title), Listing("The query", sql), Table(tuple(columns), cells, empty="no rows"))


def tally(record: Tally) -> Block:
    """The table of all jobs and where each ends, with counts that add up."""
    rows: list[Sequence[Cell]] = [tally_row(row, classified=record.classified) for row in record.rows]
    return block(Say(record.equation), Table(("job", "schedule", "verdict", "ends", "state", "as / because"), rows))


def tally_row(row: Row, *, classified: bool) -> tuple[Cell, ...]:
    """One job in that table."""
    return (
        row.name,
        Code(row.schedule),
        _verdict(row.verdict),
        place(row.place) if classified else "",
        Badge(row.state, state(row.state)),
        Code(row.cron_name) if row.cron_name else Noted(row.why, row.evidence),
    )


def short(module: str) -> str:
    """A module's last name: ``MyApp.Cache.Cleanup`` → ``Cleanup``; whole names are in the record."""
    return module.rsplit(".", 1)[-1]


def place(name: str) -> Badge:
    """Where a job ends, as a badge."""
    tones: Mapping[str, Tone] = {"moved": "green", "split": "attention", "review": "attention"}
    return Badge(name, tones.get(name, "red" if name == "not analysed" else "plain"))


def state(words: str) -> Tone:
    """The tone of a moved job's state."""
    if words.startswith("verified"):
        return "green"
    return {"failed": "red", "pending": "pending", "prepared": "pending", "not checked": "attention"}.get(
        words, "plain"
    )  # type: ignore[return-value]


def status(name: Status) -> Badge:
    """A check's result as a badge."""
    return Badge(name.replace("_", " "), STATUSES[name])


def _say(document: Any) -> Say:
    result = outcome.of(document)
    return Say(result.sentence, result.colour)


def _verdict(name: str) -> Badge:
    return Badge(*VERDICTS[name])


def _options(job: Job) -> tuple[str, str, str]:
    args = ", ".join(f"{k}: {v}" for k, v in job.options.args.items())
    return (job.timezone if job.kind == "cron" else "", job.options.queue or "", args)


def _at(job: Job) -> str:
    condition = f" (if {job.config.condition})" if job.config.condition else ""
    return f"{job.config.file}:{job.config.line}{condition}"


def _reason(job: ClassifiedJob) -> Noted:
    if not job.reasons:
        return Noted("", "")
    first = job.reasons[0]
    return Noted(first.text, f"{first.file}:{first.line}")


def _observed(jobs: Sequence[Job]) -> Table:
    rows = []
    for job in jobs:
        seen = job.observed
        assert seen is not None
        p50, p95 = (f"{ms:.1f}" if ms is not None else "" for ms in (seen.p50_ms, seen.p95_ms))
        rows.append((short(job.worker), str(seen.runs), str(seen.failures), p50, p95, seen.last_run or ""))
    return Table(("job", "runs", "failures", "p50 ms", "p95 ms", "last run"), rows)
