"""The walkthrough as a person uses it: Chromium works through a real JupyterLab, by mouse and by keyboard."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from demo_application import MOVED, REVIEW, SCHEDULED, STARTUP
from playwright.sync_api import expect
from walkthrough_page import MINUTE, SCREENSHOTS, Lab, Page

from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verification import Verification
from cronlift.postgres import disposable
from cronlift.record import acts, audit
from cronlift.record.run_folder import RunFolder
from cronlift.sandbox import Sandbox
from cronlift.walkthrough import example

STALE = """defmodule DemoApp.Jobs.StaleCacheWorker do
  use Oban.Worker, queue: :maintenance, unique: [period: 86_400]

  alias DemoApp.Repo

  @impl Oban.Worker
  def perform(_job) do
    case Repo.query("DELETE FROM package_cache WHERE expires_at < now()") do
      {:ok, _result} -> :ok
      {:error, reason} -> {:error, reason}
    end
  end
end
"""
BATCH = """
DO $$ BEGIN CREATE ROLE demo_batch LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE, CREATE ON SCHEMA public TO demo_batch;
GRANT SELECT, DELETE ON package_cache TO demo_batch;
ALTER TABLE package_cache ENABLE ROW LEVEL SECURITY;
"""
"""The role that shall run the job sees no row of the table: its owner, the application's role, sees them all."""


@pytest.fixture
def copy(lab: Lab, sandbox: Sandbox) -> Iterator[str]:
    """A disposable copy of the demo's database, in which a second role sees no row of the cache; the NAME of the
    variable of the lab that names it."""
    with sandbox.server().connect(read_only=False) as connection:
        connection.cursor().execute(BATCH.encode())
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("CREATE DATABASE demo_copy TEMPLATE demo")
    with sandbox.server("demo_copy").connect(read_only=False) as connection:
        disposable.mark(connection)
    yield "DEMO_COPY"
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("DROP DATABASE demo_copy WITH (FORCE)")


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
    page.says(f"{SCHEDULED} scheduled jobs and {STARTUP} start-up jobs found")
    page.panel.locator("table.dataTable tbody tr", has_text="CachePrewarmWorker").click()
    page.panel.locator("h3", has_text="DemoApp.Jobs.CachePrewarmWorker").wait_for()
    page.screenshot("2-inventory")

    page.open("3 Classify")
    page.press("Classify")
    page.says(f"{MOVED} can move to the database")
    page.panel.locator("table.dataTable tbody tr", has_text="CachePrewarmWorker").click()
    page.panel.locator("h3", has_text="DemoApp.Jobs.CachePrewarmWorker").wait_for(timeout=MINUTE)
    page.panel.get_by_text("In the application", exact=True).hover()
    page.screenshot("3-classify")

    page.open("4 Schedule")
    page.press("Compare the schedules")
    page.says(f"{SCHEDULED} of {SCHEDULED} schedules have an equal in pg_cron")
    page.press("Draw the year")
    page.panel.locator("svg").first.wait_for(timeout=MINUTE)
    page.screenshot("4-schedule")

    page.open("5 Generate")
    page.press("Make the plan")
    page.says(f"{MOVED} jobs planned for database demo")
    page.press("Compare with what is installed")
    page.panel.get_by_text("would be created").first.wait_for(timeout=MINUTE)
    page.screenshot("5-generate")

    page.restart_kernel()  # in the middle: nothing is lost, and the page is where it was
    page.says(f"{MOVED} jobs planned for database demo")

    page.open("6 Install")
    page.press("Install …")
    page.button("Install plan").wait_for()
    page.screenshot("6-install")
    jobs = RunFolder(lab.run).read(Plan).jobs
    objects = sum(1 + (job.procedure_sql is not None) + (job.managed is not None) for job in jobs)
    objects += len(("schema cronlift", "sweeper", "fence"))
    page.press("Install plan")
    page.says(f"{objects} objects in place: {objects} created")
    page.panel.get_by_text("cronlift jobs start --run").first.wait_for(timeout=MINUTE)

    page.open("7 Verify")
    page.panel.get_by_label(re.compile("show a real run")).check()
    page.press("Verify")
    page.panel.locator(".badge", has_text="passed").first.wait_for(timeout=2 * MINUTE)
    page.screenshot("7-verify-running")  # some are green, the others still to come
    page.says(f"{MOVED} of {MOVED} jobs verified", timeout=5 * MINUTE)
    page.screenshot("7-verify")

    page.open("8 Hand over")
    page.press("Start …")
    page.button("Start plan").wait_for(timeout=2 * MINUTE)  # once pg_cron has given its first sign, at a whole minute
    page.panel.get_by_text("shut → started").first.wait_for()
    page.screenshot("8-handover-asks")
    page.restart_kernel()  # what was only looked at has to be looked at again
    page.press("Start …")
    page.press("Start plan")
    gated = len(RunFolder(lab.run).read(Plan).gated)
    page.says(f"start: {gated} jobs started")
    page.panel.get_by_text("pull_request/config.patch").first.wait_for(timeout=MINUTE)
    page.screenshot("8-handover")

    page.open("9 Record")
    page.press("Check that nothing was changed")
    page.panel.get_by_text("every file is as sealed").wait_for(timeout=MINUTE)
    page.screenshot("8-record")
    with page.context.expect_page() as opened:
        page.panel.get_by_role("link", name="Open the record").click()
    opened.value.locator("h2", has_text="Who runs them").wait_for(timeout=MINUTE)
    assert opened.value.get_by_text("pg_cron, from").count() == gated
    opened.value.screenshot(path=str(SCREENSHOTS / "record.png"))
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
    page.says(f"{SCHEDULED} scheduled jobs")
    page.screenshot("2-inventory-dark")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("3 Classify")
    page.by_keyboard("Classify")
    page.says(f"{MOVED} can move to the database")
    page.page.get_by_label("Job", exact=True).focus()
    page.page.keyboard.press("End")
    page.panel.locator("h3", has_text="RagSetupWorker").wait_for(timeout=MINUTE)
    page.screenshot("3-classify-dark")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("4 Schedule")
    page.by_keyboard("Compare the schedules")
    page.says(f"{SCHEDULED} of {SCHEDULED} schedules have an equal in pg_cron")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("5 Generate")
    page.by_keyboard("Make the plan")
    page.says(f"{MOVED} jobs planned")
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("6 Install")
    page.by_keyboard("Install …")
    page.by_keyboard("Install plan")
    page.says(" objects in place")
    assert RunFolder(lab.run).read(Installation).applied
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("7 Verify")
    page.by_keyboard("Verify")
    page.says(f"of {MOVED} jobs verified", timeout=4 * MINUTE)
    assert len(RunFolder(lab.run).read(Verification).jobs) == MOVED
    page.page.evaluate("document.querySelector('.cw-step').focus()")
    page.by_keyboard("8 Hand over")
    gated = len(RunFolder(lab.run).read(Plan).gated)
    # A start whose moment is still far off is undone at once; else the jobs are pg_cron's for some minutes more.
    said_by = {
        "Start": re.compile(f"start: {gated} jobs started"),
        "Give back": re.compile(r"rollback(: \d| is not over)"),
    }
    for act, said in said_by.items():
        expect(page.button(f"{act} …")).to_be_enabled(timeout=MINUTE)
        page.page.evaluate("document.querySelector('.cw-step').focus()")
        page.by_keyboard(f"{act} …")
        page.button(f"{act} plan").wait_for(timeout=2 * MINUTE)
        page.by_keyboard(f"{act} plan")
        page.panel.locator(".say:visible", has_text=said).first.wait_for(timeout=2 * MINUTE)
        page.screenshot(f"8-{act.split()[0].lower()}-dark")
    assert {a.handover.verb for a in acts.acts(RunFolder(lab.run))} == {"start", "rollback"}


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
    page.says(f"{SCHEDULED} scheduled jobs")

    shutil.copyfile(lab.project / "runs/notebooks/00_walkthrough.ipynb", lab.project / "runs/notebooks/second.ipynb")
    second = Page(browser, lab, notebook="second")
    second.open("2 Inventory")
    second.says(f"{SCHEDULED} scheduled jobs")
    second.press("Take the inventory")
    second.says("another walkthrough works on this run folder; here you can look, not act")
    second.screenshot("second-tab")


@pytest.mark.timeout(900)
def test_a_wrong_overruling_is_stopped_by_the_effect_proof(browser: Any, lab: Lab, copy: str) -> None:
    app = lab.project / "shop"
    shutil.copytree(example.FOLDER, app)
    (app / "lib/demo_app/jobs/stale_cache_worker.ex").write_text(STALE, encoding="utf-8")
    config = app / "config/config.exs"
    entry = '       {"0 * * * *", DemoApp.Jobs.CacheRefreshWorker},\n'
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace(entry, f'{entry}       {{"30 * * * *", DemoApp.Jobs.StaleCacheWorker}},\n'))
    page = Page(browser, lab)
    page.panel.get_by_text("my own application").click()
    expect(page.page.get_by_label("Application")).to_have_value("", timeout=MINUTE)
    for label, value in (("Application", "shop"), ("Decisions", "shop/decisions.yaml")):
        page.page.get_by_label(label, exact=True).fill(value)
        page.page.get_by_label(label, exact=True).press("Tab")
    page.open("2 Inventory")
    page.press("Take the inventory")
    page.says(f"{SCHEDULED + 1} scheduled jobs")
    page.open("3 Classify")
    page.press("Classify")
    page.says(f"{REVIEW + 1} need a person's eyes")
    page.panel.locator("table.dataTable tbody tr", has_text="StaleCacheWorker").click()
    page.panel.locator("h3", has_text="StaleCacheWorker").wait_for(timeout=MINUTE)
    page.panel.get_by_text("Decide about StaleCacheWorker").click()
    page.page.get_by_label("Verdict", exact=True).select_option(label="pure SQL: it may move")
    for label, value in (("Why", "every hour does no harm"), ("Runs as", "demo_batch")):
        page.page.get_by_label(label, exact=True).fill(value)
        page.page.get_by_label(label, exact=True).press("Tab")
    page.screenshot("3-overrule")
    page.press("Write the decision")
    page.says(f"{MOVED + 1} can move to the database")
    page.open("5 Generate")
    page.press("Make the plan")
    page.says(f"{MOVED + 1} jobs planned")
    page.open("7 Verify")
    page.page.get_by_label("or variable").fill(copy)
    page.page.get_by_label("or variable").press("Tab")
    page.press("Verify")
    page.says("1 job failed verification", timeout=5 * MINUTE)
    page.panel.get_by_text("the procedure does not do what the app does").first.wait_for(timeout=MINUTE)
    page.screenshot("7-stopped")
    page.open("6 Install")
    page.says("the rows differ, so this plan is not installed")
    assert not page.button("Install …").is_enabled()
    assert RunFolder(lab.project / "runs/1").read_if_there(Installation) is None
