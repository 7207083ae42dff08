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

    def notebook(self, name: str = "00_walkthrough") -> str:
        return f"{self.address}/doc/tree/runs/notebooks/{name}.ipynb?token={self.token}"

    @property
    def run(self) -> Path:
        return self.project / "runs" / "walkthrough"


class Page:
    """The walkthrough's page in words."""

    def __init__(self, browser: Any, lab: Lab, scheme: str = "light", notebook: str = "00_walkthrough") -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 1050}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._note(request.url, lab.address))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(lab.notebook(notebook))
        self.page.locator(".jp-Notebook").wait_for(timeout=2 * MINUTE)
        self.run_all()

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, own.replace("http", "ws"), "data:", "blob:")):
            self.outside.append(url)

    def run_all(self) -> None:
        """Run every cell, by the menu, once the kernel is there."""
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * MINUTE)
        for _ in range(4):  # JupyterLab can say Idle a moment before it sends anything
            self.page.get_by_role("menuitem", name="Run", exact=True).click()
            self.page.get_by_text("Run All Cells", exact=True).click()
            try:
                self.step("1 Connect").wait_for(timeout=MINUTE / 2)
            except TimeoutError:
                continue
            return
        raise AssertionError("the page did not come up")

    def restart_kernel(self) -> None:
        """Restart the kernel and throw the outputs away, by the menus."""
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_text("Restart Kernel and Clear Outputs of All Cells…", exact=True).click()
        self.page.locator("dialog .jp-mod-accept").click()
        self.step("1 Connect").wait_for(state="detached")
        self.run_all()

    @property
    def panel(self) -> Any:
        """The open step."""
        return self.page.locator(".cw-panel")

    def step(self, name: str) -> Any:
        return self.page.locator(".cw-step", has_text=re.compile(name.replace(" ", r"\s+")))

    def open(self, name: str) -> None:
        self.step(name).click(timeout=MINUTE)
        self.panel.locator("h3", has_text=name).first.wait_for(timeout=MINUTE)

    def button(self, name: str) -> Any:
        """A button of the open step, by the start of its name (an icon may stand before it)."""
        return self.panel.get_by_role("button", name=re.compile(r"^\W*" + name.replace(" ", r"\s+")))

    def press(self, name: str) -> None:
        """Press a button of the open step, once it can be pressed."""
        self.button(name).click(timeout=MINUTE)

    def says(self, text: str, timeout: int = 2 * MINUTE) -> None:
        """Wait until the open step says it."""
        self.panel.locator(".say", has_text=text).first.wait_for(timeout=timeout)

    def by_keyboard(self, name: str) -> None:
        """Reach a button of the page by Tab from where the focus is, and press it with the space bar."""
        wanted = re.compile(r"^\W*" + name.replace(" ", r"\s+"))
        for _ in range(80):
            self.page.keyboard.press("Tab")
            text = self.page.evaluate("document.activeElement ? document.activeElement.textContent : ''")
            if wanted.search(text.strip()) and self.page.evaluate("document.activeElement.tagName") == "BUTTON":
                self.page.keyboard.press("Space")
                return
        raise AssertionError(f"no button {name} is reached by Tab")

    def screenshot(self, name: str) -> None:
        """Keep what a person sees."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))
