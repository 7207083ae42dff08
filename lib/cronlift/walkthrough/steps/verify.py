"""Step 7: the checks as they turn green, the proof that both sides leave the same rows, and the real runs."""

from __future__ import annotations

import time
from typing import Any, get_args

from cronlift.errors import CronliftError, UsageError
from cronlift.model.verification import CheckName, Status
from cronlift.notebook import views
from cronlift.notebook.display import Badge, Cell, Code, Listing, Table, Tone, block, escape
from cronlift.notebook.runner import STAGES
from cronlift.record import outcome
from cronlift.verification import gated
from cronlift.walkthrough import watch
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.work import Event, Watched

CHECKS: tuple[CheckName, ...] = get_args(CheckName)
_NAMES = {
    "catalog": "as planned",
    "schedule": "same instants",
    "effects": "same rows",
    "double_run": "not twice",
    "real_run": "really ran",
}
_ALL = "every entry has run"
_LOOK = 2.0
"""Seconds between two looks at what pg_cron has recorded."""


class Verify(Panel):
    key, title, number = "verify", "Verify", 7
    purpose = (
        "Is what runs in the database what the application did? Same instants, same rows, real runs. The proof of the "
        "rows writes, and so runs only on a database that may be thrown away."
    )

    def build(self) -> list[Any]:
        self._states: dict[str, dict[str, Status | str]] = {}
        self._run = button("Verify", self.run, style="primary", icon="check-square-o")
        self._probe = widgets.Checkbox(
            value=False, indent=False, layout=widgets.Layout(width="auto"),
            description="show a real run at the next minute (only on a disposable database)",
        )  # fmt: skip
        self._proof = {
            name: widgets.Text(
                value=getattr(self.context.fields, name), description=text, placeholder=hint, continuous_update=False,
                layout=widgets.Layout(width="420px"), style={"description_width": "90px"},
            )
            for name, text, hint in (
                ("proof_service", "Proof on", "service of a disposable copy; empty: the database itself, if it is one"),
                ("proof_dsn_env", "or variable", "the NAME of a variable"),
            )
        }  # fmt: skip
        for name, field in self._proof.items():
            field.observe(lambda c, field=field, name=name: self.take(field, name, c["new"]), names="value")
        self.lock(self._run, self._probe, *self._proof.values())
        return [row(*self._proof.values()), row(self._run, self._probe)]

    def below(self) -> list[Any]:
        self._matrix, self._detail, self._runs = html(), html(), html()
        self._watch = button("Watch the real runs", self.watch, icon="eye")
        self._stop = button("Stop watching", self.context.work.stop)
        self._stop.disabled = True
        self._watching = False
        self.lock(self._watch)
        return [self._matrix, row(self._watch, self._stop), self._runs, self._detail]

    def ready(self) -> str:
        plan = self.context.store.plan
        return "" if plan and plan.jobs else "make a plan (step 5) first"

    def done(self) -> bool:
        found = self.context.store.verification
        return bool(found and found.installed)

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())
        self._watch.disabled = self._watch.disabled or not self.context.store.installed
        self._stop.disabled = not self._watching

    def outcome(self) -> tuple[str, Tone]:
        found = self.context.store.verification
        return (outcome.of(found).sentence, outcome.of(found).colour) if found else ("", "plain")

    def run(self) -> Any:
        """Run the stage; each check appears as it comes out."""
        plan = self.context.store.plan
        self._states = {job.cron_name: dict.fromkeys(CHECKS, "") for job in plan.jobs} if plan else {}
        put(self._detail, "")
        return self.act("Verify", lambda watched: self.context.run_stage(STAGES[4], watched, probe=self._probe.value))

    def heard(self, events: list[Event]) -> None:
        for event in events:
            for name, status in event.get("checked", {}).items():
                self._states.setdefault(name, dict.fromkeys(CHECKS, ""))[event["check"]] = status
        if self._states:
            put(self._matrix, _matrix(self._states))

    def watch(self) -> Any:
        """Look at pg_cron's record every two seconds until every entry has run, or somebody stops it."""
        plan = self.context.store.plan

        def wait(watched: Watched) -> None:
            if plan is None:
                raise UsageError("there is no plan", do="make it first (step 5)")
            server = self.context.server()
            with server.connect_cron() as connection:
                while not watched.stopped():
                    seen = watch.look(connection, plan, gated.standings(plan, server))
                    put(self._runs, f"<h4>Real runs</h4>{block(watch.table(seen)).html}")
                    if all(one.status in ("succeeded", "failed", watch.SHUT) for one in seen):
                        shut = sum(one.status == watch.SHUT for one in seen)
                        watched.tell(
                            f"{len(seen) - shut} entries have run; {shut} wait behind a shut gate" if shut else _ALL
                        )
                        return
                    time.sleep(_LOOK)
            connection.close()

        self._watching = True
        thread = self.act("Watching", wait, writes=False, after=self._watched)
        if thread is None:
            self._watching = False
        return thread

    def _watched(self) -> None:
        self._watching = False

    def fill(self) -> None:
        for name, field in self._proof.items():
            if field.value != getattr(self.context.fields, name):
                field.value = getattr(self.context.fields, name)
        if self.context.work.busy:
            return
        self._watching = False
        found = self.context.store.verification
        if found is None:
            put(self._matrix, "")
            put(self._detail, "")
            return
        states: dict[str, dict[str, Status | str]] = {
            job.cron_name: {check.name: check.status for check in job.checks} for job in found.jobs
        }
        put(self._matrix, _matrix(states))
        put(self._detail, self._details() + "".join(f"<p>{escape(note)}</p>" for note in found.notes))

    def _details(self) -> str:
        found = self.context.store.verification
        assert found is not None
        try:
            evidence = self.context.store.folder.read_evidence().get("jobs", {})
        except (ValueError, CronliftError):
            evidence = {}
        parts = []
        for job in found.jobs:
            rows: list[tuple[Cell, ...]] = []
            for check in job.checks:
                text = check.text
                if check.status == "pending" and evidence.get(job.cron_name, {}).get("next_firing"):
                    text += f"; due {evidence[job.cron_name]['next_firing']}"
                rows.append((_NAMES[check.name], views.status(check.status), text))
            lines = [f"{_NAMES[check.name]}: {line}" for check in job.checks for line in check.evidence]
            shown = [Table(("check", "result", "what was seen"), rows)]
            more = [Listing("Evidence", "\n".join(lines))] if lines else []
            parts.append(f"<h4><code>{escape(job.cron_name)}</code></h4>{block(*shown, *more).html}")
        return "".join(parts)


def _matrix(states: dict[str, dict[str, Status | str]]) -> str:
    rows: list[tuple[Cell, ...]] = []
    for name, checks in states.items():
        cells = [views.status(s) if (s := checks.get(check, "")) in views.STATUSES else Badge("…") for check in CHECKS]
        rows.append((Code(name), *cells))
    return block(Table(("cron entry", *(_NAMES[check] for check in CHECKS)), rows)).html
