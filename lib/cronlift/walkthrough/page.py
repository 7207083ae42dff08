"""The walkthrough's page: a bar of steps, the one that is open, and below it a plain table that a saved notebook
keeps.

State is in the run folder: the page is built from it, and a restarted kernel or a closed browser loses nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cronlift.notebook import views
from cronlift.notebook.display import Block, Say, block
from cronlift.walkthrough.context import Context
from cronlift.walkthrough.parameters import WalkthroughParameters
from cronlift.walkthrough.steps import STEPS
from cronlift.walkthrough.steps.base import Panel, button, row
from cronlift.walkthrough.style import SHEET

widgets: Any = import_module("ipywidgets")  # untyped: its names are made at run time
display: Any = import_module("IPython.display").display


class Walkthrough:
    """The page. ``show()`` displays it; ``open`` turns to a step."""

    def __init__(self, params: WalkthroughParameters) -> None:
        self.context = Context(params)
        self.panels: dict[str, Panel] = {kind.key: kind(self.context) for kind in STEPS}
        self._bar = {key: self._step(panel) for key, panel in self.panels.items()}
        self._stage = widgets.VBox([], layout=widgets.Layout(width="100%"))
        self._stage.add_class("cw-panel")
        self._before = button("Back", lambda: self._beside(-1), icon="arrow-left")
        self._next = button("Next", lambda: self._beside(1), icon="arrow-right")
        self._kept: Any = None
        self.current = ""
        self.context.changed = self.refresh
        self.context.go = self.open

    @property
    def widget(self) -> Any:
        """The controls, all of them."""
        parts = [widgets.HTML(SHEET), row(*self._bar.values()), self._stage, row(self._before, self._next)]
        made = widgets.VBox(parts, layout=widgets.Layout(width="100%", max_width="1180px"))
        made.add_class("cronlift-walk")
        return made

    def show(self) -> None:
        """Display the page where it was left, and below it the table of all jobs."""
        self.open(self.context.memory.step if self.context.memory.step in self.panels else next(iter(self.panels)))
        display(self.widget)
        self._kept = display(self.kept(), display_id=True)

    def open(self, key: str) -> None:
        """Turn to a step."""
        self.current = key
        self.context.memory.step = key
        self.context.memory.keep()
        self._stage.children = [self.panels[key].widget]
        self.refresh()

    def refresh(self) -> None:
        """Show everything as the run folder has it; only the open step is filled."""
        busy = self.context.work.busy
        keys = list(self.panels)
        for key, panel in self.panels.items():
            step = self._bar[key]
            step.icon = "check" if panel.done() else ""
            (step.add_class if key == self.current else step.remove_class)("cw-now")
        self._before.disabled = self.current == keys[0]
        self._next.disabled = self.current == keys[-1]
        self.panels[self.current].refresh()
        if self._kept is not None and not busy:
            self._kept.update(self.kept())

    def kept(self) -> Block:
        """The table of all jobs, as far as the steps have got: ordinary output, kept in a saved notebook."""
        record = self.context.store.tally()
        if self.context.store.problem:
            return block(Say(self.context.store.problem, "red"))
        if not record.rows:
            return block(Say("No job is known yet: connect (1), then take the inventory (2)."))
        return views.tally(record)

    def _beside(self, by: int) -> None:
        keys = list(self.panels)
        self.open(keys[max(0, min(len(keys) - 1, keys.index(self.current) + by))])

    def _step(self, panel: Panel) -> Any:
        made = button(f"{panel.number}  {panel.title}", lambda: self.open(panel.key), tooltip=panel.purpose)
        made.add_class("cw-step")
        made.layout.min_width = "90px"
        made.layout.margin = "2px 4px 2px 0"
        return made
