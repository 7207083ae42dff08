"""The walkthrough as a person uses it: Chromium clicks through a real JupyterLab."""

from __future__ import annotations

import re
from typing import Any

import pytest
from walkthrough_page import MINUTE, Lab, Page, screenshot

from cronlift.model.verification import Verification
from cronlift.record import audit
from cronlift.record.run_folder import RunFolder


@pytest.mark.timeout(600)
def test_from_inventory_to_verified_jobs_and_again_after_a_kernel_restart(browser: Any, lab: Lab) -> None:
    page = Page(browser, lab)
    assert [page.enabled(name) for name in ("1 Inventory", "2 Classify", "Install", "5 Verify")] == [True] + [False] * 3
    screenshot(page.page, "1-start")
    page.press("1 Inventory")
    page.says("1 Inventory is running …")
    assert not any(page.enabled(name) for name in ("1 Inventory", "2 Classify", "3 Generate", "5 Verify"))
    page.says("17 scheduled jobs and 4 start-up jobs found")
    page.press("2 Classify")
    page.says("3 can move to the database")
    screenshot(page.page, "2-classified")
    page.press("3 Generate")
    page.says("3 jobs planned for database demo")
    assert not page.enabled("Install")
    page.press("4 Show installation")
    page.says("not installed: shown only (6 objects would be created)")
    page.page.get_by_label(re.compile("I have read plan")).check()
    page.press("Install")
    page.says("6 objects in place: 6 created")
    screenshot(page.page, "4-installed")
    page.press("5 Verify")
    page.says("3 of 3 moved jobs verified", timeout=4 * MINUTE)
    page.page.get_by_text("21 found = 3 moved + 0 split + 14 stays + 0 review + 4 startup + 0 not analysed").wait_for()
    screenshot(page.page, "5-verified")
    assert page.outside == []

    folder = RunFolder(lab.run)
    assert folder.read(Verification).installed
    assert folder.page.is_file()
    assert audit.verify(folder) == ()

    page.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.page.get_by_text("Restart Kernel…", exact=True).click()
    page.page.locator("dialog .jp-mod-accept").click()
    page.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.page.get_by_text("Clear Outputs of All Cells", exact=True).click()
    page.run_all()
    page.says("3 of 3 moved jobs verified")
    assert page.enabled("5 Verify")


def test_a_mistake_is_said_in_words_and_the_page_goes_on(browser: Any, lab: Lab) -> None:
    page = Page(browser, lab, "dark")
    field = page.page.get_by_label("Application")
    field.fill("/nowhere")
    field.press("Tab")
    page.press("1 Inventory")
    page.says("there is no such folder")
    page.page.wait_for_timeout(500)
    assert page.enabled("1 Inventory")
    screenshot(page.page, "error-dark")
    field.fill("examples/demo_app")
    field.press("Enter")
    page.press("1 Inventory")
    page.says("17 scheduled jobs")
