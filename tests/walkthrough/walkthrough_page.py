"""The walkthrough's page for the browser tests: where it is, and what a person does on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError

from cronlift import resources

MINUTE = 60_000
SCREENSHOTS = resources.root() / "build" / "screenshots"


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token and the project folder it works in."""

    address: str
    token: str
    project: Path

    @property
    def walkthrough(self) -> str:
        return f"{self.address}/?token={self.token}"

    @property
    def run(self) -> Path:
        return self.project / "runs" / "walkthrough"


class Page:
    """The walkthrough's page in words."""

    def __init__(self, browser: Any, lab: Lab, scheme: str = "light") -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
        self.page = context.new_page()
        self.outside: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, lab.address))
        self.page.goto(lab.walkthrough)
        self.page.locator(".jp-Notebook").wait_for(timeout=MINUTE)
        self.run_all()

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, own.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(url)

    def run_all(self) -> None:
        """Run every cell, by the menu, once the kernel is there."""
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=MINUTE)
        for _ in range(4):  # JupyterLab can say Idle a moment before it sends anything
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_text("Run All Cells", exact=True).click()
            try:
                self.button("1 Inventory").wait_for(timeout=MINUTE / 3)
            except TimeoutError:
                continue
            return
        raise AssertionError("the page did not come up")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=re.compile(r"(^|\W)" + name.replace(" ", r"\s+") + "$"))

    def press(self, name: str) -> None:
        """Press a button, once it can be pressed."""
        self.button(name).click(timeout=MINUTE)

    def says(self, text: str, timeout: int = MINUTE) -> None:
        """Wait until the sentence on top says it."""
        self.page.locator(".jp-OutputArea-output .say", has_text=text).first.wait_for(timeout=timeout)

    def enabled(self, name: str) -> bool:
        return bool(self.button(name).is_enabled())


def screenshot(page: Any, name: str) -> None:
    """Keep what a person sees."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))
