"""Step 2: what the application schedules, when, where it says so, and what the database has seen of it."""

from __future__ import annotations

from typing import Any

from cronlift.model.job import Inventory as Found
from cronlift.model.job import Job
from cronlift.notebook import views
from cronlift.notebook.display import Cell, Code, Tone, escape
from cronlift.notebook.runner import STAGES
from cronlift.record import outcome
from cronlift.walkthrough import source
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.tables import Grid


class Inventory(Panel):
    key, title, number = "inventory", "Inventory", 2
    purpose = "Every job the application schedules, read from its source; click one to see where it comes from."

    def build(self) -> list[Any]:
        self._run = button("Take the inventory", self.run, style="primary", icon="search")
        self._observe = widgets.Checkbox(
            value=False, indent=False, description="ask the database, too, what its scheduler has recorded",
            layout=widgets.Layout(width="auto"),
        )  # fmt: skip
        self.lock(self._run, self._observe)
        return [row(self._run, self._observe)]

    def below(self) -> list[Any]:
        columns = ("job", "schedule", "time zone", "queue", "args", "runs", "failed", "p95 ms", "configured in")
        self._grid = Grid(columns, self._show)
        self._lost, self._detail = html(), html()
        self._all = widgets.VBox([self._grid.widget, self._lost, self._detail])
        self._all.layout.display = "none"
        return [self._all]

    def ready(self) -> str:
        return "" if self.context.fields.app else "name an application in step 1 first"

    def done(self) -> bool:
        return self.context.store.read(Found) is not None

    def outcome(self) -> tuple[str, Tone]:
        found = self.context.store.read(Found)
        return (outcome.of(found).sentence, outcome.of(found).colour) if found else ("", "plain")

    def run(self) -> Any:
        """Run the stage."""
        return self.act("Inventory", lambda w: self.context.run_stage(STAGES[0], w, observe=self._observe.value))

    def fill(self) -> None:
        found = self.context.store.read(Found)
        self._all.layout.display = "" if found else "none"
        if found is None:
            return
        self._grid.show([(job.id, label(job), _cells(job)) for job in found.jobs])
        items = "".join(source.evidence(self.context.root, n.why, n.file, n.line) for n in found.not_analysed)
        put(self._lost, f"<h4>Not analysed: look at these yourself</h4>{items}" if items else "")

    def _show(self, name: str) -> None:
        found = self.context.store.read(Found)
        job = next((job for job in found.jobs if job.id == name), None) if found else None
        put(self._detail, self._detail_of(job) if job else "")

    def _detail_of(self, job: Job) -> str:
        root = self.context.root
        parts = [f"<h3>{escape(job.worker)}</h3>", f'<p class="soft">{escape(job.id)}</p>', facts(_facts(job))]
        if job.handler:
            at = f"{job.handler.module}.{job.handler.function}/{job.handler.arity}"
            parts.append(f"<h4>What runs: <code>{escape(at)}</code> in {escape(job.handler.file)}</h4>")
            parts.append(source.excerpt(root, job.handler.file, job.handler.line, job.handler.line + 12))
        parts.append(f"<h4>Where it is configured: {escape(job.config.file)}</h4>")
        parts.append(source.excerpt(root, job.config.file, job.config.line, job.config.end_line))
        if job.enqueued_by:
            parts.append("<h4>Who else enqueues it</h4>")
            parts += [source.evidence(root, "enqueued by application code at", p.file, p.line) for p in job.enqueued_by]
        return "".join(parts)


def label(job: Job) -> str:
    """A job in a list: its worker's last name, told apart by its args."""
    args = ", ".join(f"{key}: {value}" for key, value in job.options.args.items())
    when = "" if job.kind == "cron" else ", at boot"
    return f"{views.short(job.worker)}{f' ({args})' if args else ''}{when}"


def facts(pairs: list[tuple[str, str]]) -> str:
    """Names and values, one below the other."""
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs if v) + "</dl>"


def _cells(job: Job) -> tuple[Cell, ...]:
    seen = job.observed
    args = ", ".join(f"{key}: {value}" for key, value in job.options.args.items())
    p95 = f"{seen.p95_ms:.1f}" if seen and seen.p95_ms is not None else ""
    counts = (str(seen.runs), str(seen.failures)) if seen else ("", "")
    zone = job.timezone if job.kind == "cron" else ""
    at = f"{job.config.file}:{job.config.line}"
    return (
        views.short(job.worker),
        Code(job.schedule or "at boot"),
        zone,
        job.options.queue or "",
        args,
        *counts,
        p95,
        at,
    )


def _facts(job: Job) -> list[tuple[str, str]]:
    options, seen = job.options, job.observed
    observed = ""
    if seen:
        observed = f"{seen.runs} runs, {seen.failures} failed, last {seen.last_run or 'never'}"
        if seen.p50_ms is not None and seen.p95_ms is not None:
            observed += f"; half of them within {seen.p50_ms:.1f} ms, 95 % within {seen.p95_ms:.1f} ms"
    return [
        ("schedule", f"{job.schedule} ({job.timezone})" if job.schedule else "at boot, not by a schedule"),
        ("condition", job.config.condition or ""),
        ("queue", options.queue or ""),
        ("attempts", str(options.max_attempts) if options.max_attempts else ""),
        ("priority", str(options.priority) if options.priority is not None else ""),
        ("unique", options.unique or ""),
        ("args", ", ".join(f"{k}: {v}" for k, v in options.args.items())),
        ("other options", ", ".join(f"{k}: {v}" for k, v in options.other.items())),
        ("observed", observed or "nothing: the database was not asked, or its scheduler has no record of this job"),
        ("notes", "; ".join(job.notes)),
    ]
