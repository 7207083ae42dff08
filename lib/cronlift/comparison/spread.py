"""Median and spread of measured times: what a comparison is made of."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from cronlift.model.document import Record


class Spread(Record):
    """What some values are like: how many, the median, the quartiles, the 95th percentile, the least and the most.

    The quartiles are those of ``percentile_cont`` (PostgreSQL's manual, "Ordered-Set Aggregate Functions"): linear
    between the two values next to them.
    """

    n: int
    median: float
    p25: float
    p75: float
    p95: float
    least: float
    most: float

    def __str__(self) -> str:
        """``4.5 (4.1–5.2)``: the median and, in brackets, the middle half of the values."""
        return f"{figure(self.median)} ({figure(self.p25)}–{figure(self.p75)})"


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of the values, in their own unit; None where there are none."""
    found = sorted(values)
    if not found:
        return None
    return Spread(
        n=len(found),
        median=statistics.median(found),
        p25=_percentile(found, 0.25),
        p75=_percentile(found, 0.75),
        p95=_percentile(found, 0.95),
        least=found[0],
        most=found[-1],
    )


def figure(value: float) -> str:
    """A number with as many digits as it deserves: two to three."""
    if value != 0 and abs(value) < 0.095:
        return f"{value:.2f}"
    return f"{value:.1f}" if abs(value) < 20 else f"{value:,.0f}"


def _percentile(ordered: list[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
