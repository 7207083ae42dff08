"""The walkthrough's page: fields, one button per stage, and below them plain tables of what happened.

Only the controls are widgets; what a stage found is shown as ordinary output, which stays in a saved
notebook. State is in the run folder: the page is built from it, and a restarted kernel or a closed browser
loses nothing.
"""

from __future__ import annotations

import threading
import time
from importlib import import_module
from typing import Any

from cronlift.notebook.display import Block, Say, block
from cronlift.walkthrough import session
from cronlift.walkthrough.parameters import WalkthroughParameters
from cronlift.walkthrough.session import Step

widgets: Any = import_module("ipywidgets")  # untyped: its names are made at run time
display: Any = import_module("IPython.display").display

_FIELDS = (
    ("app", "Application", "the folder with mix.exs"),
    ("env", "Environment", "whose configuration counts"),
    ("decisions", "Decisions", "a decisions.yaml, or empty"),
    ("run", "Run folder", "where everything is kept"),
    ("service", "Service", "of the database, in pg_service.conf"),
    ("dsn_env", "Variable", "or the NAME of a variable with a connection string"),
    ("cron_database", "pg_cron in", "another database, if it lives in one"),
)


class Walkthrough:
    """The page. ``show()`` displays it; a press runs the stage's notebook beside this kernel."""

    def __init__(self, params: WalkthroughParameters) -> None:
        self.params = params
        self._busy = threading.Lock()
        self._handles: dict[str, Any] = {}
        self._fields = {name: self._field(name, label, hint) for name, label, hint in _FIELDS}
        self._buttons = {step.key: self._button(step) for step in session.steps()}
        self._approve = widgets.Checkbox(
            value=False,
            indent=False,
            description="",
            layout=widgets.Layout(width="auto", margin="2px 0 6px 0"),
        )
        self._approve.observe(lambda _: self._refresh(), names="value")
        self._probe = widgets.Checkbox(
            value=True,
            indent=False,
            description="when verifying, show a real run at the next minute (only on a disposable database)",
            layout=widgets.Layout(width="auto", margin="0 0 6px 0"),
        )
        self._approved = ""

    def show(self) -> None:
        """Display the controls and, below them, what is known so far."""
        display(self._controls())
        found = session.latest(self.params)
        self._handles["happened"] = display(found[1] if found else self._welcome(), display_id=True)
        self._handles["jobs"] = display(session.jobs(self.params), display_id=True)
        self._refresh()

    def press(self, key: str) -> threading.Thread | None:
        """Run a step in the background, as its button does; None where something runs already."""
        if not self._busy.acquire(blocking=False):
            return None
        step = next(step for step in session.steps() if step.key == key)
        self._refresh(running=step)
        thread = threading.Thread(target=self._work, args=(step,), daemon=True)
        thread.start()
        return thread

    def _work(self, step: Step) -> None:
        started = time.monotonic()
        ended = threading.Event()
        threading.Thread(target=self._tick, args=(step, started, ended), daemon=True).start()
        try:
            shown = session.perform(self.params, step, approved=self._approved, probe=self._probe.value)
        except Exception as error:  # a bug of ours must be seen, and must not leave the page locked
            shown = block(Say(f"A bug in cronlift: {type(error).__name__}: {error}", "red"))
        finally:
            ended.set()
            self._busy.release()
        self._update("happened", shown)
        self._update("jobs", session.jobs(self.params))
        self._refresh()

    def _tick(self, step: Step, started: float, ended: threading.Event) -> None:
        while not ended.is_set():
            seconds = int(time.monotonic() - started)
            self._update("happened", block(Say(f"{step.label.strip()} is running … {seconds} s", "pending")))
            ended.wait(1.0)

    def _update(self, name: str, shown: Block) -> None:
        if name in self._handles:
            self._handles[name].update(shown)

    def _refresh(self, running: Step | None = None) -> None:
        """Set every control to what the run folder says; all of them are off while something runs."""
        plan = session.plan_of(self.params)
        name = plan.hash[:12] if plan else ""
        if plan is None or self._approved not in ("", plan.hash):
            self._approve.value = False
        self._approved = plan.hash if plan and self._approve.value else ""
        self._approve.description = (
            f"I have read plan {name}: install exactly this"
            if plan
            else "make a plan first (3), read it, then tick here"
        )
        for field in (*self._fields.values(), self._probe):
            field.disabled = running is not None
        self._approve.disabled = running is not None or plan is None or not plan.jobs
        for step in session.steps():
            button = self._buttons[step.key]
            button.disabled = running is not None or not session.possible(self.params, step)
            if step.real:
                button.disabled = button.disabled or not self._approved
            button.icon = "spinner" if running == step else "check" if session.done(self.params, step) else ""

    def _controls(self) -> Any:
        rows = widgets.GridBox(
            list(self._fields.values()),
            layout=widgets.Layout(grid_template_columns="repeat(auto-fill, minmax(420px, 1fr))", grid_gap="4px 16px"),
        )
        buttons = widgets.HBox(
            [self._buttons[step.key] for step in session.steps()],
            layout=widgets.Layout(flex_flow="row wrap", margin="10px 0 4px 0"),
        )
        return widgets.VBox([rows, buttons, self._approve, self._probe], layout=widgets.Layout(max_width="1100px"))

    def _field(self, name: str, label: str, hint: str) -> Any:
        field = widgets.Text(
            value=getattr(self.params, name),
            description=label,
            placeholder=hint,
            tooltip=hint,
            continuous_update=False,
            layout=widgets.Layout(width="auto"),
            style={"description_width": "95px"},
        )
        field.observe(lambda change: self._changed(name, change["new"]), names="value")
        return field

    def _changed(self, name: str, value: str) -> None:
        self.params = self.params.model_copy(update={name: value.strip()})
        if name == "run":
            found = session.latest(self.params)
            self._update("happened", found[1] if found else self._welcome())
            self._update("jobs", session.jobs(self.params))
        self._refresh()

    def _button(self, step: Step) -> Any:
        button = widgets.Button(
            description=step.label,
            tooltip=f"runs notebook {step.stage.notebook}" + (" and writes to the database" if step.real else ""),
            button_style="warning" if step.real else "",
            layout=widgets.Layout(width="auto", min_width="120px"),
        )
        button.on_click(lambda _: self.press(step.key))
        return button

    def _welcome(self) -> Block:
        return block(Say("Nothing has run in this folder yet. Press 1: it only reads source code."))
