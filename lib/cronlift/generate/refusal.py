"""Why one job cannot be planned, while the others can."""

from __future__ import annotations


class RefusalError(Exception):
    """Stops the planning of one job; becomes a ``Refused`` record. ``code`` is stable and kebab-case."""

    def __init__(self, code: str, why: str) -> None:
        self.code, self.why = code, why
        super().__init__(why)
