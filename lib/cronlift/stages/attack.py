"""The order of attack: which jobs to move first, by what can move, what could go wrong, and how often it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cronlift.errors import UsageError
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.schedule.dialects import Fields, find
from cronlift.schedule.timeline import Side, count
from cronlift.schedule.zones import UTC_CLOCK

_YEARS = (2025, 2028)  # a whole leap cycle
_DAYS = 1461
_RISKS = ("low", "medium", "high")
_REBUILDS = ("REFRESH MATERIALIZED VIEW", "ANALYZE", "VACUUM", "REINDEX", "CREATE INDEX", "SELECT")


@dataclass(frozen=True, slots=True)
class Target:
    """A job in the order of attack: ``runs`` a day on average; ``risk`` is what a mistake in it would cost."""

    job: ClassifiedJob
    way: Literal["automatic", "needs a look", "stays"]
    risk: str
    runs: float


def order_of_attack(found: Classification) -> list[Target]:
    """Every scheduled job, those to move first on top: automatic before needing a look before staying, then by risk,
    then those that run most often."""
    ways = ("automatic", "needs a look", "stays")
    targets = [Target(j, _way(j), _risk(j), _runs(j)) for j in found.jobs if j.kind == "cron"]
    return sorted(targets, key=lambda t: (ways.index(t.way), _RISKS.index(t.risk), -t.runs, t.job.id))


def _way(job: ClassifiedJob) -> Literal["automatic", "needs a look", "stays"]:
    if job.verdict == "pure_sql":
        return "automatic"
    return "needs a look" if job.verdict in ("split", "needs_review", "no_effect") else "stays"


def _risk(job: ClassifiedJob) -> str:
    """High: rows go without a condition, or the structure changes. Low: only what can be computed again is written."""
    risk = "low"
    for step in job.steps:
        text = step.sql.upper()
        if step.command in ("TRUNCATE", "DROP", "ALTER TABLE", "ALTER") or (
            step.command in ("DELETE", "UPDATE") and " WHERE " not in f" {' '.join(text.split())} "
        ):
            return "high"
        if step.writes and (step.command not in _REBUILDS or step.functions):
            risk = "medium"
    return risk


def _runs(job: ClassifiedJob) -> float:
    """How often the job runs in a day, on average over four years; 0 where its schedule is none of a calendar."""
    try:
        parsed = find(job.source).parse(job.schedule or "")
    except UsageError:
        return 0.0
    return count(Side(parsed.firing_set(), UTC_CLOCK), *_YEARS) / _DAYS if isinstance(parsed, Fields) else 0.0
