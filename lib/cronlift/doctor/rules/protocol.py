"""What a rule is: a code, and what it has to say of an entry or of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.world import World

Weight = Literal["error", "warning", "advice"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing a rule found. ``message`` says the consequence, ``fix`` is ready to paste; ``advice`` is no fault.

    ``entry`` is set by rules that look at the server or at several entries; None: it concerns no single entry.
    """

    weight: Weight
    message: str
    fix: str
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule looks at one ``entry`` at a time, or at the ``server`` and all entries together.

    Entry rules see active entries only, unless ``inactive_too``. ``title`` is the headline of its page.
    """

    title: str
    entry: Callable[[Examined, World], Iterable[Flaw]] | None = None
    server: Callable[[World], Iterable[Flaw]] | None = None
    inactive_too: bool = False
