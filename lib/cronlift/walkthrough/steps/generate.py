"""Step 5: the plan: what would be installed, how it differs from what is there, the patch, the way back."""

from __future__ import annotations

from typing import Any

from cronlift.errors import CronliftError
from cronlift.model.plan import Plan
from cronlift.model.verdict import Classification
from cronlift.notebook import pairs, views
from cronlift.notebook.display import Code, Fold, Noted, Table, Tone, block, escape
from cronlift.notebook.runner import STAGES
from cronlift.record import outcome, pull_request
from cronlift.stages.install import install
from cronlift.walkthrough import source
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.tables import Grid
from cronlift.walkthrough.work import Watched


class Generate(Panel):
    key, title, number = "generate", "Generate", 5
    purpose = (
        "The plan: procedures, cron entries, the framework's migration, the patch that takes the entries out of the "
        "application, and the way back. The database's catalogs are read; nothing is written there."
    )

    def build(self) -> list[Any]:
        self._run = button("Make the plan", self.run, style="primary", icon="file-text")
        self._compare = button("Compare with what is installed", self.compare, icon="exchange")
        self.lock(self._run, self._compare)
        return [row(self._run, self._compare)]

    def below(self) -> list[Any]:
        self._there = html()
        self._grid = Grid(("job", "cron entry", "schedule", "command", "runs as"), self._show)
        self._detail, self._texts = html(), html()
        self._all = widgets.VBox([self._there, self._grid.widget, self._detail, self._texts])
        self._all.layout.display = "none"
        self._compared = ""
        return [self._all]

    def ready(self) -> str:
        return "" if self.context.store.read(Classification) else "classify (step 3) first"

    def done(self) -> bool:
        plan = self.context.store.plan
        return bool(plan and plan.jobs)

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())
        self._compare.disabled = self._compare.disabled or not self.done()

    def outcome(self) -> tuple[str, Tone]:
        plan = self.context.store.plan
        return (outcome.of(plan).sentence, outcome.of(plan).colour) if plan else ("", "plain")

    def run(self) -> Any:
        """Run the stage."""
        self._compared = ""
        return self.act("Making the plan", lambda watched: self.context.run_stage(STAGES[2], watched))

    def compare(self) -> Any:
        """Ask the databases what is there under the planned names."""

        def ask(_watched: Watched) -> None:
            plan = self.context.store.plan
            if plan is None:
                raise CronliftError("there is no plan", do="make it first")
            looked = install(plan, self.context.server(), apply=False)
            self._compared = views.installation(looked).html

        return self.act("Comparing", ask, writes=False)

    def fill(self) -> None:
        plan = self.context.store.plan
        self._all.layout.display = "" if plan else "none"
        if plan is None:
            return
        rows = [
            (job.id, views.short(job.worker), (
                views.short(job.worker), Code(job.cron_name), Code(job.schedule.pg_cron or ""), Code(job.command),
                job.job_role,
            ))
            for job in plan.jobs
        ]  # fmt: skip
        self._grid.show(rows)
        put(self._there, f"<h4>Compared with the databases</h4>{self._compared}" if self._compared else "")
        put(self._texts, self._plan_texts(plan))

    def _plan_texts(self, plan: Plan) -> str:
        target = plan.target
        where = (
            f"PostgreSQL {target.server_version}, database {target.database}, pg_cron {target.pg_cron_version} in "
            f"{target.cron_database}, schedules in {target.cron_timezone}"
        )
        parts = [f"<h4>Target</h4><p>{escape(where)}</p><p>Plan <code>{plan.hash}</code></p>"]
        if plan.refused:
            refused = Table(("job", "why"), [(r.id, Noted(r.why, r.code)) for r in plan.refused])
            parts.append(block(Fold("Refused", refused, open=True)).html)
        said = [*plan.warnings, *(f"{views.short(j.worker)}: {w}" for j in plan.jobs for w in j.warnings)]
        if said:
            parts.append(
                block(Fold("Read before you install", Table(("warning",), [(w,) for w in said]), open=True)).html
            )
        listings = (
            ("up.sql: what install runs", plan.up_sql, "postgresql"),
            ("down.sql: the way back", plan.down_sql, "postgresql"),
            (f"The framework's migration: {plan.migration.file}", plan.migration.text, "elixir"),
            ("config.patch: takes the entries out of the application", plan.patch, "diff"),
        )
        parts += [
            f"<details><summary>{escape(title)}</summary>{source.coloured(text, language)}</details>"
            for title, text, language in listings
            if text
        ]
        folder = self.context.store.folder.path / pull_request.FOLDER
        if folder.is_dir():
            parts.append(
                f"<h4>For the pull request</h4><p><code>{escape(self.context.fields.run)}/{pull_request.FOLDER}/</code>"
                " holds the patch, the migration and summary.md: a text for reviewers.</p>"
            )
        return "".join(parts)

    def _show(self, name: str) -> None:
        plan = self.context.store.plan
        job = next((job for job in plan.jobs if job.id == name), None) if plan else None
        if job is None:
            put(self._detail, "")
            return
        made = source.sql(job.procedure_sql) if job.procedure_sql else "<p>No procedure: the command stands alone.</p>"
        sides = pairs.side_by_side(self.context.root, "Where its SQL comes from", job.steps, open=True)
        put(
            self._detail,
            f"<h3>{escape(job.worker)}</h3>{block(sides).html}"
            f"<h4>The procedure</h4>{made}<h4>What the cron entry runs</h4>{source.sql(job.command)}",
        )
