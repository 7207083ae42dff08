"""What the account of a hand-made move claimed, claim by claim, and what was measured of it.

The account (a team's own, of moving the same three cache jobs to pg_cron) was written without a measurement. Only its
numbers are here; the verdicts come from the measured values by the rules below, not from anybody's expectation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from before_after.pair import JOBS
from before_after.results import Results
from cronlift.comparison.spread import figure, spread

Range = tuple[float, float]

# Claimed milliseconds for one run: before (through Oban) and after (through pg_cron).
BEFORE: dict[str, Range] = {"cleanup": (50, 50), "refresh": (100, 200), "prewarm": (150, 300)}
AFTER: dict[str, Range] = {"cleanup": (5, 10), "refresh": (50, 100), "prewarm": (50, 150)}
TOTAL_BEFORE, TOTAL_AFTER = (300.0, 550.0), (105.0, 260.0)
FASTER = (50.0, 75.0)
NOISE = 0.15
"""Two medians of one run that differ by less than this share are called the same."""


@dataclass(frozen=True)
class Judged:
    """A claim, what was measured, and the verdict."""

    claim: str
    measured: str
    verdict: str


def judge(results: Results) -> list[Judged]:
    """Every claim of the account, in its order."""

    def single(job: str, side: str) -> Callable[[str, str], Range]:
        def times(pair: str, size: str) -> Range:
            found = results.run(pair, size, job, side)
            return found.least, found.median

        return times

    def together(side: str) -> Callable[[str, str], Range]:
        def times(pair: str, size: str) -> Range:
            found = [results.run(pair, size, job, side) for job in JOBS]
            return sum(f.least for f in found), sum(f.median for f in found)

        return times

    out = []
    for job in JOBS:
        out.append(_time(f"{job}, before: {_range(BEFORE[job])} ms", BEFORE[job], results, single(job, "oban")))
        out.append(_time(f"{job}, after: {_range(AFTER[job])} ms", AFTER[job], results, single(job, "pg_cron")))
    once = "cleanup, after (in another place): ~1 ms"
    out.append(_time(once, (0, 1.5), results, single("cleanup", "pg_cron")))
    for word, side, claimed in (("before", "oban", TOTAL_BEFORE), ("after", "pg_cron", TOTAL_AFTER)):
        out.append(_time(f"all three together, {word}: {_range(claimed)} ms", claimed, results, together(side)))
    return [*out, _faster(results), *_costs(results), *_contention(results), *_arithmetic()]


def change(results: Results, pair: str, size: str, job: str) -> float:
    """Run time through pg_cron as a multiple of run time through Oban (medians)."""
    return results.run(pair, size, job, "pg_cron").median / results.run(pair, size, job, "oban").median


def _time(claim: str, claimed: Range, results: Results, times: Callable[[str, str], Range]) -> Judged:
    """``times`` gives the least and the median of a pair's runs at a size: what the job takes on a quiet machine and on
    this one. A claim is seen where it overlaps with what lies between them."""
    parts, seen, sizes = [], [], list(dict.fromkeys(size for _, size in results.measured()))
    low, high = float("inf"), 0.0
    for size in sizes:
        found = [times(pair, of) for pair, of in results.measured() if of == size]
        parts.append(f"{size} rows: {_range(_ends(m for _, m in found))} ms (least {figure(min(found)[0])})")
        seen.append(
            any(least <= claimed[1] * (1 + NOISE) and most >= claimed[0] * (1 - NOISE) for least, most in found)
        )
        low, high = min(low, *(least for least, _ in found)), max(high, *(most for _, most in found))
    if all(seen):
        verdict = "plausible"
    elif any(seen):
        verdict = f"seen at {' and '.join(s for s, ok in zip(sizes, seen, strict=True) if ok)} rows only"
    elif high < claimed[0]:
        verdict = f"not seen: at most {figure(high)} ms"
    elif low > claimed[1]:
        verdict = f"not seen: at least {figure(low)} ms"
    else:
        verdict = "not seen at either size"
    return Judged(claim, "; ".join(parts), verdict)


def _faster(results: Results) -> Judged:
    changes = {(pair, size, job): change(results, pair, size, job) for pair, size in results.measured() for job in JOBS}
    least, most = min(changes.values()), max(changes.values())
    fast = [key for key, value in changes.items() if value <= 1 - FASTER[0] / 100]
    slower = sum(value > 1 + NOISE for value in changes.values())
    same = sum(1 - NOISE <= value <= 1 + NOISE for value in changes.values())
    measured = (
        f"pg_cron takes {least:.2f} to {most:.2f} times as long as Oban; of {len(changes)} combinations {slower} are "
        f"slower, {same} the same (within {NOISE:.0%}), {len(changes) - slower - same} faster"
    )
    verdict = f"false: nowhere {FASTER[0]:.0f} % faster" if not fast else f"true for {len(fast)} of {len(changes)}"
    return Judged(f"cache operations are {_range(FASTER)} % faster", measured, verdict)


def _costs(results: Results) -> list[Judged]:
    pairs = list(results.ticks)

    def both(name: str, unit: str) -> tuple[str, Range, Range]:
        oban, cron = (_ends(results.tick(pair, side, name).median for pair in pairs) for side in ("oban", "pg_cron"))
        return f"Oban {_range(oban)}, pg_cron {_range(cron)} {unit}", oban, cron

    statements, _, cron_statements = both("run statements", "statements a run")
    log, _, _ = both("run wal", "bytes of log a run")
    idle, _, cron_idle = both("idle statements", "statements a minute with nothing to do")
    cpu, _, _ = both("idle cpu", "ms on a processor a minute")
    memory, oban_memory, cron_memory = both("memory", "MB while idle")
    connections, _, _ = both("connections", "connections held while idle")
    delay, oban_delay, cron_delay = both("delay", "ms after the minute")
    sooner = "true" if cron_delay[1] < oban_delay[0] * (1 - NOISE) else "false"
    zero = "false: less, not zero" if cron_statements[1] >= 1 else "true"
    lower = "true" if cron_memory[1] < oban_memory[0] * (1 - NOISE) else "false"
    return [
        Judged("zero scheduling overhead and no queueing per run", f"{statements}; {log}", zero),
        Judged("(not claimed) idle load disappears", f"{idle}; {cpu}", "true" if cron_idle[1] < 1 else "false"),
        Judged("lower memory", f"{memory}; {connections}", f"{lower}, where no other job keeps the application's Oban"),
        Judged("(not claimed) runs start sooner", delay, sooner),
    ]


def _contention(results: Results) -> list[Judged]:
    out = []
    found = results.contention
    parts, ratios = [], []
    for size, values in found.items():
        alone, second = _median(values["alone"]), _median(values["second"])
        ratios.append(second / alone)
        parts.append(f"{size} rows: alone {figure(alone)} ms, the second of two at once {figure(second)} ms")
    verdict = (
        "false: refresh and prewarm, due at one minute every six hours, wait for each other"
        if min(ratios) > 1 + NOISE
        else "true"
    )
    out.append(Judged("no contention", "; ".join(parts), verdict))
    read = "; ".join(
        f"{size} rows: the longest of a reader's queries {figure(_median(v['read beside']))} ms beside a refresh, "
        f"{figure(_median(v['read idle']))} ms without"
        for size, v in found.items()
    )
    return [
        *out,
        Judged("the refresh is non-blocking after the move", read, "as before: CONCURRENTLY stood in both"),
    ]


def _arithmetic() -> list[Judged]:
    """What the account's own numbers say, before anything is measured."""
    per_job = {job: tuple(_saved(BEFORE[job][n], AFTER[job][n]) for n in (0, 1)) for job in JOBS}
    totals = (_saved(TOTAL_BEFORE[0], TOTAL_AFTER[0]), _saved(TOTAL_BEFORE[1], TOTAL_AFTER[1]))
    each = ", ".join(f"{job} {_range(_ends(two))} %" for job, two in per_job.items())
    return [
        Judged(
            f"the totals stand for {_range(FASTER)} %",
            f"its totals give {_range(_ends(totals))} %; its jobs {each}",
            "does not follow from its own numbers",
        ),
        Judged("cleanup takes ~1 ms, and 5–10 ms", "two numbers for one job in one text", "contradicts itself"),
        Judged(
            "9 Oban tasks remain",
            "its table of remaining tasks has 13 rows; its list of schedules 4 at boot + 8 + 8, three of which are the "
            "jobs said to have been moved",
            "does not add up",
        ),
        Judged("3 fewer Oban jobs; 8+ fewer Oban jobs", "three were removed", "contradicts itself"),
        Judged("16+ jobs in pg_cron", "18 are listed", "adds up, loosely"),
        Judged(
            "the prewarm: two statements before, one after",
            "the refresh in front of the insert was dropped; new packages are missing from the result",
            "not faster but less: half of the job was lost",
        ),
    ]


def _saved(before: float, after: float) -> float:
    return (1 - after / before) * 100


def _median(values: list[float]) -> float:
    found = spread(values)
    assert found is not None
    return found.median


def _ends(values: Iterable[float]) -> Range:
    found = list(values)
    return min(found), max(found)


def _range(two: Range) -> str:
    low, high = (figure(value) for value in two)
    return low if low == high else f"{low}–{high}"
