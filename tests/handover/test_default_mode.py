"""Managed by default; what cannot stand behind a gate is plain beside it, with its reason, in one plan."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, INSERT, SCHEMA, application, classified, decision, step
from catalogue import differences, exact

from cronlift.errors import UsageError
from cronlift.generate.gating import writes_meta
from cronlift.handover.operation import choose
from cronlift.model.decision import Decisions
from cronlift.model.handover import Hand, Handover
from cronlift.record import outcome
from cronlift.stages.generate import generate
from cronlift.stages.install import MANAGED, PLAIN, install, rollback
from cronlift.stages.verify import verify
from cronlift.verification import gated

CLEANUP = classified("Shop.CartCleanupWorker", step(DELETE), schedule="*/15 * * * *")
VACUUM = classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="30 3 * * 0")
ARCHIVE = classified("Shop.ArchiveWorker", step("DELETE FROM cart_archive"), schedule="5 * * * *")
JOBS = (CLEANUP, VACUUM, ARCHIVE)
LOCK = '"oban": {:hex, :oban, "%s", "0f", [:mix], [], "hexpm", "0f"},'


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


@pytest.fixture
def mixed(shop, tmp_path):
    decisions = Decisions(
        schema_version=1,
        jobs={CLEANUP.id: decision(CLEANUP), VACUUM.id: decision(VACUUM), ARCHIVE.id: decision(ARCHIVE, mode="plain")},
    )
    return generate(application(tmp_path, *JOBS), tmp_path, shop.server, decisions=decisions)


def modes(plan) -> list[tuple[str, str]]:
    return [("managed" if job.managed else "plain", job.plain_because) for job in plan.jobs]


def test_what_cannot_be_gated_is_plain_and_says_why(mixed):
    assert (mixed.mode, mixed.refused) == ("managed", ())
    assert modes(mixed) == [
        ("managed", ""),
        ("plain", "no gate can hold back VACUUM (stands-alone)"),
        ("plain", "by decision"),
    ]
    assert [job.command for job in mixed.jobs[1:]] == ["VACUUM public.cart", "CALL public.archive_worker_job()"]
    text = mixed.migration.text
    assert (text.count("PERFORM cron.schedule("), CLEANUP.id in text) == (2, True)
    assert "PROCEDURE public.cart_cleanup_worker_job()" in text


def test_without_a_queue_the_whole_plan_is_plain(app_database, tmp_path):
    app_database.execute(SCHEMA)
    entries = application(tmp_path, CLEANUP)
    plan = generate(entries, tmp_path, app_database.server)
    assert plan.mode == "plain"
    assert [why for _, why in modes(plan)] == [
        "there is no queue table of Oban's in this database: nothing could be fenced (no-queue-table)"
    ]
    assert [r.code for r in generate(entries, tmp_path, app_database.server, mode="managed").refused] == [
        "no-queue-table"
    ]


@pytest.mark.parametrize(
    ("version", "mode"), [("2.15.4", "plain"), ("2.17.5", "plain"), ("2.17.6", "managed"), ("2.23.1", "managed")]
)
def test_an_oban_whose_rows_do_not_say_that_they_are_crons(shop, tmp_path, version, mode):
    (tmp_path / "mix.lock").write_text(LOCK % version)
    ((found, why),) = modes(generate(application(tmp_path, CLEANUP), tmp_path, shop.server))
    assert found == mode
    assert ("no-cron-meta" in why) == (mode == "plain")


@pytest.mark.parametrize(
    ("asked_for", "meta"),
    [("~> 2.18", True), (">= 2.17.6 and < 3.0.0", True), ("2.20.0-rc.1", True), ("2.16.3", False), ("2.17.5", False)]
    + [(unclear, None) for unclear in ("~> 2.17", ">= 2.0.0", "< 3.0.0", "~> 2.18 or 2.1.0", None)],
)
def test_a_requirement_speaks_only_where_all_it_allows_is_new_enough(asked_for, meta):
    assert writes_meta(asked_for) is meta


def test_a_scheduler_without_a_queue_is_plain(shop, tmp_path):
    job = CLEANUP.model_copy(update={"source": "quantum"})
    ((found, why),) = modes(generate(application(tmp_path, job), tmp_path, shop.server))
    assert (found, "no-fence" in why) == ("plain", True)


def test_a_decision_that_needs_the_gate_is_refused_rather_than_forgotten(app_database, tmp_path):
    app_database.execute(SCHEMA)
    decisions = Decisions(schema_version=1, jobs={CLEANUP.id: decision(CLEANUP, catch_up=True)})
    plan = generate(application(tmp_path, CLEANUP), tmp_path, app_database.server, decisions=decisions)
    assert [r.code for r in plan.refused] == ["no-queue-table"]


def test_several_queues_ask_rather_than_fall_back(shop, queue, tmp_path):
    shop.execute("CREATE SCHEMA other; SET search_path = other; " + queue + "; ALTER TABLE oban_jobs RENAME TO jobs_b")
    shop.execute("ALTER TABLE public.oban_jobs RENAME TO jobs_a")
    for prefix, code in (("public", "other-queue-table"), (None, "several-queue-tables")):
        job = CLEANUP.model_copy(update={"prefix": prefix})
        plan = generate(application(tmp_path, job), tmp_path, shop.server)
        assert [r.code for r in plan.refused] == [code]
        assert "other.jobs_b, public.jobs_a" in plan.refused[0].why


def test_asked_for_plain_nothing_is_gated_and_nothing_explained(shop, tmp_path):
    plan = generate(application(tmp_path, *JOBS), tmp_path, shop.server, mode="plain")
    assert (plan.mode, modes(plan)) == ("plain", [("plain", "")] * 3)


def test_what_pg_cron_runs_behind_a_gate_gets_no_plain_entry_beside_it(shop, tmp_path):
    entries = application(tmp_path, CLEANUP)
    plan = generate(entries, tmp_path, shop.server)
    install(plan, shop.server, apply=True)
    shop.execute("UPDATE cronlift.gate SET state = 'started', pg_from = '2026-01-01'", user="postgres")
    assert [r.code for r in generate(entries, tmp_path, shop.server, mode="plain").refused] == ["behind-a-gate"]
    (tmp_path / "mix.lock").write_text(LOCK % "2.15.4")
    changed = application(tmp_path, classified(CLEANUP.worker, step(INSERT), schedule=CLEANUP.schedule or ""))
    assert [r.code for r in generate(changed, tmp_path, shop.server).refused] == ["no-cron-meta"]


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_a_mixed_plan_there_and_back(shop, mixed):
    install(mixed, shop.server, apply=True)
    rollback(mixed, shop.server, apply=True)
    before = exact(shop, mixed)

    done = install(mixed, shop.server, apply=True)
    assert {a.state for a in done.actions} == {"created", "present"}
    assert [a.job for a in done.actions if a.object == "gate"] == [CLEANUP.id]
    assert done.notes == (MANAGED, f"not behind a gate: {VACUUM.id}, {ARCHIVE.id}: {PLAIN}")
    assert {a.state for a in install(mixed, shop.server, apply=False).actions} == {"present"}

    assert [job.id for job in choose(mixed, ())] == [CLEANUP.id]
    with pytest.raises(UsageError, match=r"does not hold oban:Shop\.VacuumWorker behind a gate"):
        choose(mixed, [VACUUM.id])

    seen = verify(mixed, shop.server).verification
    assert [job.gate for job in seen.jobs] == ["shut", None, None]
    assert "1 behind a shut gate: the application runs it until cronlift jobs start" in outcome.of(seen).sentence
    assert outcome.of(seen).exit_code == 4

    started = Handover(
        plan_hash=mixed.hash, verb="start", applied=True, jobs=(Hand(job=CLEANUP.id, before="shut", after="started"),)
    )
    now = gated.after(seen, started)
    assert [job.gate for job in now.jobs] == ["started", None, None]
    assert [c.text for c in now.jobs[0].checks if c.name == "real_run"] == [
        "no run yet since the start: verify again after the next tick"
    ]
    assert "shut gate" not in outcome.of(now).sentence
    assert now.jobs[1:] == seen.jobs[1:]

    back = rollback(mixed, shop.server, apply=True)
    assert {a.state for a in back.actions} == {"removed"}
    assert differences(before, exact(shop, mixed)) == []
