"""What a notebook shows of times before and after."""

from __future__ import annotations

from collections.abc import Sequence

from cronlift.comparison import plot
from cronlift.comparison.before_after import Compared
from cronlift.comparison.history import Measured
from cronlift.comparison.spread import figure, spread
from cronlift.drawing import svg
from cronlift.notebook.display import Block, Cell, Code, Noted, Part, Picture, Say, Table

SAID = (
    "The same statements take the same time whoever sends them. What a move takes away is the idle load of the "
    "application's scheduler and the dependency on the application; what makes a job faster is fewer statements."
)


def before_after(jobs: Sequence[Compared]) -> Block:
    """Job by job: median and middle half on both sides, what the proof's sides took, and what that says."""
    rows: list[Sequence[Cell]] = [
        (Code(job.cron_name), _side(job.before), _side(job.after), _proof(job), job.verdict) for job in jobs
    ]
    columns = ("cron entry", "before, ms", "after, ms", "in the proof, ms", "after against before")
    parts: list[Part] = [Say(SAID), Table(columns, rows)]
    if any(job.before.values or job.after.values for job in jobs):
        text = "\n".join(f"{job.cron_name}: {_words(job.before)} before, {_words(job.after)} after" for job in jobs)
        parts.append(Picture("Times of single runs", svg(plot.times(jobs), "before and after"), text))
    return Block(tuple(parts))


def _side(measured: Measured) -> Noted:
    found = spread(measured.values)
    if found is None:
        return Noted("no runs", measured.source)
    doubt = f"; in doubt: {measured.doubt}" if measured.doubt else ""
    return Noted(str(found), f"{found.n} runs, 95 % within {figure(found.p95)}; {measured.source}{doubt}")


def _proof(job: Compared) -> Noted:
    sides = {side: spread(values) for side, values in job.proof.items()}
    text = ", ".join(f"{side} {figure(found.median)}" for side, found in sides.items() if found)
    return Noted(text, "the statements alone, once or twice each, on the proof's data" if text else "")


def _words(measured: Measured) -> str:
    found = spread(measured.values)
    return "no runs" if found is None else f"{found} ms"
