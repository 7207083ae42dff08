"""An effect: one thing a job does to the world, with the call path that leads there."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Record

EffectKind = Literal[
    "sql", "http", "file", "shell", "process_state", "enqueue", "mail", "pubsub",
    "config_read", "clock", "random", "log", "telemetry", "unknown",
]  # fmt: skip


class Effect(Record):
    """``what`` is the call as ``Module.function/arity``; ``path`` the functions passed on the way, outermost first."""

    kind: EffectKind
    what: str
    file: str
    line: int
    path: tuple[str, ...] = ()
