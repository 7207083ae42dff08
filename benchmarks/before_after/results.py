"""What was measured, as one document: raw values on disk, spreads for whoever reports."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cronlift.comparison.spread import Spread, spread


@dataclass
class Results:
    """``runs[pair][size][job][side][figure]``, ``ticks[pair][side][figure]``, ``loops[size][job][way]``,
    ``contention[size][figure]``: lists of values; ``about`` the machine, its load and the versions."""

    about: dict[str, Any] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    ticks: dict[str, dict[str, Any]] = field(default_factory=dict)
    loops: dict[str, Any] = field(default_factory=dict)
    contention: dict[str, Any] = field(default_factory=dict)

    def run(self, pair: str, size: str, job: str, side: str, figure: str = "run") -> Spread:
        """One job's times on one side, ms."""
        return _spread(self.runs[pair][size][job][side][figure])

    def tick(self, pair: str, side: str, figure: str) -> Spread:
        """What one scheduler's ticks cost, in the figure's unit."""
        return _spread(self.ticks[pair][side][figure])

    def measured(self) -> list[tuple[str, str]]:
        """Every pair and size that there are run times of."""
        return [(pair, size) for pair, sizes in self.runs.items() for size in sizes]

    def save(self, file: Path) -> None:
        """Write it, the values with three decimals."""
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(_rounded(vars(self)), indent=None) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Results:
        """Read what ``save`` wrote."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))


def _spread(values: Iterable[float]) -> Spread:
    found = spread(values)
    assert found is not None, "nothing was measured"
    return found


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {key: _rounded(inner) for key, inner in value.items()}
        case list() if value and all(isinstance(inner, float) for inner in value):
            return [round(inner, 3) for inner in value]
    return value
