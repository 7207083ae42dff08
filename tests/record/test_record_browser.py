"""record.html in Chromium with the network blocked: it asks for nothing, complains of nothing, and prints whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cronlift.record.run_folder import RunFolder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_needs_no_network_and_prints_whole(browser: Any, finished: RunFolder, tmp_path: Path, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 1100, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(finished.page.as_uri())
    page.get_by_text("1 job moved to the database and verified").wait_for()
    drawing = page.locator(".plot svg").first
    assert drawing.is_visible() and drawing.bounding_box()["width"] > 500
    assert requests == [finished.page.as_uri()]
    assert complaints == []
    wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert wide, "the page scrolls sideways"
    if scheme == "light":
        printed = tmp_path / "record.pdf"
        page.pdf(path=str(printed), format="A4")
        assert printed.stat().st_size > 20_000
    context.close()
