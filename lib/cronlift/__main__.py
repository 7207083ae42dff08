"""``python -m cronlift``, and the script of that name: as little as can be, so that Ctrl-C is heard from the start."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn


def run() -> None:
    """Load the command line and run it; an interrupt while it loads ends with the documented code as well."""
    before = {number: signal.signal(number, _end) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    from cronlift.commands.main import run as run_commands

    for number, handler in before.items():
        signal.signal(number, handler)
    run_commands()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(130)


if __name__ == "__main__":
    run()
