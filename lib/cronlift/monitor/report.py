"""A look at the entries in words and cells, the same for the terminal and the notebook."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from cronlift.errors import UsageError
from cronlift.model.monitoring import Watched
from cronlift.monitor.words import instant, milliseconds

COLUMNS = ("ENTRY", "STATE", "LAST RUN", "NEXT RUN", "RUNS", "OK", "P50", "P95", "TREND", "ROWS")
STATES = {"green": "ok", "attention": "look", "red": "WRONG", "plain": "off"}

_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def window(text: str) -> timedelta:
    """``7d``, ``36h``, ``90m`` as a span. Raises UsageError for anything else, and for more than ten years."""
    match = re.fullmatch(r"(\d{1,6})([dhm])", text.strip())
    found = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(minutes=1) <= found <= timedelta(days=3660):
        raise UsageError(f"--window is {text!r}", do="give days, hours or minutes: 7d, 36h, 90m")
    return found


def cells(job: Watched) -> tuple[str, ...]:
    """One entry's row under COLUMNS."""
    return (
        job.name,
        state(job),
        _moment(job.last_run),
        _moment(job.next_run),
        str(job.runs),
        rate(job),
        duration(job, job.p50_ms),
        duration(job, job.p95_ms),
        trend(job),
        str(job.last_rows) if job.last_rows is not None else "",
    )


def state(job: Watched) -> str:
    """How it is, in a word or two."""
    word = STATES[job.colour]
    if job.running_since:
        return f"{word}, running"
    return word if job.state in (None, "completed", "started") or not job.active else f"{word}, {job.state}"


def rate(job: Watched) -> str:
    """``98.7 %`` of the runs that ended; empty where none did. Never rounded up to 100."""
    if job.success_rate is None:
        return ""
    percent = 100 * job.success_rate
    return f"{percent:.0f} %" if percent in (0, 100) else f"{min(percent, 99.9):.1f} %"


def duration(job: Watched, value: float | None) -> str:
    """A percentile, with a mark for how well the end of a run is known."""
    if value is None:
        return "" if job.durations != "not_recorded" or not job.runs else "?"
    return f"~{milliseconds(value)}" if job.durations == "within_a_second" else milliseconds(value)


def trend(job: Watched) -> str:
    """``×1.8``: the later half's median over the earlier one's."""
    return f"×{job.trend:.2f}" if job.trend is not None else ""


def _moment(text: str | None) -> str:
    return instant(datetime.fromisoformat(text)) if text else ""
