"""The claims of the account that cronlift began with, measured: ``make claims`` (about an hour), or

    python benchmarks/claims.py                            everything, on both PostgreSQLs: docs/claims.md anew
    python benchmarks/claims.py --pairs 17-socket --sizes 10k --runs 6 --minutes 3     a quick look
    python benchmarks/claims.py --report                   the page from the values measured last

The same three jobs through Oban for Python and through pg_cron (before_after/). Needs a Python of 3.12 or later for
Oban; run it as root, or nothing can be said about memory.
"""

# ruff: noqa: E402 - the checkout's own modules come after its paths

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "benchmarks")]

from before_after import contention, loops, report, runs, ticks
from before_after.pair import oban, pair
from before_after.results import Results

SIZES = {"10k": 10_000, "200k": 200_000}
PAIRS = ("15-socket", "17-socket", "15-workers", "17-workers")
VALUES = ROOT / "benchmarks/results/before_after.json"
PAGE = ROOT / "docs/claims.md"


def say(text: str) -> None:
    """Progress."""
    print(f"{text}  [load {os.getloadavg()[0]:.1f}]", file=sys.stderr, flush=True)


def measure(pairs: list[str], sizes: list[str], count: int, minutes: int, file: Path) -> Results:
    """Everything, saved after each part, so that an interrupted measurement is not lost."""
    results = Results.load(file) if file.exists() else Results()
    about = results.about
    about.setdefault("versions", {})
    about.setdefault("load", {})
    about["processors"] = os.cpu_count()
    about["memory_gb"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    about["oban"] = f"Oban for Python {_oban_version()}, psycopg {metadata.version('psycopg')}"
    for number, size in enumerate(sizes):
        each = 8 if SIZES[size] <= 10_000 else 4
        for name in pairs:
            with pair(name, SIZES[size]) as where:
                about["versions"][name] = where.version
                found = runs.measure(where, -(-count // each), each, say)
                results.runs.setdefault(name, {})[size] = found
                about["load"][f"{name} {size}"] = round(os.getloadavg()[1], 1)
                results.save(file)
                if name == pairs[0]:
                    say(f"loops and locks, {size}")
                    results.loops[size] = loops.measure(where, count)
                    results.contention[size] = contention.measure(where, count)
                    results.save(file)
        if number == 0 and minutes:
            with ExitStack() as stack:
                every = [stack.enter_context(pair(name, SIZES[size])) for name in pairs]
                results.ticks.update(ticks.measure(every, minutes, say))
            about["load"]["ticks"] = round(os.getloadavg()[2], 1)
            results.save(file)
    return results


def _oban_version() -> str:
    script = "from importlib.metadata import version; print(version('oban'))"
    return subprocess.run([oban(), "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS), choices=PAIRS)
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--runs", type=int, default=24, help="runs of each job on each side")
    parser.add_argument("--minutes", type=int, default=22, help="minutes of real ticks, all pairs at once; 0: none")
    parser.add_argument("--values", type=Path, default=VALUES, help="where the values are kept, and added to")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write; the plot lies beside it")
    parser.add_argument("--report", action="store_true", help="measure nothing, write the page anew")
    asked = parser.parse_args()
    if asked.report:
        results = Results.load(asked.values)
    else:
        results = measure(asked.pairs, asked.sizes, asked.runs, asked.minutes, asked.values)
    report.write(results, asked.page, asked.page.with_suffix(".png"))
    print(asked.page)


if __name__ == "__main__":
    main()
