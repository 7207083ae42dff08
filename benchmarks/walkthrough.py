"""How long the walkthrough's callbacks take with 300 jobs, as ratios of one read of the run folder's classification.

    python benchmarks/walkthrough.py

What a person feels is a callback that keeps the page from answering: opening a step, choosing a job, pressing a button.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

from cronlift.model.verdict import Classification
from cronlift.notebook.parameters import PROJECT
from cronlift.stages.classify import classify
from cronlift.stages.inventory import inventory
from cronlift.walkthrough import Walkthrough, WalkthroughParameters, example

JOBS = 300


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ[PROJECT] = folder
        params = WalkthroughParameters(
            app="examples/demo_app", env="prod", decisions="", service="", dsn_env="", cron_database="",
            proof_service="", proof_dsn_env="", run="runs/w", run_id="",
        )  # fmt: skip
        with params.folder().writing() as run:
            for document in (inventory(example.FOLDER), classify(example.FOLDER)):
                jobs: Any = document.jobs
                run.write_document(document.model_copy(update={"jobs": many(jobs)}))
        unit = timed(lambda: params.folder().read(Classification))
        print(f"one read of {JOBS} classified jobs: {unit * 1000:.0f} ms, the unit of what follows")
        page = Walkthrough(params)
        for what in ("opened first", "opened again"):
            for step in ("inventory", "classify"):
                print(f"{step} {what}: {timed(lambda step=step: page.open(step)) / unit:.2f}")
        grid: Any = page.panels["classify"]._grid  # type: ignore[attr-defined]
        chosen = [timed(lambda name=name: setattr(grid._list, "value", name)) / unit for name in grid._ids]
        print(f"a job chosen: median {statistics.median(chosen):.3f}, worst {max(chosen):.3f}")
        panel: Any = page.panels["inventory"]
        threads: list[Any] = []
        print(f"a press that starts a stage: {timed(lambda: threads.append(panel.run())) / unit:.2f}")
        threads[0].join()


def many(jobs: Any) -> tuple[Any, ...]:
    """The demo's jobs under other names, until there are enough."""
    made = (
        job.model_copy(update={"id": f"{job.id}/{n}", "worker": f"{job.worker}{n}"})
        for n in range(JOBS)
        for job in jobs
    )
    return tuple(job for _, job in zip(range(JOBS), made, strict=False))


def timed(act: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
