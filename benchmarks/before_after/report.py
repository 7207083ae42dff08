"""docs/claims.md and its plot, out of the measured values."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from before_after.claims import change, judge
from before_after.pair import JOBS
from before_after.results import Results
from cronlift.comparison.spread import Spread, figure, spread

SIDES = {"oban": "Oban", "pg_cron": "pg_cron", "connection": "the command on a warm connection"}
COSTS = {
    "delay": "start delay, ms",
    "run statements": "statements a run",
    "run wal": "bytes of log a run",
    "idle statements": "statements an idle minute",
    "idle wal": "bytes of log an idle minute",
    "idle cpu": "processor ms an idle minute",
    "memory": "memory while idle, MB",
    "connections": "connections held while idle",
}

HEAD = """\
# Is it faster? The claims, measured

*Made by `make claims`; the values are in `benchmarks/results/before_after.json`.*

cronlift began with a team's account of moving three cache jobs from Oban to pg_cron by hand. It claims that the move
made them 50–75 % faster, with no overhead, less memory and no contention, and nobody had measured it. Here the same
three jobs (those of `examples/demo_app`) ran through both, on one server, in turns.
"""


def write(results: Results, file: Path, picture: Path) -> None:
    """Write the page and draw its plot."""
    _plot(results, picture)
    parts = [HEAD, _short(results), f"![Run times through both, and what each costs while idle]({picture.name})\n"]
    parts += ["## Claim by claim\n", _paragraph(CLAIMS), _claims(results)]
    parts += ["## Run times\n", _paragraph(RUNS), _runs(results)]
    parts += ["## What a scheduler costs\n", _paragraph(TICKS), _ticks(results)]
    parts += ["## What does make a job faster\n", _paragraph(LOOPS), _loops(results)]
    parts += ["## Who waits for whom\n", _paragraph(WAITS), _waits(results)]
    parts += ["## How it was measured\n", _method(results)]
    file.write_text("\n".join(parts), encoding="utf-8")


CLAIMS = """\
Milliseconds hang on the machine, and this one was busy; ratios hang on it less. A claimed time counts as seen where it
overlaps with what lies between the least and the median of the runs on any of the servers."""
RUNS = """\
Milliseconds from the scheduler's taking a run up to its being written down as done: Oban's `attempted_at` to
`completed_at`; for pg_cron from the launcher's first row about the run to the row that says it ended, by the wall
clock and not by `job_run_details` (pg_cron 1.4 with background workers writes a wrong end there). *Statements* is the
job's own SQL inside of that. Median and, in brackets, the middle half of the runs."""
TICKS = """\
A cleanup every minute through both at once. *Start delay*: from the minute to the job's session being at work. What
Oban's role or pg_cron's launcher sent (`pg_stat_statements`, `BEGIN` and `COMMIT` counted) and what it wrote to the
log; a run's figures are without the idle part, and hold the job's own statement. *Memory*: Oban's process and its
connections' backends, or pg_cron's launcher (PSS). The process is Oban for Python; Elixir's machine was not measured,
and where other jobs keep it running nothing of it is saved."""
LOOPS = """\
The same work from a client on the same machine, without a network: row by row, in batches, as one statement. The
prewarm here is its insert alone. Over a network each row costs a round trip more."""
WAITS = """\
Two refreshes of one view started at once, and the longest query of a reader beside one refresh. The lock belongs to
the statement; who sends it makes no difference. The demo (like the account) schedules a refresh and a prewarm, which
begins with one, at the same minute every six hours."""


def _short(results: Results) -> str:
    ratios = [change(results, pair, size, job) for pair, size in results.measured() for job in JOBS]
    idle = [[results.tick(pair, side, "idle statements").median for pair in results.ticks] for side in SIDES_OF_TICKS]
    gains = [
        _one(ways["row by row"]).median / _one(ways["one statement"]).median
        for jobs in results.loops.values()
        for ways in jobs.values()
    ]
    return _paragraph(
        f"""\
**Moving the same SQL does not make it faster.** A run through pg_cron took {min(ratios):.2f} to {max(ratios):.2f}
times as long as the same run through Oban: it pays for a new session each time, and the statement itself costs the
same. **What the move removes is idle load and the dependency on the application**: Oban sent {figure(min(idle[0]))} to
{figure(max(idle[0]))} statements a minute with nothing to do, pg_cron {figure(max(idle[1]))}. **What makes a job faster
is turning a loop over rows into one statement**: {figure(min(gains))} to {figure(max(gains))} times here."""
    )


SIDES_OF_TICKS = ("oban", "pg_cron")


def _claims(results: Results) -> str:
    return _table(
        ("the account's claim", "measured", "verdict"),
        [(j.claim, j.measured, f"**{j.verdict}**") for j in judge(results)],
    )


def _runs(results: Results) -> str:
    rows = []
    for pair, size in results.measured():
        for job in JOBS:
            sides = [results.run(pair, size, job, side) for side in SIDES]
            inside = [results.run(pair, size, job, side, "sql") for side in SIDES_OF_TICKS]
            rows.append((
                pair, size, job, *(str(s) for s in sides[:2]), f"{change(results, pair, size, job):.2f}",
                *(str(s) for s in inside), str(sides[2]), str(min(s.n for s in sides)),
            ))  # fmt: skip
    columns = (
        "server", "rows", "job", "Oban", "pg_cron", "ratio", "Oban: statements", "pg_cron: statements",
        SIDES["connection"], "runs",
    )  # fmt: skip
    return _table(columns, rows)


def _ticks(results: Results) -> str:
    rows = []
    for name, words in COSTS.items():
        for pair in results.ticks:
            found = [results.tick(pair, side, name) for side in SIDES_OF_TICKS]
            rows.append((words, pair, *(str(s) for s in found), str(min(s.n for s in found))))
    return _table(("", "server", "Oban", "pg_cron", "readings"), rows)


def _loops(results: Results) -> str:
    rows = []
    for size, jobs in results.loops.items():
        for job, ways in jobs.items():
            least = _one(ways["one statement"]).median
            for way, values in ways.items():
                found = _one(values)
                rows.append((size, job, way, str(found), f"{found.median / least:.1f}", str(found.n)))
    return _table(("rows", "job", "way", "ms", "times one statement", "runs"), rows)


def _waits(results: Results) -> str:
    rows = [
        (size, name, str(_one(values)), str(_one(values).n))
        for size, found in results.contention.items()
        for name, values in found.items()
    ]
    return _table(("rows", "", "ms", "runs"), rows)


def _method(results: Results) -> str:
    about = results.about
    versions = "; ".join(f"`{name}`: {words}" for name, words in about["versions"].items())
    loads = ", ".join(f"{word} {load}" for word, load in about["load"].items())
    return _paragraph(
        f"""\
{versions}; `socket`: pg_cron connects as a client (its default), `workers`: background workers. {about["oban"]}.
{about["processors"]} processors, {about["memory_gb"]} GB; durable settings (`fsync`, `full_page_writes` on); data of
the demo application with 10,000 or 200,000 packages. The machine did other work at times (load: {loads}), so single
numbers are worth little: both sides ran in turns, and what counts are ratios and spreads; differences under 15 % are
called the same. Before each run the rows it uses up are put back (5 % of the cache expired; 1 % of the packages
changed; 8 % of the hot ones not cached). For pg_cron, entries due at one minute run one after the other
(`cron.max_running_jobs = 1`), so that twenty runs need no twenty minutes; the start delay is measured apart, one run
a minute."""
    )


def _one(values: Iterable[float]) -> Spread:
    found = spread(values)
    assert found is not None
    return found


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_on_hyphens=False, break_long_words=False) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _plot(results: Results, file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    pairs = list(results.runs)
    sizes = list(dict.fromkeys(size for _, size in results.measured()))
    colours = {"oban": "#8a8f98", "pg_cron": "#2f6fd0", "connection": "#1f9d55"}
    figure_, axes = plt.subplots(1, len(sizes) + 1, figsize=(13, 4.2), width_ratios=[*([3] * len(sizes)), 2])
    for axis, size in zip(axes, sizes, strict=False):
        position, ticks, names = 0.0, [], []
        for job in JOBS:
            start = position
            for pair in (p for p in pairs if size in results.runs[p]):
                for side, colour in colours.items():
                    axis.boxplot(
                        [results.runs[pair][size][job][side]["run"]],
                        positions=[position], widths=0.8, patch_artist=True, whis=(5, 95), showfliers=False,
                        boxprops={"facecolor": colour, "linewidth": 0}, medianprops={"color": "white"},
                    )  # fmt: skip
                    position += 1
                ticks.append(position - 2)
                names.append(pair)
                position += 1
            middle = (start + position - 2) / 2
            axis.annotate(job, (middle, 0.98), xycoords=("data", "axes fraction"), va="top", ha="center", fontsize=9)
            position += 1
        axis.set_yscale("log")
        low, high = axis.get_ylim()
        axis.set_ylim(low, high * 1.6)
        axis.set_xticks(ticks, names, fontsize=7, rotation=45, ha="right")
        axis.set_title(f"one run, {size} rows (ms)", fontsize=10)
        axis.grid(axis="y", alpha=0.3)
    last = axes[-1]
    for number, pair in enumerate(results.ticks):
        for offset, side in ((-0.2, "oban"), (0.2, "pg_cron")):
            height = results.tick(pair, side, "idle statements").median
            last.bar(number + offset, height, 0.38, color=colours[side])
            last.annotate(figure(height), (number + offset, height), ha="center", va="bottom", fontsize=8)
    last.set_xticks(range(len(results.ticks)), list(results.ticks), fontsize=7, rotation=45, ha="right")
    last.set_title("statements a minute, idle", fontsize=10)
    handles = [plt.Rectangle((0, 0), 1, 1, color=colour) for colour in colours.values()]
    figure_.legend(handles, list(SIDES.values()), loc="lower center", ncols=3, fontsize=8, frameon=False)
    figure_.tight_layout(rect=(0, 0.06, 1, 1))
    figure_.savefig(file, dpi=110, metadata={"Software": None})
    plt.close(figure_)
