"""Step 8: who runs each job; and the acts that change it, each looked at first and bound to the plan that was read."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from cronlift.errors import SafetyError
from cronlift.handover import status
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.operation import Operation, perform
from cronlift.handover.start import Start
from cronlift.model.handover import CLOSED, Hand, Handover
from cronlift.model.plan import Plan
from cronlift.notebook import handing, views
from cronlift.notebook.display import Tone, escape
from cronlift.record import acts, outcome, pull_request
from cronlift.record.approval import require_approval
from cronlift.record.owners import owners
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.work import Watched

Offered = Literal["start", "complete", "rollback"]
ALL = ""
_LOOK = 2.0
"""Seconds between two looks for pg_cron's first sign of life."""
_WAIT = 15.0
"""Seconds that giving back waits for the last run by pg_cron; longer would only keep the page from other things."""


@dataclass(frozen=True)
class _Act:
    """What one of the buttons does: its words, and the operation for what is in the field (the deployed revision)."""

    button: str
    running: str
    means: str
    operation: Callable[[str | None], Operation]


ACTS: dict[Offered, _Act] = {
    "start": _Act(
        "Start", "Starting",
        "From the moments below on pg_cron runs these jobs, and what the application's scheduler still sends for them "
        "is turned away. Until then the application goes on.",
        lambda _: Start(),
    ),
    "complete": _Act(
        "Complete", "Completing",
        "The application no longer sends these jobs. The fence stays: a deploy that brings an entry back is an alarm, "
        "not a double run.",
        lambda deployed: Complete(deployed=deployed),
    ),
    "rollback": _Act(
        "Give back", "Giving back",
        "From the moments below on the application runs these jobs again: their entries must be deployed there. Where "
        "the last run by pg_cron has not ended by then, press again later: that looks how it ended.",
        lambda deployed: Rollback(wait=_WAIT, deployed=deployed),
    ),
}  # fmt: skip
_WHERE: dict[Offered, tuple[str, ...]] = {
    "start": ("shut", "rolled_back"),
    "complete": ("started",),
    "rollback": ("started", "completed", "paused"),
}
"""The states of a gate in which an act does something; what is right in the database ``look`` says, not this."""


class HandOver(Panel):
    key, title, number = "handover", "Hand over", 8
    purpose = (
        "Who runs each job, and the switch. The first click of an act only looks and says what it would do, and what "
        "stands against it; the second one acts, between two ticks, on exactly the plan that you read. There is "
        "always a way back."
    )

    def build(self) -> list[Any]:
        self._armed: tuple[Offered, str, tuple[str, ...], str | None] | None = None
        self._looked: Handover | None = None
        self._standing: dict[str, Hand] | None = None
        wide = {"style": {"description_width": "90px"}}
        self._which = widgets.Dropdown(description="Which", layout=widgets.Layout(width="520px"), **wide)
        self._deployed = widgets.Text(
            description="Deployed", placeholder="a revision, where the database cannot show it",
            tooltip="for Complete: without the entries; for Give back: with them", layout=widgets.Layout(width="420px"),
            **wide,
        )  # fmt: skip
        self._ask = {
            verb: button(f"{act.button} …", partial(self.look, verb), style=style, icon=icon)
            for (verb, act), style, icon in zip(
                ACTS.items(), ("warning", "warning", ""), ("play", "flag-checkered", "undo"), strict=True
            )
        }
        self._where = button("Where do they stand?", self.stand, style="primary", icon="eye")
        self._yes = button("", self.confirm, style="danger", icon="check")
        self._no = button("Cancel", self.cancel)
        self._question = html()
        self._deliberate = widgets.VBox([self._question, row(self._yes, self._no)])
        self._deliberate.layout.display = "none"
        self.lock(self._which, self._deployed, self._where, self._yes, self._no)
        self._which.observe(lambda _: self._changed(), names="value")
        self._deployed.observe(lambda _: self._changed(), names="value")
        return [row(self._where), row(self._which, self._deployed), row(*self._ask.values()), self._deliberate]

    def below(self) -> list[Any]:
        self._next, self._owners, self._last = html(), html(), html()
        return [self._next, self._owners, self._last]

    def ready(self) -> str:
        if not self.context.store.installed:
            return "install (step 6) first"
        plan = self.context.store.plan
        if plan is not None and not plan.gated:
            return "every job of this plan is plain: deploying the patch is the switch, there is no gate to open"
        return ""

    def done(self) -> bool:
        plan, hands = self.context.store.plan, self._hands()
        if not self.context.store.installed or plan is None or not plan.gated:
            return False
        return all(_state(hands, job.id) not in CLOSED for job in plan.gated)

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())
        for verb, ask in self._ask.items():
            ask.disabled = not free or bool(self.ready()) or not self._concerned(verb)

    def outcome(self) -> tuple[str, Tone]:
        kept = self.context.store.handover
        if kept is None or not self.context.store.installed:
            return "", "plain"
        return outcome.of(kept).sentence, outcome.of(kept).colour

    def stand(self) -> Any:
        """Ask the database where every gate stands, and how the runs went."""

        def ask(_watched: Watched) -> None:
            self._standing = {hand.job: hand for hand in status.status(self.context.server()).jobs}

        return self.act("Asking the database", ask, writes=False)

    def look(self, verb: Offered) -> Any:
        """The first click: what the act would do now, and what stands against it. Changes nothing."""
        self.cancel()
        plan, jobs, deployed = self.context.store.plan, self._concerned(verb), self._deployed.value.strip() or None
        if plan is None or not jobs:
            return None

        def ask(watched: Watched) -> None:
            operation = ACTS[verb].operation(deployed)
            self._looked = _patiently(
                lambda: perform(operation, plan, self.context.server(), jobs=jobs, apply=False), watched
            )
            self._armed = (verb, plan.hash, jobs, deployed)

        return self.act("Looking", ask, writes=False, after=self._offer)

    def cancel(self) -> None:
        """Nothing happens."""
        self._armed = self._looked = None
        self._deliberate.layout.display = "none"

    def confirm(self) -> Any:
        """The second click: act, if the plan is still the one that was looked at."""
        armed = self._armed
        self.cancel()
        if armed is None:
            return None
        verb, plan_hash, jobs, deployed = armed

        def act(watched: Watched) -> None:
            plan = self.context.store.plan
            if plan is None or plan.hash != plan_hash:
                raise SafetyError(
                    "the plan has changed since your first click; nothing was done",
                    do="read the plan that is there now, then press again",
                )
            operation, server = ACTS[verb].operation(deployed), self.context.server()
            with self.context.store.folder.writing() as folder:
                require_approval(folder.read(Plan), plan_hash)
                watched.tell("from here on it can be run again after anything: it looks at what is there, and finishes")
                acts.act(
                    folder,
                    lambda record: perform(
                        operation, plan, server, jobs=jobs, apply=True, run_id=plan.run_id, record=record
                    ),
                )
            self._standing = {hand.job: hand for hand in status.status(server).jobs}

        return self.act(ACTS[verb].running, act)

    def fill(self) -> None:
        plan = self.context.store.plan
        if plan is None or not self.context.store.installed:
            self.cancel()
            self._standing = None
            for part in (self._next, self._owners, self._last):
                put(part, "")
            return
        if self._armed and self._armed[1] != plan.hash:
            self.cancel()
        names = [(f"all {len(plan.gated)} managed jobs", ALL), *((views.short(j.worker), j.id) for j in plan.gated)]
        if tuple(names) != tuple(self._which.options):
            self._which.options = names
            self._which.index = 0
        hands = self._hands()
        evidence = self.context.store.folder.read_evidence()
        found = owners(plan, hands, installed=True, evidence=evidence if self._standing is None else None)
        told = "as the database says" if self._standing else "as the acts on record left them"
        shown = handing.standing(found, {job: hand.note for job, hand in hands.items()})
        put(self._owners, f'<h4>Who runs them</h4><p class="soft">{told}</p>{shown.html}')
        put(self._next, f"<p><b>Next:</b> {self._following(plan, hands)}</p>")
        kept = self.context.store.handover
        put(
            self._last,
            f"<h4>The latest act: {kept.verb}, {escape(kept.at)}</h4>{handing.act(kept).html}" if kept else "",
        )

    def _offer(self) -> None:
        """Show what the look found, and ask, where nothing stands against the act."""
        looked, armed = self._looked, self._armed
        if looked is None or armed is None:
            return
        verb, plan_hash, *_ = armed
        well = all(look.well for look in looked.looks)
        means = ACTS[verb].means if well else "<b>Something stands against it; nothing can change hands yet.</b>"
        put(self._question, f"<p>{means} Plan <code>{plan_hash}</code>.</p>{handing.act(looked).html}")
        self._yes.description = f"{ACTS[verb].button} plan {plan_hash[:12]}"
        self._yes.layout.display = "" if well else "none"
        self._deliberate.layout.display = ""

    def _changed(self) -> None:
        """Another choice than the one that was looked at has to be looked at first."""
        self.cancel()
        if not self.context.work.busy:
            self.enable(free=True)

    def _jobs(self) -> tuple[str, ...]:
        """The chosen jobs' ids."""
        if self._which.value:
            return (str(self._which.value),)
        plan = self.context.store.plan
        return tuple(job.id for job in plan.gated) if plan else ()

    def _concerned(self, verb: Offered) -> tuple[str, ...]:
        """The chosen jobs for which the act does something, or has not done all."""
        last, hands = self.context.store.handover, self._hands()
        cut_off = {hand.job for hand in last.jobs} if last and last.verb == verb and not last.complete else set()
        return tuple(job for job in self._jobs() if job in cut_off or _state(hands, job) in _WHERE[verb])

    def _hands(self) -> dict[str, Hand]:
        """Where the gates stand: as the database said last, else as the acts on record left them."""
        plan = self.context.store.plan
        if self._standing is not None:
            return self._standing
        return acts.standing(self.context.store.acts, plan) if plan else {}

    def _following(self, plan: Plan, hands: dict[str, Hand]) -> str:
        """What there is to do now, in one sentence."""
        states = {_state(hands, job.id) for job in plan.gated}
        patch = f"<code>{escape(self.context.fields.run)}/{pull_request.FOLDER}/config.patch</code>"
        if "started" in states:
            rest = " (others still wait for their start)" if states & {"shut"} else ""
            return (
                f"deploy {patch}, whenever you like: it takes the entries out of the application. Then "
                f"<i>Complete</i>, once a tick has passed without a row of the application's{rest}."
            )
        if "shut" in states:
            return "<i>Start</i> hands the jobs over. One of them first, as a canary, is a good way to begin."
        if states == {"completed"}:
            return (
                "nothing: the move is over. <code>cronlift monitor</code> keeps watch, and <code>cronlift jobs</code> "
                "has pause, run-now and flatten."
            )
        if "paused" in states:
            return "<code>cronlift jobs resume</code> takes the paused jobs up again."
        return "the application runs them. <i>Start</i> once more, or <i>Take it back</i> in step 6."


def _state(hands: dict[str, Hand], job: str) -> str:
    hand = hands.get(job)
    return hand.after if hand and hand.after else "shut"


def _patiently(look: Callable[[], Handover], watched: Watched) -> Handover:
    """Look again while all that is missing is pg_cron's first sign, which it gives at a whole minute."""
    until = time.monotonic() + Start().wait
    while True:
        found = look()
        ill = {one.name for one in found.looks if not one.well}
        if ill != {"pg_cron"} or time.monotonic() > until or watched.stopped():
            return found
        watched.tell("waiting for pg_cron's first sign: it gives one at every whole minute")
        time.sleep(_LOOK)
