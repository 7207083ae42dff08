"""A Python that can run Oban for Python (3.12 or later), found on this machine and given the package.

Looked for in this order: the one CRONLIFT_OBAN_PYTHON names, the suite's own, ``python3.12`` and later on the PATH,
pyenv's. The environment is made once, beside the suite's (``.venv/oban``).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "oban>=0.7,<0.8"
MISSING = (
    "no Python of 3.12 or later was found to run Oban for Python: install one, or name it in CRONLIFT_OBAN_PYTHON; "
    "the tests of --app-command with a real Oban did not run"
)


def python() -> str | None:
    """The interpreter with Oban in it; None where no Python is new enough. Fails where the package cannot be had."""
    home = Path(sys.prefix) / "oban"
    own = home / "bin/python"
    home.parent.mkdir(exist_ok=True)
    with (home.parent / "oban.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _has_oban(str(own)):
            return str(own)
        for candidate in _candidates():
            if _version(candidate) >= (3, 12):
                subprocess.run([candidate, "-m", "venv", "--clear", str(home)], check=True, capture_output=True)
                pip = [
                    str(own),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-input",
                    PACKAGE,
                ]
                done = subprocess.run(pip, capture_output=True, text=True, check=False)
                assert _has_oban(str(own)), f"{PACKAGE} could not be installed for {candidate}: {done.stderr[-500:]}"
                return str(own)
    return None


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CRONLIFT_OBAN_PYTHON"):
        yield named
    yield sys.executable
    for minor in range(12, 20):
        if found := shutil.which(f"python3.{minor}"):
            yield found
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(p) for p in sorted(root.glob("versions/3.*/bin/python")))


def _version(program: str) -> tuple[int, int]:
    try:
        done = subprocess.run(
            [program, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.match(r"(\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _has_oban(program: str) -> bool:
    try:
        done = subprocess.run([program, "-c", "import oban"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
