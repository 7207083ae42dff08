"""What tests know of the demo application: how many jobs it has and moves (from its expected.yaml, so that one more
changes no other test), and when its ticks come."""

from __future__ import annotations

import time

import yaml

from cronlift import resources

_COUNTS = yaml.safe_load((resources.root() / "examples/demo_app/expected.yaml").read_text(encoding="utf-8"))["counts"]

FOUND: int = _COUNTS["found"]
MOVED: int = _COUNTS["moved"]
REVIEW: int = _COUNTS["review"]
STARTUP: int = _COUNTS["startup"]
SCHEDULED: int = FOUND - STARTUP


def keep_away_from_ticks() -> None:
    """Wait where a tick of the jobs that the kept notebooks move (every 15 minutes at most) is near: a run between
    install and monitor is shown, and kept outputs have none."""
    left = 900 - time.time() % 900
    if left < 240:
        time.sleep(left + 1)
