"""What the append-only log says of a stretch of time: which ticks nobody ran, and which were run more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronlift.postgres.server import Connection

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Run:
    """One row of the log."""

    job: str
    side: str
    tick: datetime


@dataclass(frozen=True)
class Accounts:
    """``ticks`` were due, ``by`` side so many of them were run; lost and double are named (job, tick)."""

    ticks: int
    lost: tuple[tuple[str, datetime], ...]
    double: tuple[tuple[str, datetime], ...]
    stray: tuple[tuple[str, datetime], ...]
    by: dict[str, int]

    @property
    def exact(self) -> bool:
        """Every tick once, and nothing else."""
        return not (self.lost or self.double or self.stray)

    def __str__(self) -> str:
        shares = ", ".join(f"{side} {number}" for side, number in sorted(self.by.items()))
        return f"{self.ticks} ticks ({shares}): {len(self.lost)} lost, {len(self.double)} double"


def minutes(first: datetime, last: datetime) -> list[datetime]:
    """The whole minutes from ``first`` to ``last``, both included."""
    start = first.astimezone(UTC).replace(second=0, microsecond=0)
    start += MINUTE if start < first else timedelta(0)
    return [start + n * MINUTE for n in range(max(0, (last - start) // MINUTE + 1))]


def settle(runs: Iterable[Run], jobs: Sequence[str], ticks: Sequence[datetime]) -> Accounts:
    """Hold the runs of the stretch against ``ticks`` of each job. Runs of ticks outside of the stretch do not count;
    one inside of it that is no tick is stray, and other jobs are not looked at."""
    due = {(job, tick) for job in jobs for tick in ticks}
    inside = [r for r in runs if r.job in jobs and ticks[0] <= r.tick <= ticks[-1]]
    count = Counter((r.job, r.tick) for r in inside)
    return Accounts(
        ticks=len(due),
        lost=tuple(sorted(due - count.keys())),
        double=tuple(sorted(key for key, number in count.items() if number > 1)),
        stray=tuple(sorted(count.keys() - due)),
        by=dict(Counter(r.side for r in inside)),
    )


def runs(connection: Connection) -> list[Run]:
    """The log, as far as it is committed."""
    rows = connection.execute("SELECT job, side, tick FROM ledger ORDER BY id").fetchall()
    connection.rollback()
    return [Run(job, side, tick.astimezone(UTC)) for job, side, tick in rows]


def handed_over(runs: Sequence[Run], job: str) -> list[tuple[str, datetime, datetime]]:
    """The stretches in which one side ran the job, with their first and last ticks."""
    stretches: list[tuple[str, datetime, datetime]] = []
    for run in sorted((r for r in runs if r.job == job), key=lambda r: r.tick):
        if stretches and stretches[-1][0] == run.side:
            stretches[-1] = (run.side, stretches[-1][1], run.tick)
        else:
            stretches.append((run.side, run.tick, run.tick))
    return stretches
