"""The verdicts on the account's claims follow from the values alone."""

# ruff: noqa: E402 - what is tested lies outside of the package

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parents[2] / "benchmarks")]

from before_after import report
from before_after.claims import judge
from before_after.results import Results

TICKS = {
    "delay": 10.0, "memory": 50.0, "connections": 4.0, "run statements": 20.0, "run wal": 2000.0,
    "idle statements": 220.0, "idle wal": 0.0, "idle cpu": 300.0,
}  # fmt: skip


def results(pg_cron: float, *, cron_cost: float = 0.1) -> Results:
    """Oban takes 40 ms for each job, pg_cron so many times that, and its ticks cost so many times Oban's."""

    def side(ms: float) -> dict[str, list[float]]:
        return {"run": [ms] * 20, "sql": [ms] * 20}

    jobs: dict[str, Any] = {
        job: {"oban": side(40.0), "pg_cron": side(40.0 * pg_cron)} for job in ("cleanup", "refresh", "prewarm")
    }
    ticks = {
        "oban": {name: [value] * 20 for name, value in TICKS.items()},
        "pg_cron": {name: [value * cron_cost] * 20 for name, value in TICKS.items()},
    }
    waits = {name: [10.0] * 20 for name in ("alone", "read idle", "read beside")} | {"second": [20.0] * 20}
    return Results(runs={"15-socket": {"10k": jobs}}, ticks={"15-socket": ticks}, contention={"10k": waits})


def verdict(found: Results, claim: str) -> str:
    (judged,) = [j for j in judge(found) if claim in j.claim]
    return judged.verdict


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (1.0, "false: nowhere 50 % faster"), (0.55, "false: nowhere 50 % faster"), (2.0, "false: nowhere 50 % faster"),
        (0.4, "true for 3 of 3"),
    ],
)  # fmt: skip
def test_faster_is_a_ratio(factor: float, expected: str) -> None:
    assert verdict(results(factor), "% faster") == expected


def test_a_claimed_time_is_seen_where_the_runs_are() -> None:
    found = results(1.0)
    assert verdict(found, "refresh, after: 50–100 ms") == "not seen: at most 40 ms"
    assert verdict(found, "cleanup, after: 5.0–10.0 ms") == "not seen: at least 40 ms"
    assert verdict(found, "cleanup, before: 50 ms") == "not seen: at most 40 ms"
    assert verdict(found, "all three together, after") == "plausible"


def test_costs_are_judged_by_their_values() -> None:
    assert verdict(results(1.0), "lower memory").startswith("true")
    assert verdict(results(1.0, cron_cost=1.0), "lower memory").startswith("false")
    assert verdict(results(1.0), "zero scheduling overhead") == "false: less, not zero"
    assert verdict(results(1.0, cron_cost=0.0), "zero scheduling overhead") == "true"
    assert verdict(results(1.0), "idle load") == "false"
    assert verdict(results(1.0, cron_cost=0.0), "idle load") == "true"


def test_two_refreshes_that_take_twice_as_long_wait_for_each_other() -> None:
    assert verdict(results(1.0), "no contention").startswith("false")


def test_the_page_is_made_from_the_values_that_lie_beside_it(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    found = Results.load(root / "benchmarks/results/before_after.json")
    report.write(found, tmp_path / "claims.md", tmp_path / "claims.png")
    assert (tmp_path / "claims.md").read_text() == (root / "docs/claims.md").read_text()
    assert (tmp_path / "claims.png").stat().st_size > 10_000
    assert all(len(values) >= 20 for pair in found.ticks.values() for side in pair.values() for values in side.values())
    assert all(
        len(values) >= 20
        for sizes in found.runs.values()
        for jobs in sizes.values()
        for sides in jobs.values()
        for figures in sides.values()
        for values in figures.values()
    )
