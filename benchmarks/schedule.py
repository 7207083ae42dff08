"""How fast schedules are converted and proved: ``python benchmarks/schedule.py``.

Prints one JSON object: seconds for 1,000 conversions with proof, milliseconds for one zone-aware comparison of ten
years (cold: with reading the zones; warm: without) and, where croniter is installed, how often faster that is than
croniter stepping the same schedule through the same ten years.
"""

# ruff: noqa: E402 - the checkout's own modules come after its paths

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

sys.path[:0] = [str(Path(__file__).parents[1] / "lib"), str(Path(__file__).parents[1] / "tests" / "schedule")]

from oban_expressions import random_oban

from cronlift.schedule import convert, zones
from cronlift.schedule.dialects import Fields, find
from cronlift.schedule.timeline import Side, compare

YEARS = (2025, 2034)
DENSE = "*/5 * * * *"


def conversions(number: int, timezone: str) -> float:
    """Seconds for so many conversions of random Oban expressions."""
    chance = random.Random(20261123)  # noqa: S311 - repeatable, not secret
    expressions = [random_oban(chance) for _ in range(number)]
    start = perf_counter()
    for expression in expressions:
        convert(expression, timezone=timezone)
    return perf_counter() - start


def comparison(expression: str, app: str, cron: str) -> float:
    """Milliseconds to compare one text in two zones over ten years."""
    start = perf_counter()
    fields = find("oban").parse(expression)
    assert isinstance(fields, Fields)
    sides = [Side(fields.firing_set(), zones.clock(zone, YEARS[1])) for zone in (app, cron)]
    compare(sides[0], sides[1], *YEARS)
    return (perf_counter() - start) * 1000


def croniter_steps(expression: str) -> float | None:
    """Milliseconds croniter needs to step through the ten years; None where it is not installed."""
    try:
        from croniter import croniter  # type: ignore[import-untyped]
    except ImportError:
        return None
    start, end = perf_counter(), datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)
    steps = croniter(expression, datetime(YEARS[0], 1, 1, tzinfo=UTC))
    while steps.get_next(datetime) < end:
        pass
    return (perf_counter() - start) * 1000


def main() -> None:
    """Measure and print."""
    cold = {text: comparison(text, "America/New_York", "Europe/Berlin") for text in (DENSE,)}
    warm = min(comparison(DENSE, "America/New_York", "Europe/Berlin") for _ in range(5))
    every_minute = min(comparison("* * * * *", "America/New_York", "Europe/Berlin") for _ in range(5))
    steps = croniter_steps(DENSE)
    result = {
        "seconds_for_1000_conversions": round(conversions(1000, "Etc/UTC"), 3),
        "seconds_for_1000_conversions_in_new_york": round(conversions(1000, "America/New_York"), 3),
        "ms_for_ten_years_cold": round(cold[DENSE], 2),
        "ms_for_ten_years_warm": round(warm, 2),
        "ms_for_ten_years_every_minute_warm": round(every_minute, 2),
        "croniter_ms": None if steps is None else round(steps, 1),
        "times_faster_than_croniter": None if steps is None else round(steps / cold[DENSE]),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
