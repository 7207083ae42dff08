"""A managed plan: prepared behind shut gates, in both set-ups, and out again."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, decision, step
from catalogue import differences, exact

from cronlift.errors import SafetyError
from cronlift.model.decision import Decisions
from cronlift.model.job import Options
from cronlift.stages.generate import generate
from cronlift.stages.install import MANAGED, install, rollback

JOBS = (
    classified("Shop.CartCleanupWorker", step(DELETE), schedule="*/15 * * * *"),
    classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="0 */6 * * *"),
    classified("Shop.FridayWorker", step(DELETE), schedule="0 0 13 * 5"),
    classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="30 3 * * 0"),
)
both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


@pytest.fixture
def plan(shop, tmp_path):
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, mode="managed")
    assert made.refused == ()
    return made


def states(document) -> list[tuple[str, str]]:
    return [(a.object, a.state) for a in document.actions]


def test_what_a_managed_plan_says(plan):
    cleanup, prewarm, friday, vacuum = plan.jobs
    assert plan.mode == "managed"
    assert cleanup.command == "CALL cronlift.run('oban:Shop.CartCleanupWorker')"
    assert cleanup.managed.relation == "public.oban_jobs"
    assert (cleanup.managed.max_attempts, prewarm.managed.max_attempts) == (20, 20)
    assert prewarm.commits
    assert prewarm.command.startswith("DO $run$\nDECLARE\n  run bigint;\nBEGIN\n  CALL cronlift.begin(")
    assert friday.schedule.guard is None or "$1" in friday.managed.guard
    assert vacuum.command == "VACUUM public.cart"


@pytest.mark.parametrize("changes", [{}, {"timezone": "Asia/Tokyo"}, {"instance": "Shop.Oban"}])
def test_entries_whose_rows_look_the_same_are_refused(shop, tmp_path, changes):
    """The fence would turn one's rows away as the other's."""
    twin = JOBS[0].model_copy(update={"id": f"{JOBS[0].id}/2", **changes})
    made = generate(application(tmp_path, JOBS[0], twin, JOBS[1]), tmp_path, shop.server, mode="managed")
    assert [j.id for j in made.jobs] == [JOBS[1].id]
    assert [(r.id, r.code) for r in made.refused] == [(JOBS[0].id, "same-rows"), (twin.id, "same-rows")]
    assert "config/config.exs:5 (Etc/UTC) and config/config.exs:6 (" in made.refused[0].why
    assert "config/config.exs:6 (" in made.refused[1].why
    assert len(generate(application(tmp_path, JOBS[0], JOBS[1]), tmp_path, shop.server, mode="managed").jobs) == 2


@pytest.mark.parametrize(
    "changes", [{"schedule": "*/30 * * * *"}, {"options": Options(args={"a": 1})}, {"kind": "startup"}]
)
def test_entries_whose_rows_can_be_told_apart_are_planned(shop, tmp_path, changes):
    twin = JOBS[0].model_copy(update={"id": f"{JOBS[0].id}/2", **changes})
    made = generate(application(tmp_path, JOBS[0], twin), tmp_path, shop.server, mode="managed", jobs=[JOBS[0].id])
    assert [j.managed.cron_expr for j in made.jobs] == ["*/15 * * * *" if "schedule" in changes else None]


@pytest.mark.parametrize(
    ("unique", "said"),
    [
        (None, None),
        ("false", None),
        ("true", None),
        ("[period: 60]", None),
        ("[states: :incomplete]", None),
        ("[period: 60, states: [:available, :completed]]", None),
        ("[period: 60, states: [:executing, :cancelled]]", "counts"),
        ("[states: :all]", "counts"),
        ("[states: Oban.Job.states(), period: 60]", "may count"),
        ("@unique", "may count"),
    ],
)
def test_what_the_fence_turns_away_can_count_for_uniqueness(shop, tmp_path, unique, said):
    """After a rollback it would keep the application's first rows away."""
    job = JOBS[0].model_copy(update={"options": Options(unique=unique)})
    (planned,) = generate(application(tmp_path, job), tmp_path, shop.server, mode="managed").jobs
    losses = [loss.text for loss in planned.losses if loss.code == "turned-away-counts"]
    assert len(losses) == (said is not None)
    assert said is None or losses[0].startswith(f"unique: {unique} {said} cancelled jobs")


def test_a_table_named_by_decision_tells_instances_apart(shop, tmp_path):
    twin = JOBS[0].model_copy(update={"id": f"{JOBS[0].id}/2", "instance": "Shop.Oban"})
    decisions = Decisions(schema_version=1, jobs={JOBS[0].id: decision(JOBS[0], queue_table="public.oban_jobs")})
    made = generate(
        application(tmp_path, JOBS[0], twin), tmp_path, shop.server,
        decisions=decisions, mode="managed", jobs=[JOBS[0].id],
    )  # fmt: skip
    assert (len(made.jobs), made.jobs[0].managed.siblings) == (1, ())


def test_a_chain_is_planned_by_decision_and_refused_where_it_cannot_hold(shop, tmp_path):
    def made(**follows):
        decided = {j.id: decision(j, **({"follows": follows[j.worker[5:]]} if j.worker[5:] in follows else {}))
                   for j in JOBS}  # fmt: skip
        decisions = Decisions(schema_version=1, jobs=decided)
        return generate(application(tmp_path, *JOBS), tmp_path, shop.server, decisions=decisions, mode="managed")

    for job, lead in (("CartCleanupWorker", "PrewarmWorker"), ("PrewarmWorker", "CartCleanupWorker")):
        fine = made(**{job: f"oban:Shop.{lead}"})
        assert fine.refused == ()
        assert {j.worker: j.managed.follows for j in fine.jobs if j.managed.follows} == {
            f"Shop.{job}": f"oban:Shop.{lead}"
        }
    for follows, why in (
        ({"CartCleanupWorker": "oban:X"}, "is not in the plan"),
        ({"CartCleanupWorker": "oban:Shop.VacuumWorker"}, "stands alone"),
        (
            {"CartCleanupWorker": "oban:Shop.FridayWorker", "FridayWorker": "oban:Shop.CartCleanupWorker"},
            "in a circle",
        ),
    ):
        assert why in made(**follows).refused[0].why


@pytest.mark.parametrize(
    "policy", [{"max_attempts": 3}, {"backoff": "60"}, {"overlap": "skip"}, {"catch_up": True}, {"unique_across": True},
               {"follows": "oban:Shop.CartCleanupWorker"}]
)  # fmt: skip
def test_a_policy_that_only_the_runner_keeps_is_refused_where_it_runs_nothing(shop, tmp_path, policy):
    decisions = Decisions(schema_version=1, jobs={JOBS[3].id: decision(JOBS[3], **policy)})
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, decisions=decisions, mode="managed")
    ((job, code, why),) = [(r.id, r.code, r.why) for r in made.refused]
    assert (job, code) == (JOBS[3].id, "policy")
    assert why.startswith(f"{next(iter(policy))}: only for what the runner runs")


@both
def test_there_and_back(shop, plan):
    install(plan, shop.server, apply=True)
    rollback(plan, shop.server, apply=True)
    before = exact(shop, plan)

    dry = install(plan, shop.server, apply=False)
    assert differences(before, exact(shop, plan)) == []
    assert [s for s in states(dry) if s[0] not in ("schema", "sweeper", "fence")] == [
        *[("procedure", "planned")] * 3,
        *[("gate", "planned")] * 4,
        *[("cron_entry", "planned")] * 3,
    ]
    done = install(plan, shop.server, apply=True)
    assert done.mode == "managed"
    assert done.notes == (MANAGED,)
    assert {s for _, s in states(done)} == {"created", "present"}
    assert {s for _, s in states(install(plan, shop.server, apply=True))} == {"present"}
    back = rollback(plan, shop.server, apply=True)
    assert {s for _, s in states(back)} == {"removed", "absent"}
    assert differences(before, exact(shop, plan)) == []


@both
def test_psql_runs_the_same_statements(shop, plan, tmp_path):
    for _ in range(2):
        psql(shop, tmp_path, plan.up_sql)
    assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"present"}
    for _ in range(2):
        psql(shop, tmp_path, plan.down_sql)
    assert {s for _, s in states(rollback(plan, shop.server, apply=False))} == {"absent"}
    install(plan, shop.server, apply=True)
    psql(shop, tmp_path, plan.up_sql)


@both
def test_nothing_is_removed_while_pg_cron_owns_a_job(shop, plan, tmp_path):
    install(plan, shop.server, apply=True)
    shop.execute("UPDATE cronlift.gate SET state = 'started', pg_from = '2026-01-01'", user="postgres")
    before = exact(shop, plan)
    for apply in (False, True):
        with pytest.raises(SafetyError, match="pg_cron still owns jobs"):
            rollback(plan, shop.server, apply=apply)
    assert "pg_cron owns job" in psql(shop, tmp_path, plan.down_sql, expect=3)
    assert differences(before, exact(shop, plan)) == []


def test_a_shut_gate_changes_nothing_for_the_application(shop, plan):
    install(plan, shop.server, apply=True)
    with shop.connect() as connection:
        connection.autocommit = True
        before = connection.execute("SELECT count(*) FROM public.cart").fetchone()
        for job in plan.jobs[:3]:
            connection.execute(job.command)
        assert connection.execute("SELECT count(*) FROM public.cart").fetchone() == before
        row = connection.execute(
            "INSERT INTO public.oban_jobs (worker, meta) VALUES ('Shop.CartCleanupWorker', '{\"cron\": true}') "
            "RETURNING state::text"
        ).fetchone()
    assert row == ("available",)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("CREATE SCHEMA cronlift", "schema cronlift"),
        ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER "
         "zz_cronlift_fence BEFORE INSERT ON oban_jobs FOR EACH ROW EXECUTE FUNCTION f()", "fence public.oban_jobs"),
    ],
)  # fmt: skip
def test_what_is_somebody_elses_stops_it(shop, plan, damage, said):
    shop.execute(damage)
    before = exact(shop, plan)
    with pytest.raises(SafetyError) as stopped:
        install(plan, shop.server, apply=True)
    assert said in str(stopped.value)
    assert differences(before, exact(shop, plan)) == []


def test_a_changed_row_of_a_shut_gate_is_an_edit(shop, plan):
    install(plan, shop.server, apply=True)
    shop.execute("UPDATE cronlift.gate SET worker = 'Shop.Other' WHERE job ~ 'Cart'", user="postgres")
    with pytest.raises(SafetyError, match="edited since it was installed"):
        install(plan, shop.server, apply=True)
    install(plan, shop.server, apply=True, overwrite_edited=True)
    assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"present"}


def psql(shop, folder, script: str, expect: int = 0) -> str:
    (folder / "script.sql").write_bytes(script.encode())
    done = shop.psql("-d", "template1", "-f", str(folder / "script.sql"))
    assert done.returncode == expect, done.stderr
    return done.stderr
