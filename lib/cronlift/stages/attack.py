"""The order of attack: which jobs to move first, by what can move, what could go wrong, and how often it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cronlift.errors import UsageError
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.schedule.dialects import Fields, find
from cronlift.schedule.timeline import Side, count
from cronlift.schedule.zones import UTC_CLOCK

Way = Literal["automatic", "needs a look", "stays"]
_YEARS = (2025, 2028)  # a whole leap cycle
_DAYS = 1461
WAYS: tuple[Way, ...] = ("automatic", "needs a look", "stays")
_RISKS = ("low", "medium", "high")
_REBUILDS = ("REFRESH MATERIALIZED VIEW", "ANALYZE", "VACUUM", "REINDEX", "CREATE INDEX", "SELECT")


@dataclass(frozen=True, slots=True)
class Target:
    """A job in the order of attack: ``runs`` a day on average; ``risk`` is what a mistake in it would cost."""

    job: ClassifiedJob
    way: Way
    risk: str
    runs: float


def order_of_attack(found: Classification) -> list[Target]:
    """Every scheduled job, those to move first on top: automatic before needing a look before staying, then by risk,
    then those that run most often."""
    targets = [Target(j, _way(j), _risk(j), _runs(j)) for j in found.jobs if j.kind == "cron"]
    return sorted(targets, key=lambda t: (WAYS.index(t.way), _RISKS.index(t.risk), -t.runs, t.job.id))


def minutes_saved(
    targets: Sequence[Target], minutes: Mapping[str, tuple[float, float]]
) -> dict[Way, tuple[int, float | None]]:
    """For each way how many jobs go it, and the minutes saved on them; None where nobody said what one takes.

    ``minutes``: what one job of a way takes a person by hand, and with cronlift. They are the reader's own: no figure
    of anybody else's says what a job takes in that team.
    """
    found: dict[Way, tuple[int, float | None]] = {}
    for way in WAYS:
        count_ = sum(target.way == way for target in targets)
        by_hand, with_us = minutes.get(way, (0, 0))
        found[way] = (count_, count_ * (by_hand - with_us) if by_hand or with_us else None)
    return found


def _way(job: ClassifiedJob) -> Way:
    if job.verdict == "pure_sql":
        return "needs a look" if job.questions and not job.approved else "automatic"
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
