"""Step 3: what each job is, on what evidence, its source beside its SQL; and a person's word against it."""

from __future__ import annotations

import getpass
from typing import Any

from cronlift.errors import CronliftError
from cronlift.model.job import Inventory
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.notebook import pairs, views
from cronlift.notebook.display import Badge, Cell, Code, Noted, Tone, block, cell_html, escape
from cronlift.notebook.runner import STAGES
from cronlift.record import outcome
from cronlift.walkthrough import overrule, source
from cronlift.walkthrough.order import Order
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.steps.inventory import label
from cronlift.walkthrough.tables import Grid
from cronlift.walkthrough.work import Watched

_CHOICES = (
    ("as cronlift found it", ""),
    ("pure SQL: it may move", "pure_sql"),
    ("app logic: it stays", "app_logic"),
    ("needs review: nobody is sure", "needs_review"),
)
_TEXTS = (
    ("who", "Who decides", "your name, or your team's"),
    ("why", "Why", "the reason: it is in the record"),
    ("cron_name", "Cron entry", "its name; empty: cronlift/<database>/<job>"),
    ("procedure", "Procedure", "its name; empty: made from the worker's"),
    ("schema_name", "Schema", "of the procedure; empty: its tables'"),
    ("job_role", "Runs as", "a role; empty: the tables' owner"),
)


class Classify(Panel):
    key, title, number = "classify", "Classify", 3
    purpose = (
        "Which jobs are only SQL, and why the others are not. A line of evidence opens to the source it stands on."
    )

    def build(self) -> list[Any]:
        self._run = button("Classify", self.run, style="primary", icon="gavel")
        self.lock(self._run)
        return [row(self._run)]

    def below(self) -> list[Any]:
        self._grid = Grid(("job", "schedule", "verdict", "why"), self._show)
        self._detail = html()
        self._order = Order()
        self._all = widgets.VBox([self._grid.widget, self._detail, self._overruling(), self._order.widget])
        self._all.layout.display = "none"
        return [self._all]

    def _overruling(self) -> Any:
        wide = {"layout": widgets.Layout(width="auto"), "style": {"description_width": "90px"}}
        self._verdict = widgets.Dropdown(description="Verdict", options=_CHOICES, **wide)
        self._move = widgets.Checkbox(
            value=True, indent=False, description="move it", layout=widgets.Layout(width="auto")
        )
        self._texts = {
            name: widgets.Text(description=text, placeholder=hint, continuous_update=False, **wide)
            for name, text, hint in _TEXTS
        }
        self._texts["who"].value = getpass.getuser()
        self._write = button("Write the decision", self.decide, icon="pencil")
        self._take_back = button("Take the decision back", self.take_back, icon="undo")
        self._where = html()
        self.lock(self._verdict, self._move, *self._texts.values(), self._write, self._take_back)
        grid = widgets.GridBox(
            [self._verdict, *self._texts.values()],
            layout=widgets.Layout(grid_template_columns="repeat(auto-fill, minmax(400px, 1fr))", grid_gap="2px 16px"),
        )
        body = widgets.VBox([self._where, grid, row(self._move, self._write, self._take_back)])
        self._fold = widgets.Accordion([body], selected_index=None, titles=("Decide about this job",))
        return self._fold

    def ready(self) -> str:
        return "" if self.context.store.read(Inventory) else "take the inventory (step 2) first"

    def done(self) -> bool:
        return self.context.store.read(Classification) is not None

    def outcome(self) -> tuple[str, Tone]:
        found = self.context.store.read(Classification)
        return (outcome.of(found).sentence, outcome.of(found).colour) if found else ("", "plain")

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())

    def run(self) -> Any:
        """Run the stage."""
        return self.act("Classify", lambda watched: self.context.run_stage(STAGES[1], watched))

    def decide(self) -> Any:
        """Write what was filled in, and classify anew with it."""
        job = self._judged()
        file = self.context.fields.decisions_file
        values = {name: field.value for name, field in self._texts.items()}
        verdict, move = str(self._verdict.value), bool(self._move.value)

        def write(watched: Watched) -> None:
            if job is None or file is None:
                raise CronliftError("nothing to decide", do="choose a job, and name a decisions file in step 1")
            made = overrule.decision(job, verdict=verdict, move=move, **values)
            overrule.put(file, job.id, made)
            watched.tell(f"written to {file.name}; classifying anew")
            self.context.run_stage(STAGES[1], watched)

        return self.act("Deciding", write, after=self._clear)

    def take_back(self) -> Any:
        """Remove the decision on this job, and classify anew without it."""
        name, file = self._grid.chosen, self.context.fields.decisions_file

        def write(watched: Watched) -> None:
            if file is None or not file.is_file():
                raise CronliftError("there is no decision to take back", do="decisions are in the file of step 1")
            overrule.put(file, name, None)
            self.context.run_stage(STAGES[1], watched)

        return self.act("Taking the decision back", write)

    def fill(self) -> None:
        found = self.context.store.read(Classification)
        self._all.layout.display = "" if found else "none"
        if found is None:
            return
        order = list(views.VERDICTS)
        jobs = sorted(found.jobs, key=lambda job: order.index(job.verdict))
        self._grid.show([(job.id, label(job), _cells(job)) for job in jobs])
        self._order.show(found)
        file = self.context.fields.decisions or "no file: name one in step 1"
        put(self._where, f'<p class="soft">Your name and reason go into <code>{escape(file)}</code>, bound to the code '
            "as it is now: when it changes, the decision is stale and has to be made again. What needs the application "
            "cannot be decided to be pure SQL.</p>")  # fmt: skip

    def _clear(self) -> None:
        for name in ("why", "cron_name", "procedure", "schema_name", "job_role"):
            self._texts[name].value = ""
        self._verdict.value = ""

    def _judged(self) -> ClassifiedJob | None:
        found = self.context.store.read(Classification)
        return overrule.as_read(found, self._grid.chosen) if found else None

    def _show(self, name: str) -> None:
        found = self.context.store.read(Classification)
        job = next((job for job in found.jobs if job.id == name), None) if found else None
        put(self._detail, self._detail_of(job) if job else "")
        if job:
            self._fold.titles = (f"Decide about {label(job)}",)

    def _detail_of(self, job: ClassifiedJob) -> str:
        root = self.context.root
        badge = cell_html(Badge(*views.VERDICTS[job.verdict]))
        decided = ' <span class="soft">decided by a person</span>' if job.decided else ""
        parts = [f'<h3>{escape(job.worker)} <span class="cronlift">{badge}</span>{decided}</h3>']
        parts.append("<h4>Why</h4>")
        parts += [source.evidence(root, r.text, r.file, r.line) for r in job.reasons]
        if job.steps:
            parts.append(block(pairs.side_by_side(root, "Where its SQL comes from", job.steps, open=True)).html)
        if job.remarks:
            parts.append("<h4>Noticed</h4>")
            parts += [source.evidence(root, x.text, x.file, x.line) for x in job.remarks]
        if job.losses:
            parts.append("<h4>What pg_cron will not do</h4>")
            parts += [source.evidence(root, f"{x.code}: {x.text}", x.file, x.line) for x in job.losses]
        if job.effects:
            lines = "".join(
                source.evidence(root, f"{e.kind.replace('_', ' ')}: {e.what}" + _through(e.path), e.file, e.line)
                for e in job.effects
            )
            shown = f"Everything it does to the world ({len(job.effects)})"
            parts.append(f"<details><summary><b>{shown}</b></summary>{lines}</details>")
        return "".join(parts)


def _through(path: tuple[str, ...]) -> str:
    return f", through {' → '.join(path)}" if path else ""


def _cells(job: ClassifiedJob) -> tuple[Cell, ...]:
    first = job.reasons[0] if job.reasons else None
    why = Noted(first.text, f"{first.file}:{first.line}") if first else ""
    return (views.short(job.worker), Code(job.schedule or "at boot"), Badge(*views.VERDICTS[job.verdict]), why)
