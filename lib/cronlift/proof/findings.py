"""What a proof found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Finding:
    """``equal``: proved as far as ``lines`` say; ``weak``: equal, but somebody should read why that says little;
    ``differs``; ``unproved``: it could not be tried.

    ``lines`` hold no instant and no row of data; rows and instants are in ``details``.
    """

    result: Literal["equal", "weak", "differs", "unproved"]
    text: str
    lines: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


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
