"""A drawing of run times before and after."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from cronlift.comparison.before_after import Compared

COLOURS = ("#8a8f98", "#2f6fd0")


def times(jobs: Sequence[Compared]) -> Figure:
    """For each job two boxes on a logarithmic scale, before and after: the median, the middle half, and whiskers from
    the 5th to the 95th percentile. Raises ValueError where no job has a run on either side."""
    drawn = [job for job in jobs if job.before.values or job.after.values]
    if not drawn:
        raise ValueError("no runs to draw")
    figure = Figure(figsize=(8, 0.9 + 0.7 * len(drawn)), layout="constrained")
    axes = figure.subplots()
    for row, job in enumerate(drawn):
        for offset, measured, colour in zip((-0.2, 0.2), (job.before, job.after), COLOURS, strict=True):
            if measured.values:
                axes.boxplot(
                    [[max(value, 0.01) for value in measured.values]],
                    positions=[row + offset], widths=0.34, orientation="horizontal", patch_artist=True, whis=(5, 95),
                    showfliers=False, boxprops={"facecolor": colour, "linewidth": 0}, medianprops={"color": "white"},
                )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds a run: before (grey, through the application) and after (blue, through pg_cron)")
    axes.set_yticks(range(len(drawn)), [job.cron_name for job in drawn])
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    return figure
