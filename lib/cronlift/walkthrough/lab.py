"""How JupyterLab is started for the walkthrough: on this machine only, nothing fetched from the network."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from cronlift import resources
from cronlift.notebook.parameters import PROJECT

_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": False},
}
"""No news, no update check, the system's light or dark theme; widget state would keep text that was typed."""


def copy_notebooks(folder: Path) -> Path:
    """Copies of the shipped notebooks to work in; ones that are there already are left alone. Returns the
    folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted((resources.root() / "notebooks").glob("*.ipynb")):
        target = folder / source.name
        if not target.exists():
            shutil.copyfile(source, target)
    return folder


def copy_decisions(folder: Path) -> Path:
    """A copy of the demo's decisions that may be changed; one that is there already is left alone. Returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "demo-decisions.yaml"
    if not target.exists():
        shutil.copyfile(resources.root() / "examples" / "demo_app" / "decisions.yaml", target)
    return target


def environment(project: Path) -> dict[str, str]:
    """What JupyterLab and its kernels need to know: relative paths count from where the lab was started."""
    return {PROJECT: str(project.resolve())}


def command(notebook: Path, root: Path, *, port: int, browser: bool) -> list[str]:
    """The command line of JupyterLab, in this environment's own Python."""
    settings = Path(tempfile.mkdtemp(prefix="cronlift-lab-"))
    (settings / "overrides.json").write_text(json.dumps(_SETTINGS), encoding="utf-8")
    arguments = [
        sys.executable, "-m", "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={root.resolve()}",
        f"--LabApp.default_url=/doc/tree/{quote(notebook.resolve().relative_to(root.resolve()).as_posix())}",
        f"--LabApp.app_settings_dir={settings}",
        "--LabApp.extension_manager=readonly",
        "--KernelManager.transport=ipc",
        "--ServerApp.terminals_enabled=False",
        "--LanguageServerManager.autodetect=False",
    ]  # fmt: skip
    if not browser:
        arguments.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--ServerApp.allow_root=True")
    return arguments
