"""Step 1: which application, which database, and whether everything that is needed is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cronlift.errors import CronliftError
from cronlift.notebook.display import Badge, Noted, Table, Tone, block
from cronlift.record.run_folder import next_folder
from cronlift.walkthrough import checklist
from cronlift.walkthrough.checklist import Item
from cronlift.walkthrough.context import Context
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.work import Watched

DEMO = "examples/demo_app"
OWN, EXAMPLE = "my own application", "the demo application"
_FIELDS = (
    ("app", "Application", "the folder with mix.exs: type or paste its path"),
    ("env", "Environment", "whose configuration counts: prod"),
    ("service", "Service", "of its database, in pg_service.conf"),
    ("dsn_env", "or variable", "the NAME of a variable with a connection string"),
    ("cron_database", "pg_cron in", "another database, if it is not found by itself"),
    ("decisions", "Decisions", "a decisions.yaml in your repository; made where there is none"),
    ("run", "Run folder", "where everything is kept"),
)
_WORDS: dict[str, tuple[str, Tone]] = {
    "green": ("ready", "green"),
    "attention": ("note", "attention"),
    "red": ("missing", "red"),
}


class Connect(Panel):
    key, title, number = "connect", "Connect", 1
    purpose = (
        "Point it at your own application and its database, or try it on the demo, which is ready. Nothing is written "
        "to a database before step 6. A database is named, never spelt out: no password is typed here."
    )

    def build(self) -> list[Any]:
        own = self.context.fields.app != DEMO
        self._which = widgets.ToggleButtons(
            options=[OWN, EXAMPLE], value=OWN if own else EXAMPLE, style={"button_width": "auto"}
        )
        self._fields = {name: self._field(name, label, hint) for name, label, hint in _FIELDS}
        self._check = button("Check the connection", self.check, style="primary", icon="plug")
        self._which.observe(lambda change: self._turn(change["new"]), names="value")
        self._meant = html()
        self.lock(self._which, *self._fields.values(), self._check)
        grid = widgets.GridBox(
            list(self._fields.values()),
            layout=widgets.Layout(
                grid_template_columns="repeat(auto-fill, minmax(430px, 1fr))", grid_gap="2px 16px", margin="6px 0"
            ),
        )
        return [self._which, grid, self._meant, row(self._check)]

    def below(self) -> list[Any]:
        self._list = html()
        return [self._list]

    def done(self) -> bool:
        rows = self.context.memory.checklist
        return bool(rows) and all(kind != "red" for _, kind, *_ in rows)

    def outcome(self) -> tuple[str, Tone]:
        kinds = [kind for _, kind, *_ in self.context.memory.checklist]
        if not kinds:
            return "", "plain"
        if "red" in kinds:
            return "something is missing: the list says what to do; reading source (steps 2 to 4) works without", "red"
        return "everything that is needed is there", "green"

    def fill(self) -> None:
        for name, field in self._fields.items():
            if field.value != getattr(self.context.fields, name):
                field.value = getattr(self.context.fields, name)
        try:
            meant = checklist.named(self.context.fields.service, self.context.fields.dsn_env)
        except CronliftError as error:
            meant = f"{error.what}: {error.do}"
        put(self._meant, f'<p class="soft">The database: {meant}.</p>')
        rows = [(Badge(*_WORDS[kind]), what, Noted(seen, do)) for what, kind, seen, do in self.context.memory.checklist]
        put(
            self._list, block(Table(("", "what is needed", "what was seen, and what to do"), rows)).html if rows else ""
        )

    def check(self) -> Any:
        """Go through the checklist."""
        self.context.memory.checklist = []
        return self.act("Checking the connection", self._ask, writes=False)

    def _ask(self, watched: Watched) -> None:
        fields = self.context.fields
        rows: list[list[str]] = []
        items = checklist.checklist(
            self.context.root, fields.env, fields.decisions_file, self.context.server(), self.context.store.plan
        )
        for item in items:
            watched.tell(f"{item.what}: {item.seen}")
            rows.append(_row(item))
        self.context.memory.checklist = rows
        self.context.memory.keep()

    def _turn(self, which: str) -> None:
        """Empty the fields for one's own application, or fill in the demo's."""
        runs = self.context.fields.folder().path.parent
        if which == OWN:
            self.context.change(app="", decisions="", service="", dsn_env="", run=str(_relative(next_folder(runs))))
        else:
            self.context.change(**demo(self.context))

    def _field(self, name: str, label: str, hint: str) -> Any:
        common = {
            "value": getattr(self.context.fields, name),
            "description": label,
            "placeholder": hint,
            "tooltip": hint,
            "continuous_update": False,
            "layout": widgets.Layout(width="auto"),
            "style": {"description_width": "90px"},
        }
        offers = {"service": checklist.services, "dsn_env": checklist.variables}.get(name)
        kind = widgets.Combobox if offers else widgets.Text
        made = kind(**common, **({"options": offers(), "ensure_option": False} if offers else {}))
        made.observe(lambda change: self.take(made, name, change["new"]), names="value")
        return made


def demo(context: Context) -> dict[str, str]:
    """The fields of the demo application, its decisions in a copy that may be changed."""
    runs = context.fields.folder().path.parent
    return {
        "app": DEMO, "env": "prod", "service": "", "dsn_env": "", "cron_database": "",
        "decisions": str(_relative(runs / "demo-decisions.yaml")), "run": str(_relative(runs / "walkthrough")),
    }  # fmt: skip


def _relative(path: Path) -> Path:
    from cronlift.notebook.parameters import project_root

    root = project_root().resolve()
    return path.relative_to(root) if path.is_relative_to(root) else path


def _row(item: Item) -> list[str]:
    return [item.what, item.status, item.seen, item.do]
