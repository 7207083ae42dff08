"""The page: ``record.html``, one self-contained file made from the run's documents and executed notebooks.

It asks for nothing from anywhere (its own content policy forbids it) and holds no script. Every figure in it
comes out of a document in the same folder. The template is ``record.html.j2`` beside this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

from cronlift import __version__, resources
from cronlift.generate.quoting import quote_literal
from cronlift.model.handover import Act, Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.plan import Plan, PlannedJob
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.model.verification import Verification, VerifiedJob
from cronlift.notebook import display, views
from cronlift.notebook.style import PAIRS, STYLE
from cronlift.record import acts, brief, outcome
from cronlift.record.manifest import who
from cronlift.record.owners import Owner, owners
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import Row, Tally, current, tally
from cronlift.verification import queries

MOST_YEARS = 12
"""So many calendars are drawn; each takes a tenth of a second and 40 kB."""

_PARAMETER = re.compile(r"%\((?:names|jobs)\)s")
_LINES = re.compile(r"\n{3,}")
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


@dataclass(frozen=True)
class Context:
    """What the page is told beside the folder: the folder's documents hold no time and no user."""

    app: str
    revision: str
    env: str
    run_id: str
    started: str
    stopped: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    decisions_sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A job with everything known of it."""

    row: Row
    job: ClassifiedJob
    planned: PlannedJob | None
    verified: VerifiedJob | None


def write_page(folder: RunFolder, context: Context) -> Path:
    """Make ``record.html`` from what the folder holds; returns its path."""
    return folder.write("record.html", render(folder, context))


def render(folder: RunFolder, context: Context) -> str:
    """The page's HTML."""
    inventory = folder.read_if_there(Inventory)
    classification = folder.read_if_there(Classification)
    plan = folder.read_if_there(Plan)
    installation = current(folder.read_if_there(Installation), plan)
    verification = current(folder.read_if_there(Verification), plan)
    handover = current(folder.read_if_there(Handover), plan)
    done = acts.acts(folder)
    record = tally(folder)
    entries = _entries(record, classification, plan, verification)
    documents = [d for d in (inventory, classification, plan, installation, verification, handover) if d is not None]
    return (
        _environment()
        .get_template("record.html.j2")
        .render(
            context=context,
            version=__version__,
            who=who(),
            app=inventory.app if inventory else context.app,
            inventory=inventory,
            classification=classification,
            plan=plan,
            installation=installation,
            verification=verification,
            owners=_owners(folder, plan, installation, done),
            acts=done,
            applied=bool(installation and installation.applied),
            record=record,
            headline=_headline(record, plan, installation, verification, context),
            stages=[(type(d).__name__, outcome.of(d)) for d in documents],
            moved=[e for e in entries if e.planned],
            decided=[e for e in entries if e.job.reasons and e.job.reasons[0].code == "decision"],
            years=_years([e.planned for e in entries if e.planned], context),
            altered=folder.found_altered(),
            others=[e for e in entries if not e.planned],
            doubts=_doubts(record, classification, plan, verification),
            evidence=_evidence(folder),
            monitors=_monitors(folder, plan, done),
            notebooks=_notebooks(folder),
            files=[p.relative_to(folder.path).as_posix() for p in sorted(folder.path.rglob("*")) if _listed(p, folder)],
            pygments=_pygments(),
            pairs=Markup(PAIRS),  # noqa: S704 - our own style sheet
        )
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.finalize = lambda value: display.visible(value) if type(value) is str else value
    environment.filters.update(sql=_code("postgresql"), elixir=_code("elixir"), diff=_code("diff"), short=views.short)
    environment.globals.update(
        verdicts=views.VERDICTS,
        statuses=views.STATUSES,
        marks=display.MARK,
        place=views.place,
        state=views.state,
        plural=outcome.plural,
        looks=brief.looks,
        notes=brief.notes,
    )
    return environment


def _code(language: str) -> Any:
    lexer = get_lexer_by_name(language, stripnl=False)
    formatter = HtmlFormatter(nowrap=True)

    def render(text: str) -> Any:
        shown = highlight(_LINES.sub("\n\n", display.visible(text)).strip("\n"), lexer, formatter)
        return Markup(f'<pre class="code">{shown}</pre>')  # noqa: S704 - pygments escapes

    return render


def _pygments() -> Any:
    def rules(style: str) -> str:
        lines = HtmlFormatter(style=style).get_style_defs(".code").splitlines()
        return "\n".join(line for line in lines if line.startswith(".code .") and ".err" not in line)

    text = f"{rules('default')}\n@media screen and (prefers-color-scheme: dark) {{\n{rules('github-dark')}\n}}"
    return Markup(text)  # noqa: S704 - pygments' own style sheet


def _entries(
    record: Tally, classification: Classification | None, plan: Plan | None, verification: Verification | None
) -> list[Entry]:
    if classification is None:
        return []
    rows = {row.id: row for row in record.rows}
    planned = {job.entry: job for job in plan.jobs} if plan else {}
    verified = {job.id: job for job in verification.jobs} if verification else {}
    entries = [
        Entry(rows[j.id], j, job, verified.get(job.id) if job else None)
        for j in classification.jobs
        for job in (planned.get(j.id),)
    ]
    order = [row.id for row in record.rows]
    return sorted(entries, key=lambda entry: order.index(entry.row.id))


def _headline(
    record: Tally,
    plan: Plan | None,
    installation: Installation | None,
    verification: Verification | None,
    context: Context,
) -> tuple[str, str]:
    """The page's first sentence and its tone."""
    if context.stopped:
        return f"The run stopped: {context.stopped}", "red"
    moved = record.counts["moved"]
    if not (installation and installation.applied):
        jobs = f"{outcome.plural(moved, 'job')} can move to the database; " if moved else "No job can move; "
        return f"{jobs}nothing was installed", "plain"
    if not installation.complete:
        return outcome.of(installation).sentence, "red"
    if {a.state for a in installation.actions} <= {"removed", "absent"}:
        return f"{outcome.plural(moved, 'job')} taken back: nothing of the plan is installed", "attention"
    if verification is None:
        return f"{outcome.plural(moved, 'job')} installed, not verified yet", "attention"
    result = outcome.of(verification)
    if any(job.prepared for job in verification.jobs):
        return result.sentence, result.colour
    if result.colour in ("green", "attention"):
        remarks = "; there are remarks to read" if result.colour == "attention" else ""
        return f"{outcome.plural(moved, 'job')} moved to the database and verified{remarks}", result.colour
    return f"{outcome.plural(moved, 'job')} moved to the database: {result.sentence}", result.colour


def _doubts(
    record: Tally, classification: Classification | None, plan: Plan | None, verification: Verification | None
) -> list[tuple[str, str]]:
    """What was not proved, and why: (about what, why)."""
    doubts = []
    if verification is None:
        doubts.append(("the whole run", "verify has not run"))
    else:
        for job in verification.jobs:
            for check in job.checks:
                if check.status != "passed":
                    doubts.append((f"{job.cron_name}: {check.name.replace('_', ' ')}", check.text))
                if check.proof is not None:
                    doubts += [(f"{job.cron_name}: {check.name.replace('_', ' ')}", why) for why in check.proof.open]
    if plan:
        doubts += [(refused.id, f"refused: {refused.why}") for refused in plan.refused]
    doubts += [(row.id, f"not analysed: {row.why}") for row in record.rows if row.place == "not analysed"]
    if classification:
        doubts += [
            (row.id, f"needs a person: {row.why}")
            for row in record.rows
            if row.verdict in ("needs_review", "no_effect")
        ]
    return doubts


def _years(jobs: Sequence[PlannedJob], context: Context) -> dict[str, Any]:
    """A year of each moved job on both sides, by its entry's id; for the first ones only where there are many."""
    year = int(context.started[:4])
    return {job.entry: Markup(views.year(job, year)) for job in jobs[:MOST_YEARS]}  # noqa: S704 - drawn by matplotlib


def _owners(
    folder: RunFolder, plan: Plan | None, installation: Installation | None, done: tuple[Act, ...]
) -> tuple[Owner, ...]:
    """Who runs each job, once something was installed."""
    if plan is None or installation is None or not installation.applied:
        return ()
    there = not {action.state for action in installation.actions} <= {"removed", "absent"}
    return owners(plan, acts.standing(done, plan), installed=there, evidence=folder.read_evidence())


def _evidence(folder: RunFolder) -> str:
    return folder.evidence.read_text(encoding="utf-8") if folder.evidence.is_file() else ""


def _monitors(folder: RunFolder, plan: Plan | None, done: tuple[Act, ...]) -> list[dict[str, Any]]:
    """The shipped queries as they can be pasted into psql, the jobs' names written in, and what they returned."""
    if plan is None or not plan.jobs:
        return []
    results = folder.read_evidence().get("queries", {})
    flat = [hand.job for hand in acts.standing(done, plan).values() if hand.flat]
    shown = [(name, of) for name in queries.QUERIES if (of := queries.about(name, plan, flat))]
    return [
        {
            "title": views.headline(resources.sql(name)),
            "sql": _pasted(resources.sql(name), of),
            "columns": results.get(name, {}).get("columns", []),
            "rows": results.get(name, {}).get("rows", []),
            "asked": name in results,
        }
        for name, of in shown
    ]


def _pasted(query: str, names: Sequence[str]) -> str:
    """A query with the names in the place of its parameter."""
    array = f"ARRAY[{', '.join(quote_literal(name) for name in names)}]"
    return _PARAMETER.sub(lambda _: array, query)


def _listed(path: Path, folder: RunFolder) -> bool:
    return path.is_file() and path not in (folder.manifest, folder.page) and path.name != ".lock"


_BROKEN = "This notebook was not written to its end and cannot be read."


def _notebooks(folder: RunFolder) -> list[dict[str, Any]]:
    return [_notebook(path) for path in sorted(folder.notebooks.glob("*.ipynb"))]


def _notebook(path: Path) -> dict[str, Any]:
    import nbformat

    try:
        content: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except ValueError:  # the disk was full, or papermill was killed while it wrote
        return {"name": path.stem, "seconds": "", "cells": [{"kind": "markdown", "html": _BROKEN}]}
    duration = content.metadata.get("papermill", {}).get("duration")
    return {
        "name": path.stem,
        "seconds": f"{duration:.1f}" if isinstance(duration, float) else "",
        "cells": [_cell(cell) for cell in content.cells if cell.source.strip()],
    }


def _cell(cell: Any) -> dict[str, Any]:
    if cell.cell_type == "markdown":
        from nbconvert.filters import markdown2html  # two seconds to import: only where a page is made

        # Only the kit's own notebooks are rendered; the page's content policy lets no script or address
        # through.
        return {"kind": "markdown", "html": Markup(markdown2html(cell.source))}  # noqa: S704
    outputs = [_output(output) for output in cell.get("outputs", [])] if cell.cell_type == "code" else []
    return {"kind": "code", "source": _code("python")(cell.source), "outputs": [o for o in outputs if o]}


def _output(output: Any) -> Any:
    if output.output_type == "stream":
        return Markup("<pre>{}</pre>").format(output.text)
    if output.output_type == "error":
        return Markup('<pre class="red">{}</pre>').format(f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    shown = data.get("text/html", "")
    if shown.startswith(STYLE):  # a block of ours: escaped when it was made
        return Markup(_STYLE.sub("", shown))  # noqa: S704
    text = data.get("text/plain", "")
    return Markup("<pre>{}</pre>").format(text) if text else None
