"""The walkthrough as a person uses it: Chromium works through a real JupyterLab, by mouse and by keyboard."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from playwright.sync_api import expect
from walkthrough_page import MINUTE, Lab, Page

from cronlift.model.installation import Installation
from cronlift.model.verification import Verification
from cronlift.record import audit
from cronlift.record.run_folder import RunFolder


@pytest.mark.timeout(900)
def test_from_connecting_to_the_record_with_a_kernel_restart_in_the_middle(browser: Any, lab: Lab) -> None:
    page = Page(browser, lab)
    assert page.panel.get_by_text("my own application").is_visible()  # the first thing it offers
    page.press("Check the connection")
    page.says("everything that is needed is there")
    page.screenshot("1-connect")

    page.open("2 Inventory")
    page.press("Take the inventory")
    page.says("Inventory is running …")
    assert not page.button("Take the inventory").is_enabled()
    page.says("17 scheduled jobs and 4 start-up jobs found")
    page.panel.locator("table.dataTable tbody tr", has_text="CachePrewarmWorker").click()
    page.panel.locator("h3", has_text="DemoApp.Jobs.CachePrewarmWorker").wait_for()
    page.screenshot("2-inventory")

    page.open("3 Classify")
    page.press("Classify")
    page.says("3 can move to the database")
    page.panel.locator("table.dataTable tbody tr", has_text="CachePrewarmWorker").click()
    page.panel.get_by_text("The SQL it sends").scroll_into_view_if_needed()
    page.screenshot("3-classify")

    page.open("4 Schedule")
    page.press("Compare the schedules")
    page.says("17 of 17 schedules have an equal in pg_cron")
    page.press("Draw the year")
    page.panel.locator("svg").first.wait_for(timeout=MINUTE)
    page.screenshot("4-schedule")

    page.open("5 Generate")
    page.press("Make the plan")
    page.says("3 jobs planned for database demo")
    page.press("Compare with what is installed")
    page.panel.get_by_text("would be created").first.wait_for(timeout=MINUTE)
    page.screenshot("5-generate")

    page.restart_kernel()  # in the middle: nothing is lost, and the page is where it was
    page.says("3 jobs planned for database demo")

    page.open("6 Install")
    page.press("Install …")
    page.button("Install plan").wait_for()
    page.screenshot("6-install")
    page.press("Install plan")
    page.says("6 objects in place: 6 created")

    page.open("7 Verify")
    page.panel.get_by_label(re.compile("show a real run")).check()
    page.press("Verify")
    page.panel.locator(".badge", has_text="passed").first.wait_for(timeout=2 * MINUTE)
    page.screenshot("7-verify-running")  # some are green, the others still to come
    page.says("3 of 3 moved jobs verified", timeout=5 * MINUTE)
    page.screenshot("7-verify")

    page.open("8 Record")
    page.press("Check that nothing was changed")
    page.panel.get_by_text("every file is as sealed").wait_for(timeout=MINUTE)
    page.screenshot("8-record")
    with page.context.expect_page() as opened:
        page.panel.get_by_role("link", name="Open the record").click()
    opened.value.get_by_text("3 jobs moved to the database and verified").wait_for(timeout=MINUTE)
    opened.value.screenshot(path=str(lab.project / "record.png"))
    assert page.outside == [] and page.complaints == []

    folder = RunFolder(lab.run)
    assert folder.read(Verification).installed
    assert audit.verify(folder) == ()


@pytest.mark.timeout(600)
def test_by_keyboard_alone_and_in_the_dark(browser: Any, lab: Lab) -> None:
    page = Page(browser, lab, "dark")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("Check the connection")
    page.says("everything that is needed is there")
    page.by_keyboard("Next")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("Take the inventory")
    page.says("17 scheduled jobs")
    page.screenshot("2-inventory-dark")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("3 Classify")
    page.by_keyboard("Classify")
    page.says("3 can move to the database")
    page.page.get_by_label("Job", exact=True).focus()
    page.page.keyboard.press("End")
    page.panel.locator("h3", has_text="RagSetupWorker").wait_for(timeout=MINUTE)
    page.screenshot("3-classify-dark")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("5 Generate")
    page.by_keyboard("Make the plan")
    page.says("3 jobs planned")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("6 Install")
    page.by_keyboard("Install …")
    page.by_keyboard("Install plan")
    page.says("6 objects in place")
    assert RunFolder(lab.run).read(Installation).applied


@pytest.mark.timeout(600)
def test_a_mistake_is_said_in_words_and_a_second_tab_only_looks(browser: Any, lab: Lab) -> None:
    page = Page(browser, lab)
    page.panel.get_by_text("my own application").click()
    field = page.page.get_by_label("Application")
    expect(field).to_have_value("", timeout=MINUTE)
    field.fill("/nowhere")
    field.press("Tab")
    page.open("2 Inventory")
    page.press("Take the inventory")
    page.says("there is no such folder")
    page.screenshot("error")
    page.open("1 Connect")
    page.panel.get_by_text("the demo application").click()
    page.open("2 Inventory")
    page.press("Take the inventory")
    page.says("17 scheduled jobs")

    shutil.copyfile(lab.project / "runs/notebooks/00_walkthrough.ipynb", lab.project / "runs/notebooks/second.ipynb")
    second = Page(browser, lab, notebook="second")
    second.open("2 Inventory")
    second.says("17 scheduled jobs")
    second.press("Take the inventory")
    second.says("another walkthrough works on this run folder; here you can look, not act")
    second.screenshot("second-tab")
