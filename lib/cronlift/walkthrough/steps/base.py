"""What every step has: a heading, a line that says what happened, and how something is run from it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from cronlift.errors import UsageError
from cronlift.notebook.display import Say, Tone, block, escape
from cronlift.walkthrough.context import Context
from cronlift.walkthrough.work import Event, Watched

widgets: Any = import_module("ipywidgets")  # untyped: its names are made at run time

WIDE = widgets.Layout(width="100%")


class Panel:
    """One step of the page. ``ready`` says why it cannot be done yet, ``done`` whether it is."""

    key = ""
    title = ""
    purpose = ""
    number = 0

    def __init__(self, context: Context) -> None:
        self.context = context
        self._status = widgets.HTML(layout=WIDE)
        self._locked: list[Any] = []
        self._said = ""
        head = html(f'<h3>{self.number} {escape(self.title)}</h3><p class="soft">{escape(self.purpose)}</p>')
        self.widget = widgets.VBox([head, *self.build(), self._status, *self.below()], layout=WIDE)

    def build(self) -> list[Any]:
        """The step's controls, above the line that says what happened."""
        return []

    def below(self) -> list[Any]:
        """What is shown below that line."""
        return []

    def ready(self) -> str:
        """Why this step cannot be done yet, in words; empty where it can."""
        return ""

    def done(self) -> bool:
        """Whether the run folder holds this step's result."""
        return False

    def stops(self) -> bool:
        """Whether what ``ready`` says is not only a step that comes first, but a finding against going on."""
        return False

    def outcome(self) -> tuple[str, Tone]:
        """The sentence of what the run folder holds; empty where it holds nothing of this step."""
        return "", "plain"

    def fill(self) -> None:
        """Show what the run folder holds."""

    def enable(self, free: bool) -> None:
        """Switch the step's own controls; ``free``: nothing is running."""
        for control in self._locked:
            control.disabled = not free

    def heard(self, events: list[Event]) -> None:
        """Something was reported while this step's work runs."""

    def refresh(self) -> None:
        """Show the step as the run folder has it."""
        self.fill()
        free = not self.context.work.busy
        self.enable(free)
        if free:
            self._settle()

    def forget(self) -> None:
        """An error that was said belongs to what was tried; a new try, or other fields, end it."""
        self._said = ""

    def act(
        self,
        label: str,
        job: Callable[[Watched], None],
        *,
        writes: bool = True,
        after: Callable[[], None] | None = None,
    ) -> Any:
        """Run ``job`` away from this thread and say how it goes; returns its thread, None where another one runs.

        ``writes``: it works in the run folder, which this page then holds.
        """
        folder = self.context.fields.folder().path

        def run(watched: Watched) -> None:
            if writes:
                self.context.lock.take(folder)
            job(watched)

        def heard(seconds: float, events: list[Event]) -> None:
            texts.extend(str(event["text"]) for event in events if "text" in event)
            self.say_running(label, seconds, texts)
            self.heard(events)

        def ended(error: str) -> None:
            self._said = error
            if after is not None and not error:
                after()
            self.context.changed()

        texts: list[str] = []
        self.forget()
        thread = self.context.work.start(run, starting=self.context.changed, heard=heard, ended=ended)
        if thread is None:
            self.say("something is running already: wait until it is done", "attention")
        return thread

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Set the line that says what happened."""
        self._status.value = _live(block(Say(text, tone)).html) if text else ""

    def say_running(self, label: str, seconds: float, texts: list[str]) -> None:
        last = f'<p class="soft">{escape(texts[-1])}</p>' if texts else ""
        said = block(Say(f"{label} is running … {int(seconds)} s", "pending")).html
        self._status.value = _live(f'{said}<div class="cw"><div class="bar"></div>{last}</div>')

    def _settle(self) -> None:
        """Say the error that was met, or what the folder holds, or why the step has to wait."""
        if self._said:
            self.say(self._said, "red")
            return
        text, tone = self.outcome()
        waits = self.ready()
        self.say(text or waits, tone if text else "plain" if not self.stops() else "red")

    def take(self, field: Any, name: str, value: str) -> None:
        """Take on what was typed into a field; what may not be kept is taken out of it again, and said."""
        self.forget()
        try:
            self.context.change(**{name: value})
        except UsageError as error:
            field.value = getattr(self.context.fields, name)
            self._said = str(error)
            self.refresh()

    def lock(self, *controls: Any) -> None:
        """These controls are off while something runs."""
        self._locked += controls


def button(text: str, pressed: Callable[[], Any], *, tooltip: str = "", style: str = "", icon: str = "") -> Any:
    """A button that calls ``pressed``."""
    made = widgets.Button(
        description=text,
        tooltip=tooltip,
        button_style=style,
        icon=icon,
        layout=widgets.Layout(width="auto", min_width="110px", margin="2px 8px 2px 0"),
    )
    made.on_click(lambda _: pressed())
    return made


def row(*children: Any) -> Any:
    """Controls side by side, wrapped where the page is narrow."""
    return widgets.HBox(
        list(children), layout=widgets.Layout(flex_flow="row wrap", align_items="center", margin="0 0 6px 0")
    )


def html(text: str = "") -> Any:
    """A piece of the page, in its own style."""
    return widgets.HTML(_wrapped(text), layout=WIDE)


def put(widget: Any, text: str) -> None:
    """Give a piece of the page a new text."""
    widget.value = _wrapped(text)


def _wrapped(text: str) -> str:
    return f'<div class="cw">{text}</div>' if text else ""


def _live(text: str) -> str:
    """Read out by screen readers when it changes."""
    return f'<div role="status" aria-live="polite">{text}</div>'
