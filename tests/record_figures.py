"""Traces the figures of a record's page to the documents of its folder."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from cronlift import __version__, resources
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verdict import Classification
from cronlift.record.run_folder import ACTS, RunFolder
from cronlift.record.tally import tally
from cronlift.verification.queries import QUERIES

FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)*(?![\w])|(?<![\w])[0-9a-f]{12,64}(?![\w])")
"""Numbers, versions, hashes: what a reader could look up."""


class Words(HTMLParser):
    """The visible text, without style sheets and drawings (whose marks are no figures)."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = 0
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("style", "svg", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "svg", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text.append(data)


def untraced(folder: RunFolder) -> list[str]:
    """The figures on the page that stand in no document of the folder (nor in the queries that the package holds) and
    count nothing that is in one."""
    reader = Words()
    reader.feed(folder.page.read_text(encoding="utf-8"))
    files = [
        *folder.documents.glob("*.json"),
        *(folder.path / ACTS).glob("*.json"),
        *folder.sql.iterdir(),
        *folder.notebooks.glob("*.ipynb"),
        folder.manifest,
    ]
    texts = [*(path.read_text(encoding="utf-8") for path in files), *map(resources.sql, QUERIES)]
    sources = " ".join(text.replace("T", " ").replace("\\n", " ") for text in texts)
    known = set(FIGURE.findall(sources)) | set(re.findall(r"[0-9a-f]{12,64}", sources)) | _counts(folder)
    known |= set(re.findall(r"\d+", " ".join(known))) | set(FIGURE.findall(__version__))
    known |= {f"{float(figure):.1f}" for figure in known if re.fullmatch(r"\d+\.\d+", figure)}  # durations, rounded
    return [
        figure
        for figure in FIGURE.findall(" ".join(reader.text).replace("SHA-256", ""))
        if not _stands_in(figure, known)
    ]


def _stands_in(figure: str, known: set[str]) -> bool:
    """A hash may be shown by its first characters only."""
    return figure in known or (len(figure) >= 12 and any(one.startswith(figure) for one in known))


def _counts(folder: RunFolder) -> set[str]:
    """How many there are of what the documents list: these the page may count itself."""
    record, plan = tally(folder), folder.read(Plan)
    jobs = folder.read(Classification).jobs
    installation = folder.read_if_there(Installation)
    numbers = {len(record.rows), *record.counts.values(), len(plan.jobs), len(plan.refused)}
    numbers |= {len(job.effects) for job in jobs} | {n for job in plan.jobs for n in range(1, len(job.steps) + 1)}
    numbers |= {len(installation.actions)} if installation else set()
    return {str(number) for number in numbers}
