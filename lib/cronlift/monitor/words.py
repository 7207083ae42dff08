"""Instants, spans and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cronlift.record.outcome import plural

__all__ = ["instant", "iso", "milliseconds", "plural", "size", "span"]


def instant(moment: datetime | None) -> str:
    """``2026-03-01 04:00:07Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z" if moment is not None else "an unknown time"


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment is not None else None


def span(time: timedelta) -> str:
    """``40 s``, ``12 min``, ``3.5 h``, ``8 days``."""
    seconds = time.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86400:.0f} days"


def milliseconds(value: float) -> str:
    """``3.2 ms``, ``140 ms``, ``2.5 s``, ``12 min``."""
    if value < 1000:
        return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms"
    return f"{value / 1000:.1f} s" if value < 120_000 else span(timedelta(milliseconds=value))


def size(count: int) -> str:
    """Bytes as ``180 MB``."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1024 or unit == "GB":
            return f"{value:.0f} {unit}"
        value /= 1024
    raise AssertionError
