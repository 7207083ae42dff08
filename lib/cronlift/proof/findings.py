"""What a proof found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cronlift.model.verification import Planting, Proof


@dataclass(frozen=True)
class Finding:
    """``equal``: proved as far as ``lines`` say; ``weak``: equal, but somebody should read why that says little;
    ``differs``; ``unproved``: it could not be tried.

    ``lines`` and ``proof`` hold no instant and no row of data; rows and instants are in ``details``.
    """

    result: Literal["equal", "weak", "differs", "unproved"]
    text: str
    lines: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    proof: Proof = field(default_factory=Proof)


def together(parts: Sequence[Finding]) -> Finding:
    """One finding of several: the worst result, all lines, one proof."""
    order = ("differs", "unproved", "weak", "equal")
    worst = min(parts, key=lambda part: order.index(part.result))
    texts = dict.fromkeys(part.text for part in parts)
    lines = [*(text for text in texts if text != worst.text), *(line for part in parts for line in part.lines)]
    details = {key: value for part in parts for key, value in part.details.items()}
    proof = proofs_together([part.proof for part in parts])
    if worst.result == "equal" and len(parts) > 1:
        return Finding("equal", parts[-1].text, tuple(texts) + tuple(lines[len(texts) - 1 :]), details, proof)
    return Finding(worst.result, worst.text, tuple(lines), details, proof)


def proofs_together(parts: Sequence[Proof]) -> Proof:
    """One proof of several runs of the same job: a relation that any of them touched is touched."""
    planted: dict[tuple[str, str], dict[str, None]] = {}
    for planting in (p for part in parts for p in part.planted):
        stands = planted.setdefault((planting.relation, planting.comparison), {})
        stands |= dict.fromkeys(planting.stands)
    touched = list(dict.fromkeys(t for part in parts for t in part.touched))
    return Proof(
        planted=tuple(Planting(relation=r, comparison=c, stands=tuple(s)) for (r, c), s in planted.items()),
        touched=tuple(touched),
        untouched=max((part.untouched for part in parts), default=0),
        sent=tuple(text for part in parts for text in part.sent),
        open=tuple(dict.fromkeys(text for part in parts for text in part.open)),
    )


@dataclass(frozen=True)
class Failure:
    """A side's statement was refused: SQLSTATE and the server's first line."""

    sqlstate: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} ({self.sqlstate})"


class SideError(Exception):
    """One of the sides could not be run to its end."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure
