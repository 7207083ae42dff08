"""Step 6: exactly what will run, then a second click that is bound to the plan that was read."""

from __future__ import annotations

from typing import Any

from cronlift.errors import SafetyError
from cronlift.model.installation import Installation
from cronlift.model.plan import Mode
from cronlift.model.verification import Verification
from cronlift.notebook.display import Badge, Cell, Code, Table, Tone, block, escape
from cronlift.notebook.runner import STAGES
from cronlift.record import outcome
from cronlift.record.next_step import next_step
from cronlift.stages import install as stage
from cronlift.walkthrough import source
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.work import Watched

_TONES: dict[str, Tone] = {"created": "green", "present": "green", "removed": "attention", "absent": "plain"}


_MEANING: dict[Mode, str] = {
    "plain": "Until the patch is deployed the application runs these jobs, too.",
    "managed": "Each waits behind a shut gate: the application runs it until step 8 hands it over.",
}


class Install(Panel):
    key, title, number = "install", "Install", 6
    purpose = (
        "This step writes to the database. Read what will run; the first button only asks, the second one acts, on "
        "exactly the plan that you read."
    )

    def build(self) -> list[Any]:
        self._armed = ""
        self._back = False
        self._ask = button("Install …", self.arm, style="warning", icon="database")
        self._ask_back = button("Take it back …", self.arm_back, icon="undo")
        self._yes = button("", self.confirm, style="danger", icon="check")
        self._no = button("Cancel", self.cancel)
        self._question = html()
        self._deliberate = widgets.VBox([self._question, row(self._yes, self._no)])
        self._deliberate.layout.display = "none"
        self.lock(self._yes, self._no)
        return [row(self._ask, self._ask_back), self._deliberate]

    def below(self) -> list[Any]:
        self._done, self._texts = html(), html()
        return [self._done, self._texts]

    def ready(self) -> str:
        plan = self.context.store.plan
        if not plan or not plan.jobs:
            return "make a plan (step 5) first"
        seen = self.context.store.verification
        if seen is not None and seen.differing and not self.done():
            return f"step 7 found that the rows differ, so this plan is not installed: {'; '.join(seen.differing)}"
        return ""

    def stops(self) -> bool:
        return self.ready().startswith("step 7")

    def done(self) -> bool:
        return self.context.store.installed

    def enable(self, free: bool) -> None:
        super().enable(free)
        self._ask.disabled = not free or bool(self.ready())
        self._ask_back.disabled = not free or not self.done()

    def outcome(self) -> tuple[str, Tone]:
        found = self.context.store.installation
        if found is None or not found.applied:
            return "", "plain"
        return outcome.of(found).sentence, outcome.of(found).colour

    def arm(self) -> None:
        """The first click: remember which plan is being looked at, and ask."""
        self._arm(back=False)

    def arm_back(self) -> None:
        """The same for taking it out again."""
        self._arm(back=True)

    def _arm(self, *, back: bool) -> None:
        plan = self.context.store.plan
        if plan is None:
            return
        self._armed, self._back = plan.hash, back
        target = plan.target
        what = "removes what this plan installed" if back else f"installs {outcome.plural(len(plan.jobs), 'job')}"
        put(self._question, f"<p><b>This {what}</b> in database {escape(target.database)} (pg_cron in "
            f"{escape(target.cron_database)}) on server {escape(target.system_identifier)}, as plan "
            f"<code>{plan.hash}</code>. "
            f"{'' if back else _MEANING[plan.mode]}</p>")  # fmt: skip
        self._yes.description = f"{'Take back' if back else 'Install'} plan {plan.hash[:12]}"
        self._deliberate.layout.display = ""

    def cancel(self) -> None:
        """Nothing happens."""
        self._armed = ""
        self._deliberate.layout.display = "none"

    def confirm(self) -> Any:
        """The second click: act, if the plan is still the one that was asked about."""
        armed, back = self._armed, self._back
        self.cancel()

        def act(watched: Watched) -> None:
            plan = self.context.store.plan
            if plan is None or plan.hash != armed:
                raise SafetyError(
                    "the plan has changed since your first click; nothing was done",
                    do="read the plan that is there now, then press again",
                )
            if back:
                self._roll_back(watched)
            else:
                self.context.run_stage(STAGES[3], watched, apply=True, plan_hash=armed)

        return self.act("Taking back" if back else "Installing", act)

    def _roll_back(self, watched: Watched) -> None:
        plan = self.context.store.plan
        assert plan is not None
        with self.context.store.folder.writing() as folder:
            watched.tell("connecting")

            def record(document: Installation) -> None:
                folder.forget(Verification)  # what it saw is no longer there
                folder.write_document(document)

            stage.rollback(plan, self.context.server(), apply=True, run_id=plan.run_id, record=record)

    def fill(self) -> None:
        plan = self.context.store.plan
        if plan is None or not plan.jobs:
            self.cancel()
            put(self._done, "")
            put(self._texts, "")
            return
        if self._armed and self._armed != plan.hash:
            self.cancel()
        found = self.context.store.installation
        if found is not None and found.applied:
            rows: list[tuple[Cell, ...]] = [
                (Badge(a.state, _TONES.get(a.state, "plain")), a.object.replace("_", " "), Code(a.name), a.database)
                for a in found.actions
            ]
            notes = "".join(f"<p>{escape(note)}</p>" for note in found.notes)
            following = next_step(self.context.store.folder, self.context.fields.run, self.context.server())
            if following:
                notes += f"<p>Step 8 hands the jobs over. In a shell: <code>{escape(following)}</code></p>"
            put(self._done, block(Table(("state", "object", "name", "database"), rows)).html + notes)
        else:
            put(self._done, "")
        target = plan.target
        one = "in one transaction" if not target.split else "in one transaction for each database, the tables' first"
        put(
            self._texts,
            f"<h4>Exactly what will run, {one}</h4>"
            f"{source.coloured(plan.up_sql, 'postgresql')}"
            f"<details><summary>The way back</summary>{source.coloured(plan.down_sql, 'postgresql')}</details>",
        )
