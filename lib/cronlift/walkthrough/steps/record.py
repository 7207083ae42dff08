"""Step 9: what is left behind: the page for reviewers, the sealed folder, and whether it is as it was sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from cronlift.errors import CronliftError, UsageError
from cronlift.notebook import views
from cronlift.notebook.display import Badge, Cell, Table, Tone, block, escape
from cronlift.notebook.parameters import project_root
from cronlift.record import audit
from cronlift.record.manifest import Manifest
from cronlift.walkthrough.steps.base import Panel, button, html, put, row, widgets
from cronlift.walkthrough.steps.inventory import facts
from cronlift.walkthrough.tables import Grid
from cronlift.walkthrough.work import Watched


class Record(Panel):
    key, title, number = "record", "Record", 9
    purpose = "One page that a reviewer can read without this tool, and a folder that notices any later change."

    def build(self) -> list[Any]:
        self._audit = button("Check that nothing was changed", self.check, style="primary", icon="shield")
        self.lock(self._audit)
        self._link = html()
        return [self._link, row(self._audit)]

    def below(self) -> list[Any]:
        self._checked = html()
        self._facts = html()
        self._grid = Grid(("job", "schedule", "verdict", "ends", "state", "as / because"))
        self._all = widgets.VBox([self._checked, self._facts, self._grid.widget])
        self._all.layout.display = "none"
        return [self._all]

    def ready(self) -> str:
        return "" if self._manifest() else "nothing has been recorded in this run folder yet"

    def done(self) -> bool:
        return self.context.store.verification is not None and self._manifest() is not None

    def enable(self, free: bool) -> None:
        super().enable(free and not self.ready())

    def outcome(self) -> tuple[str, Tone]:
        record = self.context.store.tally()
        return (record.equation, "plain") if record.rows and self._manifest() else ("", "plain")

    def check(self) -> Any:
        """Compare every file with the manifest, and the manifest with the records before it."""

        def look(_watched: Watched) -> None:
            found = audit.verify(self.context.store.folder)
            rows: list[tuple[Cell, ...]] = [(Badge(d.kind, "red"), d.what) for d in found]
            good = (
                '<p><span class="cronlift"><span class="badge green">intact</span></span> every file is as sealed</p>'
            )
            put(self._checked, block(Table(("", "what differs"), rows)).html if rows else good)

        return self.act("Checking the record", look, writes=False)

    def fill(self) -> None:
        manifest = self._manifest()
        self._all.layout.display = "" if manifest else "none"
        put(self._link, self._page() if manifest else "")
        if manifest is None:
            return
        put(self._facts, facts([
            ("sealed", f"{manifest.finished}, by {manifest.who} on {manifest.host}"),
            ("application", f"{manifest.inputs.app}, revision {manifest.inputs.app_revision}"),
            ("files", str(len(manifest.files))),
            ("record before", manifest.previous.run if manifest.previous else "none"),
            ("seal", manifest.seal),
        ]) + '<p class="soft">Keep the seal elsewhere (in the pull request, say): whoever holds the whole folder could '
            "rebuild it, and only the seal would tell.</p>")  # fmt: skip
        record = self.context.store.tally()
        rows: list[tuple[str, str, tuple[Cell, ...]]] = []
        for line in record.rows:
            cells = views.tally_row(line, classified=record.classified)
            rows.append((line.id, line.name, cells))
        self._grid.show(rows)

    def _manifest(self) -> Manifest | None:
        try:
            return Manifest.from_file(self.context.store.folder.manifest)
        except UsageError:
            return None

    def _page(self) -> str:
        page = self.context.store.folder.page
        shown = escape(_relative(page))
        try:
            below = page.resolve().relative_to(project_root().resolve())
        except (ValueError, CronliftError):
            return f"<p>The page: <code>{shown}</code></p>"
        address = quote(f"/files/{below.as_posix()}")
        return f'<p><a href="{address}" target="_blank" rel="noopener">Open the record</a> <code>{shown}</code></p>'


def _relative(path: Path) -> str:
    root = project_root()
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
