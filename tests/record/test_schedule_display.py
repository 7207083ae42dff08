"""The plan's display says what a schedule means, and draws what copying its text would have done."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from cronlift.model.plan import Plan
from cronlift.notebook import views
from cronlift.notebook.display import Block
from cronlift.record.run_folder import RunFolder
from cronlift.schedule import convert


def shown(folder: RunFolder, schedule: str) -> Block:
    plan = folder.read(Plan)
    jobs = tuple(j.model_copy(update={"schedule": convert(schedule)}) for j in plan.jobs)
    return views.plan(plan.model_copy(update={"jobs": jobs}))


def test_a_schedule_that_cannot_be_copied_is_drawn(finished: RunFolder) -> None:
    block = shown(finished, "0 5 1-7 * 0")
    assert "497 instead of 48" in " ".join(block.text.split())
    drawing = block.html[block.html.index("<svg") : block.html.index("</svg>") + 6]
    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert block.html == shown(finished, "0 5 1-7 * 0").html


def test_a_schedule_that_means_the_same_is_only_said(finished: RunFolder) -> None:
    block = shown(finished, "*/15 * * * *")
    assert "<svg" not in block.html and "every 15 minutes" in " ".join(block.text.split())
