"""The order of attack in step 3, with fields for the reader's own minutes."""

from __future__ import annotations

from typing import Any

from cronlift.model.verdict import Classification
from cronlift.notebook import views
from cronlift.stages.attack import WAYS
from cronlift.walkthrough.steps.base import html, put, widgets

_SIDES = ("by hand", "with cronlift")


class Order:
    """The table under a title that opens; a figure that is changed counts at once."""

    def __init__(self) -> None:
        self._found: Classification | None = None
        self._fields = {way: tuple(self._field(f"{way}, {side}") for side in _SIDES) for way in WAYS}
        self._table = html()
        grid = widgets.GridBox(
            [field for fields in self._fields.values() for field in fields],
            layout=widgets.Layout(grid_template_columns="repeat(2, minmax(220px, 320px))", grid_gap="2px 16px"),
        )
        why = html()
        put(why, '<p class="soft">Minutes that one job takes you: only you know them. They are not kept.</p>')
        self.widget: Any = widgets.Accordion(
            [widgets.VBox([self._table, why, grid])], selected_index=None, titles=("In which order to move them",)
        )

    def _field(self, text: str) -> Any:
        field = widgets.BoundedFloatText(
            value=0, min=0, max=100_000, description=text, layout=widgets.Layout(width="auto"),
            style={"description_width": "170px"},
        )  # fmt: skip
        field.observe(lambda _: self._draw(), names="value")
        return field

    def show(self, found: Classification) -> None:
        """The jobs of another classification."""
        self._found = found
        self._draw()

    def _draw(self) -> None:
        if self._found is not None:
            minutes: dict[str, tuple[float, float]] = {
                way: (by_hand.value, with_us.value) for way, (by_hand, with_us) in self._fields.items()
            }
            put(self._table, views.order(self._found, minutes).html)
