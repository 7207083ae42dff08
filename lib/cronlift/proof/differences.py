"""Where two states of one relation differ, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cronlift.proof.readout import Relation, Row

_SAMPLES = 5


@dataclass(frozen=True)
class Difference:
    """``only_app``, ``only_job``: rows that only one side left; ``columns``: those whose values differ."""

    relation: Relation
    only_app: tuple[Row, ...]
    only_job: tuple[Row, ...]

    def __bool__(self) -> bool:
        return bool(self.only_app or self.only_job)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values, taken together, are not the same on both sides."""
        return tuple(
            name
            for place, name in enumerate(self.relation.columns)
            if Counter(row[place] for row in self.only_app) != Counter(row[place] for row in self.only_job)
        )

    def lines(self, planted: Mapping[Row, str]) -> list[str]:
        """The difference in words; a planted row that one side kept is named by where it was planted."""
        name = self.relation.name
        out = [
            f"{name}: {len(self.only_app)} rows only after the app's statements, {len(self.only_job)} only after the "
            f"procedure, in {', '.join(self.columns) or 'how often rows occur'}"
        ]
        for label in sorted({planted[row] for row in self.only_app if row in planted}):
            out.append(
                f"{name}: the row planted at {label} is as planted after the app's statements, not after the procedure"
            )
        for label in sorted({planted[row] for row in self.only_job if row in planted}):
            out.append(
                f"{name}: the row planted at {label} is as planted after the procedure, not after the app's statements"
            )
        return out

    def samples(self) -> dict[str, Any]:
        """Some of the rows, for the record's evidence."""
        return {
            "relation": self.relation.name,
            "columns": list(self.relation.columns),
            "only after the app's statements": [list(r) for r in self.only_app[:_SAMPLES]],
            "only after the procedure": [list(r) for r in self.only_job[:_SAMPLES]],
        }


def difference(relation: Relation, app: Sequence[Row], job: Sequence[Row]) -> Difference:
    """The rows that are not in both, each as often as it is missing."""
    left, right = Counter(app), Counter(job)
    return Difference(relation, tuple((left - right).elements()), tuple((right - left).elements()))
