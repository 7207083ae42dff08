"""What notebook 06 shows: how the entries are doing, what is wrong, and three plots."""

from __future__ import annotations

from collections.abc import Sequence

from cronlift.model.monitoring import Monitoring, Watched
from cronlift.monitor import plots, report
from cronlift.monitor.words import size
from cronlift.notebook.display import Badge, Block, Cell, Code, Fold, Noted, Part, Picture, Say, Table, Tone, block
from cronlift.record import outcome

_TONES: dict[str, Tone] = {"green": "green", "attention": "attention", "red": "red", "plain": "plain"}


def monitoring(document: Monitoring) -> Block:
    """The sentence, what is wrong with what to do about it, then every entry."""
    result = outcome.of(document)
    parts: list[Part] = [Say(result.sentence, result.colour)]
    wrong: list[Sequence[Cell]] = [
        (name, Badge(signal.code, "red" if signal.severity == "red" else "attention"), Noted(signal.text, signal.do))
        for name, signals in document.by_name()
        for signal in signals
    ]
    if wrong:
        parts.append(Table(("entry", "", "what, and what to do"), wrong))
    rows = [_row(job) for job in document.jobs]
    parts.append(Table(tuple(name.lower() for name in report.COLUMNS), rows, empty="no entries"))
    if document.notes:
        notes = Table(("note",), [(note,) for note in document.notes])
        parts.append(Fold("What could not be seen", notes, open=True))
    return Block(tuple(parts))


def records(document: Monitoring) -> Block:
    """The tables that grow with every run."""
    tables = [
        (one.table, one.database, f"{one.rows:,}", size(one.bytes), one.oldest or "", "yes" if one.pruned else "no")
        for one in document.history
    ]
    heads = ("table", "database", "rows", "size", "since", "an entry deletes from it")
    return block(Fold("Records of runs", Table(heads, tables), open=True))


def pictures(document: Monitoring) -> Block:
    """Runs over time, failures by day and hour, durations."""
    if not any(job.slots for job in document.jobs):
        return block(Say("There is nothing to draw: no run is on record for the time looked at"))
    words = plots.words(document)
    drawn = [
        ("Runs over time (UTC)", plots.runs(document), words),
        ("Failed runs by day and time of day (UTC)", plots.failures(document), words),
    ]
    times = [f"{j.name}: {report.duration(j, j.p50_ms)}, {report.duration(j, j.p95_ms)}" for j in _timed(document)]
    if times:
        title = "How long runs take: the median, and up to the 95th percentile"
        drawn.append((title, plots.durations(document), "; ".join(times)))
    return Block(tuple(Picture(title, plots.svg(figure, title), text) for title, figure, text in drawn))


def _timed(document: Monitoring) -> list[Watched]:
    return [job for job in document.jobs if job.p50_ms is not None]


def _row(job: Watched) -> tuple[Cell, ...]:
    name, state, *rest = report.cells(job)
    return (Noted(name, job.schedule), Badge(state, _TONES[job.colour]), *(Code(text) for text in rest))
