"""Two installers at once, as processes of their own, and locks that others hold."""

from __future__ import annotations

import threading
import time

import pytest
from catalogue import differences, exact, named
from clients import Clients

from cronlift.errors import SafetyError, ServerError
from cronlift.installation import patience
from cronlift.installation.patience import Patience
from cronlift.model.installation import Installation
from cronlift.record.run_folder import RunFolder
from cronlift.stages.install import install, rollback

both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def two_clients(tmp_path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(Clients(tmp_path / name))
    yield made
    for client in made:
        client.close()


@both
@pytest.mark.parametrize("ways", [("install", "install"), ("rollback", "rollback")])
def test_two_processes_at_once(shop, plan, two_clients, tmp_path, ways):
    """Each has a run folder of its own; every object is made (or removed) once, by one of them, and both end well."""
    empty = exact(shop, plan)
    if ways[0] == "rollback":
        install(plan, shop.server, apply=True)
    runs = []
    for name in ("a", "b"):
        with RunFolder(tmp_path / name).writing() as folder:
            folder.write_document(plan)
        runs.append(folder)
    environment = {**shop.sandbox.environment, "PGDATABASE": shop.name}
    ended = [None, None]

    def act(number: int) -> None:
        arguments = [ways[number], "--run", str(runs[number].path), "--apply"]
        ended[number] = two_clients[number].run(arguments, environment)

    threads = [threading.Thread(target=act, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.code for one in ended] == [0, 0], [one.said for one in ended]
    done = [[a.state for a in folder.read(Installation).actions] for folder in runs]
    made, found = ("created", "present") if ways[0] == "install" else ("removed", "absent")
    assert sorted(done) == sorted([[made] * 5, [found] * 5])
    rollback(plan, shop.server, apply=True)
    assert differences(empty, exact(shop, plan)) == []


def test_an_installer_and_a_rollback_at_once(shop, plan, two_clients, tmp_path):
    """Whoever comes second acts on what the first one left: all or nothing is there, never a part."""
    empty = named(shop, plan)
    install(plan, shop.server, apply=True)
    whole = named(shop, plan)
    for name in ("install", "rollback"):
        with RunFolder(tmp_path / name).writing() as folder:
            folder.write_document(plan)
    environment = {**shop.sandbox.environment, "PGDATABASE": shop.name}
    codes = {}

    def act(client: Clients, way: str) -> None:
        codes[way] = client.run([way, "--run", str(tmp_path / way), "--apply"], environment)

    threads = [
        threading.Thread(target=act, args=pair) for pair in zip(two_clients, ("install", "rollback"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {code.code for code in codes.values()} == {0}, codes
    assert named(shop, plan) in (empty, whole)


@both
def test_a_lock_that_is_given_up_in_time_is_waited_for(shop, plan, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=200, lock_timeout=100, pause=(0.01, 0.05)))
    with shop.admin(plan.target.cron_database) as other:
        other.execute("LOCK TABLE cron.job IN SHARE MODE")
        threading.Timer(1.0, other.rollback).start()
        started = time.monotonic()
        done = install(plan, shop.server, apply=True)
        assert time.monotonic() - started > 0.5
    assert {a.state for a in done.actions} == {"created"}


@both
def test_giving_up_names_who_holds_the_lock(shop, plan, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=3, lock_timeout=200, pause=(0.01, 0.05)))
    before = named(shop, plan)
    recorded: list[Installation] = []
    with shop.admin(plan.target.cron_database) as other:
        other.execute("LOCK TABLE cron.job IN SHARE MODE")
        pid = other.info.backend_pid
        with pytest.raises(ServerError, match="for a lock that others hold") as refused:
            install(plan, shop.server, apply=True, record=recorded.append)
        assert f"pid {pid} (role postgres, application cronlift, idle in transaction" in refused.value.where
        other.rollback()
    if plan.target.split:
        assert "a second run finishes" in refused.value.what
        assert (recorded[-1].applied, recorded[-1].complete) == (True, False)
        assert [a.state for a in recorded[-1].actions] == ["created"] * 2 + ["planned"] * 3
    else:
        assert "nothing was changed" in refused.value.what
        assert not recorded[-1].applied
        assert named(shop, plan) == before
    assert {a.state for a in install(plan, shop.server, apply=True).actions} <= {"created", "present"}


def test_another_installers_session_is_named(shop, plan, monkeypatch):
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=2, lock_timeout=200, pause=(0.01, 0.05)))
    with shop.admin(plan.target.cron_database) as other:
        other.execute("SELECT pg_advisory_lock(1668443758, 1)")
        with pytest.raises(SafetyError, match="another cronlift") as refused:
            install(plan, shop.server, apply=True)
        assert f"pid {other.info.backend_pid} " in refused.value.where


def test_a_failed_rollback_does_not_deny_the_installation(shop, plan, monkeypatch):
    """What is on record after an act that failed and changed nothing is what is there."""
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=2, lock_timeout=100, pause=(0.01, 0.05)))
    install(plan, shop.server, apply=True)
    recorded: list[Installation] = []
    with shop.admin(plan.target.cron_database) as other:
        other.execute("LOCK TABLE cron.job IN SHARE MODE")
        with pytest.raises(ServerError):
            rollback(plan, shop.server, apply=True, record=recorded.append)
        other.rollback()
    last = recorded[-1]
    assert (last.act, last.applied, last.complete) == ("install", True, True)
    assert {a.state for a in last.actions} == {"present"}
    assert "failed and changed nothing" in last.notes[0]
