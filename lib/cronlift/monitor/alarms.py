"""What makes a signal: how it is worded, and from what on something counts as wrong."""

from __future__ import annotations

from dataclasses import dataclass

from cronlift.model.monitoring import Signal, SignalCode


@dataclass(frozen=True)
class Limits:
    """What counts as wrong. ``grace``: seconds a firing may be late; ``failures``: so many in a row are red;
    ``history_rows``: so many that nothing deletes are too many."""

    grace: float = 120
    failures: int = 1
    history_rows: int = 1_000_000


def red(code: SignalCode, text: str, do: str) -> Signal:
    """Something that is wrong."""
    return Signal(code=code, severity="red", text=text, do=do)


def attention(code: SignalCode, text: str, do: str) -> Signal:
    """Something worth a look."""
    return Signal(code=code, severity="attention", text=text, do=do)
