"""Makes the kept notebooks beside this file: twins of the shipped ones, executed by papermill and applied.

Run it where a display was changed on purpose, then read the difference before it is committed:

    .venv/bin/python tests/notebooks/regenerate.py

It uses a private server of its own. Outputs that vary from run to run (rows that the database reports) are marked
to be ignored; the rest is compared by tests/notebook/test_kept_notebooks.py.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SANDBOX = f"pytest-{os.getpid()}-kept"

KEPT: dict[str, str] = {
    "01_inventory": 'run = "runs/kept"',
    "02_classify": 'run = "runs/kept"',
    "03_generate": """run = "runs/kept"
# Without those that run every few minutes: a tick between install and verify would be shown.
from cronlift.notebook.parameters import resolve
from cronlift.stages import decisions as deciding
jobs = [job for job in deciding.load(resolve(decisions)).jobs if "TaskAssignment" not in job and "Learning" not in job]""",
    "04_install": """run = "runs/kept"
apply = True
# The hash names the server too, so it cannot be written down: the plan made a moment ago is approved.
from cronlift.notebook.parameters import resolve
from cronlift.record.run_folder import RunFolder
from cronlift.model.plan import Plan
plan_hash = RunFolder(resolve(run)).read(Plan).hash""",
    "05_verify": 'run = "runs/kept"',
    "06_monitor": """owned = True
runs = ["runs/kept"]
# The sweeper runs at every whole minute, and before its first run monitor remarks that there is none.
def wait():
    from time import sleep
    from cronlift.postgres.server import Server
    ended = "FROM cron.job_run_details JOIN cron.job USING (jobid) WHERE jobname LIKE '%/sweep' AND end_time IS NOT NULL"
    with Server().connect_cron() as connection:
        while connection.execute("SELECT " + ended).fetchone() is None:
            connection.rollback()
            sleep(1)
wait()""",
    "07_realtime": 'run = "runs/kept"',
}
VARYING = {"monitor-runs", "monitor-run-log", "monitor-failures", "before-after", "alternatives", "records", "plots"}


def twin(name: str) -> Any:
    """The shipped notebook with its changed parameters in a cell of their own, nothing executed yet."""
    import nbformat

    from cronlift import resources

    notebook = nbformat.read(resources.root() / "notebooks" / f"{name}.ipynb", as_version=4)
    position = next(i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    changed = nbformat.v4.new_code_cell(KEPT[name], id="kept-parameters", metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(position + 1, changed)
    for cell in notebook.cells:
        if cell.id in VARYING:
            cell.metadata["tags"] = ["nbval-ignore-output"]
    return notebook


def regenerate() -> None:
    """Execute every twin in order and write it here, without what papermill notes about the run."""
    import nbformat
    import papermill

    from demo_application import keep_away_from_ticks

    from cronlift import sandbox
    from cronlift.notebook.kernel import kernel_class
    from cronlift.notebook.parameters import PROJECT
    from cronlift.walkthrough import example

    with tempfile.TemporaryDirectory() as project:
        try:
            environment = {**example.prepare(name=SANDBOX), PROJECT: project}
            keep_away_from_ticks()
            for name in KEPT:
                source = Path(project) / f"{name}.ipynb"
                nbformat.write(twin(name), source)
                with kernel_class(environment) as kernel:
                    papermill.execute_notebook(
                        str(source), str(source), kernel_name="python3", kernel_manager_class=kernel, progress_bar=False
                    )
                _write(json.loads(source.read_text(encoding="utf-8")), HERE / f"{name}.ipynb")
        finally:
            sandbox.down(SANDBOX, remove=True)


def _write(notebook: dict[str, Any], target: Path) -> None:
    notebook["metadata"] = {"kernelspec": notebook["metadata"]["kernelspec"], "language_info": {"name": "python"}}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags")
        cell["metadata"] = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            if cell["id"] in VARYING:
                output["data"] = {"text/plain": ["what the database reports"]}
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    sys.exit(regenerate())
