"""Step 4: when each job fires on both sides, a year of it, and who meets whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cronlift import drawing
from cronlift.errors import CronliftError
from cronlift.model.plan import ScheduleVerdict
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.notebook import views
from cronlift.notebook.display import Badge, Cell, Code, Noted, Table, Tone, block, escape
from cronlift.postgres import capabilities
from cronlift.schedule import collisions, convert, next_firings, next_source_firings
from cronlift.schedule.calendar import year_plot
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.steps.inventory import label
from cronlift.walkthrough.tables import Grid
from cronlift.walkthrough.work import Watched

_SHOWN = 10
_TONES: dict[str, Tone] = {"proved": "green", "differs": "attention", "impossible": "red"}


class Schedule(Panel):
    key, title, number = "schedule", "Schedule", 4
    purpose = "What each schedule means to the application and to pg_cron: exact sets of instants, not samples."

    def build(self) -> list[Any]:
        self._version, self._zone = "1.4", "GMT"
        self._verdicts: dict[str, ScheduleVerdict] = {}
        self._of: Classification | None = None
        self._run = button("Compare the schedules", self.run, style="primary", icon="calendar")
        self._server = widgets.Checkbox(
            value=True, indent=False, description="ask the server for its pg_cron (without: 1.4 is assumed)",
            layout=widgets.Layout(width="auto"),
        )  # fmt: skip
        self.lock(self._run, self._server)
        return [row(self._run, self._server)]

    def below(self) -> list[Any]:
        self._grid = Grid(("job", "in the application", "in pg_cron", "equal", "what it means"), self._show)
        self._meet, self._instants, self._year = html(), html(), html()
        self._draw = button("Draw the year", self.draw, icon="table")
        self.lock(self._draw)
        self._all = widgets.VBox([self._meet, self._grid.widget, self._instants, row(self._draw), self._year])
        self._all.layout.display = "none"
        return [self._all]

    def ready(self) -> str:
        return "" if self.context.store.read(Classification) else "classify (step 3) first"

    def done(self) -> bool:
        return self._of is not None and self._of is self.context.store.read(Classification)

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())

    def outcome(self) -> tuple[str, Tone]:
        if not self.done():
            return "", "plain"
        odd = sum(v.equal != "proved" for v in self._verdicts.values())
        text = (
            f"{len(self._verdicts) - odd} of {len(self._verdicts)} schedules have an equal in pg_cron {self._version}"
        )
        return (f"{text}; {odd} have none", "attention") if odd else (f"{text}, proved for every date", "green")

    def run(self) -> Any:
        """Convert every schedule and look for collisions."""
        return self.act("Comparing the schedules", self._compare, writes=False)

    def _compare(self, watched: Watched) -> None:
        found = self.context.store.read(Classification)
        if found is None:
            raise CronliftError("there is no classification", do="classify (step 3) first")
        if self._server.value:
            with self.context.server().connect_cron() as connection:
                cron = capabilities.of(connection)
            connection.close()
            self._version, self._zone = cron.version, cron.timezone
        verdicts = {}
        for job in found.jobs:
            if job.schedule is not None:
                watched.tell(f"{label(job)}: {job.schedule}")
                verdicts[job.id] = _verdict(job, self._version, self._zone)
        self._verdicts, self._of = verdicts, found

    def fill(self) -> None:
        found = self.context.store.read(Classification)
        shown = self.done() and found is not None
        self._all.layout.display = "" if shown else "none"
        if not shown or found is None:
            return
        jobs = [job for job in found.jobs if job.id in self._verdicts]
        jobs.sort(key=lambda job: job.verdict != "pure_sql")
        self._grid.show([(job.id, label(job), self._cells(job)) for job in jobs])
        moving = [job for job in jobs if job.verdict == "pure_sql" and self._verdicts[job.id].pg_cron]
        touched = [
            (label(job), self._verdicts[job.id].pg_cron or "", [r for step in job.steps for r in step.relations])
            for job in moving
        ]
        rows = [(str(collision),) for collision in collisions(touched, self._version)]
        none = '<p class="soft">No two of the jobs that can move start in one minute and touch the same table.</p>'
        meet = Table(("jobs that start in one minute and touch the same table",), rows)
        put(self._meet, block(meet).html if rows else none)

    def _cells(self, job: ClassifiedJob) -> tuple[Cell, ...]:
        verdict = self._verdicts[job.id]
        guard = "with a guard on the tick" if verdict.guard else ""
        means = Noted(verdict.explanation, verdict.horizon)
        equal = Badge(verdict.equal, _TONES[verdict.equal])
        here = Noted(job.schedule or "", job.timezone)
        return (views.short(job.worker), here, Noted(verdict.pg_cron or "none", guard), equal, means)

    def _show(self, name: str) -> None:
        verdict = self._verdicts.get(name)
        put(self._year, "")
        put(self._instants, _instants(verdict, self._version, self._zone) if verdict else "")

    def draw(self) -> Any:
        """The chosen job's year, on both sides."""
        verdict = self._verdicts.get(self._grid.chosen)
        drawn: list[str] = []

        def make(_watched: Watched) -> None:
            if verdict is None:
                raise CronliftError("no job is chosen", do="compare the schedules first")
            drawn.append(_year(verdict, self._version))

        return self.act("Drawing", make, writes=False, after=lambda: put(self._year, drawn[0]))


def _verdict(job: ClassifiedJob, version: str, zone: str) -> ScheduleVerdict:
    try:
        return convert(job.schedule or "", job.source, job.timezone, version, zone)
    except CronliftError as error:
        return ScheduleVerdict(
            source=job.schedule or "", dialect=job.source, timezone=job.timezone, pg_cron=None, guard=None,
            equal="impossible", horizon="", explanation=error.what,
        )  # fmt: skip


def _instants(verdict: ScheduleVerdict, version: str, zone: str) -> str:
    """The next instants on both sides, beside each other; where a guard judges, what it lets through."""
    now = datetime.now(UTC)
    try:
        ours = [m.astimezone(UTC) for m in next_source_firings(
            verdict.source, now, _SHOWN, verdict.dialect, verdict.timezone)]  # fmt: skip
        many = _SHOWN * (40 if verdict.guard else 1)
        theirs = next_firings(verdict.pg_cron, now, many, version, zone) if verdict.pg_cron else []
    except CronliftError as error:
        return f'<p class="soft">{escape(error.what)}</p>'
    last = ours[-1] if ours else now
    rows: list[tuple[Cell, ...]] = []
    for moment in sorted({*ours, *(m for m in theirs if m <= last)})[: _SHOWN * 3]:
        here, there = moment in ours, moment in theirs
        same = here == there
        word = "the guard lets it pass by" if verdict.guard and there and not here else "differs"
        rows.append((
            Code(f"{moment:%a %Y-%m-%d %H:%M}"), "fires" if here else "", "fires" if there else "",
            Badge("same", "green") if same else Badge(word, "plain" if verdict.guard else "red"),
        ))  # fmt: skip
    table = Table(("the next instants (UTC)", "in the application", "in pg_cron", ""), rows)
    guard = f"<p>The guard: <code>{escape(verdict.guard)}</code></p>" if verdict.guard else ""
    return f"<h4>{escape(verdict.source)} ({escape(verdict.timezone)})</h4>{block(table).html}{guard}"


def _year(verdict: ScheduleVerdict, version: str) -> str:
    year = datetime.now(UTC).year
    figure = year_plot(verdict.source, year, verdict.dialect, verdict.timezone, version, verdict.pg_cron or "")
    return drawing.svg(figure, verdict.source)
