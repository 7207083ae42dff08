"""A real JupyterLab on the walkthrough, and a browser to drive it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from walkthrough_page import Lab

from cronlift.sandbox import Sandbox
from cronlift.walkthrough import example
from cronlift.walkthrough import lab as server


@pytest.fixture
def lab(sandbox: Sandbox, tmp_path: Path) -> Iterator[Lab]:
    """JupyterLab as ``cronlift lab`` starts it, on a freshly filled demo database."""
    database = example.prepare(name=sandbox.name)
    notebooks = server.copy_notebooks(tmp_path / "runs" / "notebooks")
    server.copy_decisions(tmp_path / "runs")
    runtime = Path(os.environ.get("TMPDIR", "/tmp")) / f"cl-lab-{os.getpid()}"  # short: kernels listen on sockets in it
    port, token = _free_port(), "a-token-of-the-tests"
    environment = {
        **os.environ,
        **database,
        **server.environment(tmp_path),
        "DEMO_COPY": _copy(database),
        "JUPYTER_TOKEN": token,
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    command = server.command(notebooks / "00_walkthrough.ipynb", tmp_path, port=port, browser=False)
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(process, port, tmp_path / "lab.log")
            yield Lab(f"http://127.0.0.1:{port}", token, tmp_path)
        finally:
            process.terminate()
            process.wait(timeout=60)
            shutil.rmtree(runtime, ignore_errors=True)


def _copy(database: dict[str, str]) -> str:
    """A connection string for the database demo_copy beside the demo's, which a test may make."""
    return f"host={database['PGHOST']} port={database['PGPORT']} user={database['PGUSER']} dbname=demo_copy"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            pytest.fail(f"JupyterLab ended at once:\n{log.read_text()[-3000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail("JupyterLab did not answer within a minute")
