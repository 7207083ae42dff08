"""Step 8 without a browser: a look changes nothing, the second click acts on the plan that was looked at, and the way
back is there. The database is the demo's, with its gates; nothing here waits for a tick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from cronlift.commands.main import main
from cronlift.model.plan import Plan
from cronlift.notebook.parameters import PROJECT
from cronlift.record import acts, audit
from cronlift.sandbox import Sandbox
from cronlift.walkthrough import Walkthrough, WalkthroughParameters, example

HOURLY = "oban:DemoApp.Jobs.CacheRefreshWorker"


@pytest.fixture
def page(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walkthrough:
    """The demo, installed by the command line; a page on its run folder."""
    monkeypatch.chdir(tmp_path)
    for name, value in {**example.prepare(name=sandbox.name), PROJECT: str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    folder, app = "runs/walkthrough", str(example.FOLDER)
    assert main(["generate", "--app", app, "--run", folder, "--decisions", str(example.DECISIONS)]) == 0
    assert main(["install", "--run", folder, "--apply"]) == 0
    beat(sandbox)
    return Walkthrough(parameters())


def parameters() -> WalkthroughParameters:
    return WalkthroughParameters(
        app="examples/demo_app", env="prod", decisions="", service="", dsn_env="", cron_database="", proof_service="",
        proof_dsn_env="", run="runs/walkthrough", run_id="",
    )  # fmt: skip


def beat(sandbox: Sandbox) -> None:
    """What the sweeper leaves at each whole minute."""
    with sandbox.server().connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("SET ROLE demo")
        connection.execute("CALL cronlift.sweep()")
        connection.execute("RESET ROLE")
        connection.execute("UPDATE cronlift.heartbeat SET tick = at")


def step(page: Walkthrough) -> Any:
    page.open("handover")
    return page.panels["handover"]


def wait(thread: Any) -> None:
    assert thread is not None
    thread.join()


def shown(panel: Any) -> str:
    return "".join(w.value for w in (panel._status, panel._question, panel._next, panel._owners, panel._last))


def asked(panel: Any) -> bool:
    """Whether the second click is offered."""
    return panel._deliberate.layout.display == "" and panel._yes.layout.display == ""


def states(sandbox: Sandbox) -> dict[str, str]:
    with sandbox.server().connect() as connection:
        return dict(connection.execute("SELECT job, state FROM cronlift.gate").fetchall())  # type: ignore[arg-type]


def test_look_start_complete_and_back(page: Walkthrough, sandbox: Sandbox, tmp_path: Path) -> None:
    panel = step(page)
    assert "the application" in shown(panel) and "Start</i> hands the jobs over" in shown(panel)
    assert not panel.done() and not panel._ask["start"].disabled
    assert panel._ask["complete"].disabled and panel._ask["rollback"].disabled

    panel._which.value = HOURLY
    wait(panel.look("start"))
    assert asked(panel), shown(panel)
    assert "shut → started" in shown(panel)
    assert set(states(sandbox).values()) == {"shut"} and acts.acts(page.context.store.folder) == ()

    panel._which.value = ""  # another choice than the one that was looked at
    assert not asked(panel) and panel.confirm() is None
    panel._which.value = HOURLY
    wait(panel.look("start"))
    wait(panel.confirm())
    assert "start: 1 job started" in shown(panel) and "config.patch" in shown(panel)
    now = states(sandbox)
    assert now.pop(HOURLY) == "started" and set(now.values()) == {"shut"}
    assert [a.handover.verb for a in acts.acts(page.context.store.folder)] == ["start"]
    assert not panel._ask["complete"].disabled and not panel._ask["rollback"].disabled

    again = Walkthrough(parameters())  # the kernel was restarted
    page.context.lock.leave()
    panel = step(again)
    assert "start: 1 job started" in shown(panel) and "pg_cron, from" in shown(panel)
    panel._which.value = HOURLY
    wait(panel.look("complete"))
    assert "is pg_cron&#x27;s only from" in shown(panel) and not asked(panel)  # its first tick is still to come
    panel._deployed.value = "4f2a9c1"
    wait(panel.look("complete"))
    assert asked(panel), shown(panel)
    wait(panel.confirm())
    assert states(sandbox)[HOURLY] == "completed"

    with sandbox.server().connect(read_only=False) as connection:  # a start that is still to come would only be undone
        connection.execute("UPDATE cronlift.gate SET pg_from = now() - interval '1 minute' WHERE job = %s", (HOURLY,))
    panel._deployed.value = ""
    wait(panel.look("rollback"))
    assert not asked(panel) and "nothing shows that the application sends the job again" in shown(panel)
    panel._deployed.value = "7c01e4b"
    wait(panel.look("rollback"))
    assert asked(panel), shown(panel)
    wait(panel.confirm())
    assert states(sandbox)[HOURLY] == "rolled_back"
    assert "rollback is not over" in shown(panel) and "run the same command again after that" in shown(panel)
    assert not panel._ask["rollback"].disabled  # pressed again it looks how the last run ended
    folder = again.context.store.folder
    assert [a.handover.verb for a in acts.acts(folder)] == ["start", "complete", "rollback"]
    assert audit.verify(folder) == ()


def test_what_stands_against_a_start_is_said_and_no_second_click_is_offered(
    page: Walkthrough, sandbox: Sandbox
) -> None:
    with sandbox.server().connect(read_only=False) as connection:
        connection.execute(
            "INSERT INTO oban_jobs (worker, args, meta, queue, state) VALUES ('DemoApp.Jobs.CacheRefreshWorker', "
            "'{\"other\": 1}', '{\"cron\": true}', 'default', 'completed')"
        )
    panel = step(page)
    panel._which.value = HOURLY
    wait(panel.look("start"))
    assert "Something stands against it" in shown(panel) and "is not the planned entry" in shown(panel)
    assert not asked(panel)
    assert set(states(sandbox).values()) == {"shut"}


def test_another_plan_than_the_one_that_was_looked_at_is_refused(page: Walkthrough, sandbox: Sandbox) -> None:
    panel = step(page)
    wait(panel.look("start"))
    assert asked(panel)
    folder = page.context.store.folder
    plan = folder.read(Plan)
    folder.write_document(plan.model_copy(update={"warnings": ("another",)}))
    wait(panel.confirm())
    assert "the plan has changed since your first click" in shown(panel)
    assert set(states(sandbox).values()) == {"shut"}


def test_a_start_that_was_cut_off_is_taken_up_by_pressing_again(
    page: Walkthrough, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cronlift.handover import operation

    def lost(*_: Any) -> None:
        raise psycopg.OperationalError("the kernel is gone")

    panel = step(page)
    panel._which.value = HOURLY
    wait(panel.look("start"))
    with monkeypatch.context() as cut:
        cut.setattr(operation, "_commit", lost)
        wait(panel.confirm())
    page.context.lock.leave()
    panel = step(Walkthrough(parameters()))
    assert "start is not over" in shown(panel) and states(sandbox)[HOURLY] == "shut"
    wait(panel.stand())
    panel._which.value = HOURLY
    wait(panel.look("start"))
    wait(panel.confirm())
    assert states(sandbox)[HOURLY] == "started" and "start: 1 job started" in shown(panel)


def test_a_plain_plan_has_no_gate_to_open(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**example.prepare(name=sandbox.name), PROJECT: str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    panel = step(Walkthrough(parameters()))
    assert "install (step 6) first" in shown(panel)
    way = ["--run", "runs/walkthrough", "--decisions", str(example.DECISIONS), "--mode", "plain"]
    assert main(["generate", "--app", str(example.FOLDER), *way]) == 0
    assert main(["install", "--run", "runs/walkthrough", "--apply"]) == 0
    panel = step(Walkthrough(parameters()))
    assert "every job of this plan is plain" in shown(panel)
    assert all(ask.disabled for ask in panel._ask.values())
    assert main(["rollback", "--run", "runs/walkthrough", "--apply"]) == 0
