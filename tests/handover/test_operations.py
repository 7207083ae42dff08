"""The acts on gates, in both set-ups: what each does, what it refuses, and that running it again is harmless.

What only a real minute shows (pg_cron ticking, Oban inserting) is in the long tests; here the sweeper is called by
hand, and time passes by moving a gate's instants back.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, decision, step
from catalogue import differences, exact

from cronlift.errors import Pending, SafetyError, UsageError
from cronlift.handover import by_hand, copies, removal
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.flatten import Flatten
from cronlift.handover.hold import Pause, Reset, Resume
from cronlift.handover.operation import perform
from cronlift.handover.start import Start
from cronlift.handover.status import status
from cronlift.model.decision import Decisions
from cronlift.model.job import Options
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

CLEANUP, PREWARM = "oban:Shop.CartCleanupWorker", "oban:Shop.PrewarmWorker"
JOBS = (
    classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *"),
    classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="0 */6 * * *"),
)
both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


@pytest.fixture
def plan(shop, tmp_path):
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, mode="managed")
    assert made.refused == ()
    return made


@pytest.fixture
def installed(shop, plan):
    install(plan, shop.server, apply=True)
    sweep(shop)
    return plan


def sweep(shop):
    """As if pg_cron had swept in time: by hand it is any second of a minute."""
    with shop.connect() as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.sweep()")
    shop.execute("UPDATE cronlift.heartbeat SET tick = at", user="postgres")


def act(operation, plan, shop, *jobs, apply=True):
    return perform(operation, plan, shop.server, jobs=jobs, apply=apply)


def gates(shop):
    with shop.admin() as connection:
        rows = connection.execute("SELECT job, state, pg_from, pg_until FROM cronlift.gate").fetchall()
    return {job: (state, start, end) for job, state, start, end in rows}


def rows_at(shop, column: str):
    with shop.admin() as connection:
        return dict(connection.execute(f"SELECT job, {column} FROM cronlift.gate").fetchall())


def shift(shop, back: str, *columns: str):
    """Let time pass: move instants back."""
    sets = ", ".join(f"{c} = {c} - interval '{back}'" for name in columns for c in (name, name.replace("pg", "rows")))
    shop.execute(f"UPDATE cronlift.gate SET {sets}", user="postgres")


def ran(shop, job: str, **changes):
    """The log of a tick."""
    shop.execute(
        f"INSERT INTO cronlift.run_log (job, tick, cause, state, plan_hash, ended_at) "
        f"SELECT '{job}', cronlift.due(g, least(g.pg_until - interval '1 us', clock_timestamp())), 'tick', "
        f"'{changes.get('state', 'succeeded')}', '', now() FROM cronlift.gate g WHERE job = '{job}'",
        user="postgres",
    )


def started(shop, plan):
    """Both jobs, since three minutes for the one of every minute."""
    act(Start(wait=0), plan, shop)
    shift(shop, "10 minutes", "pg_from")


@both
def test_start(shop, installed):
    dry = act(Start(wait=0), installed, shop, apply=False)
    assert not dry.applied
    assert all(look.well for look in dry.looks)
    assert {g[0] for g in gates(shop).values()} == {"shut"}

    record = []
    done = perform(Start(wait=0), installed, shop.server, apply=True, record=record.append)
    assert [(d.applied, d.complete) for d in record] == [(True, False), (True, True)]
    assert [(j.before, j.after) for j in done.jobs] == [("shut", "started")] * 2
    cleanup = datetime.fromisoformat(done.jobs[0].pg_from)
    assert cleanup.second == 30
    assert timedelta(0) < cleanup - datetime.now(UTC) < timedelta(seconds=95)
    prewarm = datetime.fromisoformat(done.jobs[1].pg_from)
    boundary = prewarm.replace(minute=0, second=0, hour=prewarm.hour - prewarm.hour % 6)
    assert prewarm - boundary >= timedelta(minutes=5)
    assert gates(shop)[CLEANUP] == ("started", cleanup, None)

    # Rows that name no tick: half a margin before the first tick behind the moment.
    assert rows_at(shop, "rows_from") == {
        CLEANUP: cleanup + timedelta(seconds=15),
        PREWARM: boundary + timedelta(hours=6, seconds=-150),
    }

    before = gates(shop)
    again = act(Start(wait=0), installed, shop)
    assert (again.complete, gates(shop)) == (True, before)


def test_a_canary_goes_first(shop, installed):
    with pytest.raises(UsageError, match="none of the jobs"):
        act(Start(wait=0, canary="oban:X"), installed, shop)
    first = act(Start(wait=0, canary=CLEANUP), installed, shop)
    assert (first.complete, [j.after for j in first.jobs]) == (False, ["started", "shut"])
    with pytest.raises(Pending, match="has not run since"):
        act(Start(wait=0, canary=CLEANUP), installed, shop)
    shift(shop, "10 minutes", "pg_from")
    ran(shop, CLEANUP, state="failed")
    with pytest.raises(SafetyError, match="the canary's last run failed"):
        act(Start(wait=0, canary=CLEANUP), installed, shop)
    shop.execute("UPDATE cronlift.run_log SET state = 'succeeded'", user="postgres")
    rest = act(Start(wait=0, canary=CLEANUP), installed, shop)
    assert (rest.complete, [j.after for j in rest.jobs]) == (True, ["started", "started"])


def test_start_needs_an_installation(shop, plan):
    with pytest.raises(SafetyError) as stopped:
        act(Start(wait=0), plan, shop)
    assert "cronlift install --apply, then run" in str(stopped.value)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DROP TRIGGER zz_cronlift_fence ON oban_jobs", "fence public.oban_jobs is absent"),
        ("ALTER TABLE oban_jobs DISABLE TRIGGER zz_cronlift_fence", "fence public.oban_jobs is edited"),
        ("DROP PROCEDURE cart_cleanup_worker_job()", "procedure public.cart_cleanup_worker_job() is absent"),
        ("UPDATE cronlift.heartbeat SET at = at - interval '3 min', tick = tick - interval '3 min'", "held up by a"),
        ("UPDATE cronlift.heartbeat SET at = tick + interval '20 s'", "20.0 s after its minute"),
        ("DELETE FROM cronlift.heartbeat", "has not run cronlift/"),
        ("INSERT INTO oban_jobs (worker) VALUES ('Shop.CartCleanupWorker')", "none says that it is cron's"),
        ("INSERT INTO oban_jobs (worker, meta, inserted_at) VALUES ('Shop.X', '{\"cron\": true}', "
         "timestamp '2026-11-26 12:00:20')", "cron rows come 20.0 s after their tick"),
        ("CREATE TABLE oban_crons (worker text); INSERT INTO oban_crons VALUES ('Shop.CartCleanupWorker')",
         "DynamicCron keeps an entry"),
    ],
)  # fmt: skip
def test_start_refuses(shop, installed, damage, said):
    shop.execute(damage, user="postgres")
    with pytest.raises(SafetyError) as stopped:
        act(Start(wait=0), installed, shop, CLEANUP)
    assert said in str(stopped.value)
    assert {g[0] for g in gates(shop).values()} == {"shut"}


def cron_row(shop, args="{}", **meta):
    meta = json.dumps({"cron": True, "cron_expr": "* * * * *", **meta})
    shop.execute(
        "INSERT INTO oban_jobs (worker, args, meta, inserted_at) "
        f"SELECT 'Shop.CartCleanupWorker', '{args}', '{meta}', date_trunc('minute', now() AT TIME ZONE 'UTC')",
        user="postgres",
    )


@pytest.mark.parametrize(
    ("off", "well"), [("100 ms", True), ("2 minutes", True), ("7 minutes", False), ("-7 minutes", False)]
)
def test_a_rare_jobs_rows_tell_clocks_apart_that_differ_by_whole_minutes(shop, installed, off, well):
    """A row of Elixir's Oban names no tick: the nearest minute would take a clock that is 7 minutes wrong for right."""
    meta = json.dumps({"cron": True, "cron_expr": "0 */6 * * *"})
    shop.execute(
        "INSERT INTO oban_jobs (worker, meta, inserted_at) SELECT 'Shop.PrewarmWorker', "
        f"'{meta}', cronlift.tick('0 */6 * * *', now() - interval '1 day') AT TIME ZONE 'UTC' + interval '{off}'",
        user="postgres",
    )
    cron_row(shop)  # of another worker, in time for its minute
    looks = [look for look in act(Start(wait=0), installed, shop, PREWARM, apply=False).looks if look.name == "clocks"]
    assert [look.well for look in looks] == [well]


def test_start_looks_if_the_application_runs_the_planned_entry(shop, installed):
    cron_row(shop, '{"days": 30}')
    with pytest.raises(SafetyError) as stopped:
        act(Start(wait=0), installed, shop, CLEANUP)
    said = str(stopped.value)
    assert 'is not the planned entry\'s (args {}) but has args {"days": 30}, expression * * * * *, inserted 20' in said
    cron_row(shop)  # the latest decides: a deploy may have brought the entry just now
    cron_row(shop, '{"days": 60}', cronlift="oban:Shop.CartCleanupWorker@v0")  # of another version's
    assert act(Start(wait=0), installed, shop, CLEANUP, apply=False).looks[-1].well
    cron_row(shop, '{"days": 30}')
    with pytest.raises(SafetyError, match="both sides would run"):
        act(Start(wait=0), installed, shop, CLEANUP)
    assert {g[0] for g in gates(shop).values()} == {"shut"}
    cron_row(shop, cron_expr="*/1 * * * *")  # an edited expression is fenced all the same
    assert act(Start(wait=0), installed, shop, CLEANUP).complete


def test_start_knows_the_workers_other_entries(shop, tmp_path):
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    other = JOBS[0].model_copy(update={"id": f"{CLEANUP}/30", "options": Options(args={"days": 30})})
    twin = JOBS[0].model_copy(update={"id": f"{CLEANUP}/daily", "schedule": "@daily"})
    app = application(tmp_path, JOBS[0], other, twin)
    plan = generate(app, tmp_path, shop.server, mode="managed", jobs=[CLEANUP])
    assert [s.model_dump() for s in plan.jobs[0].managed.siblings] == [
        {"args": {"days": 30}, "cron_expr": None}, {"args": {}, "cron_expr": "@daily"}
    ]  # fmt: skip
    install(plan, shop.server, apply=True)
    sweep(shop)
    cron_row(shop, '{"days": 30}')
    cron_row(shop, cron_expr="@daily")
    assert act(Start(wait=0), plan, shop, apply=False).looks[-1].well
    for unknown in ({"cron_expr": "0 * * * *"}, {"cron_expr": None}):
        cron_row(shop, **unknown)
        with pytest.raises(SafetyError, match=r"\(args {}, expression \* \* \* \* \*\) but has args {}, expression"):
            act(Start(wait=0), plan, shop)
    cron_row(shop)
    assert act(Start(wait=0), plan, shop).complete


def test_start_refuses_an_oban_of_no_known_version(shop, tmp_path):
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, mode="managed")
    install(made, shop.server, apply=True)
    sweep(shop)
    with pytest.raises(SafetyError, match="not everything is as it must be") as stopped:
        act(Start(wait=0), made, shop)
    assert "start after a tick of any cron job" in str(stopped.value)
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    shop.execute(
        f'INSERT INTO oban_jobs (worker, meta, inserted_at) VALUES (\'Shop.X\', \'{{"cron": true, "cron_at": '
        f"\"{at.isoformat()}\"}}', '{at.replace(tzinfo=None)}'::timestamp + interval '100 ms')"
    )
    assert act(Start(wait=0), made, shop).complete


def test_a_plain_plan_has_no_gate(shop, tmp_path):
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, mode="plain")
    with pytest.raises(UsageError, match="the plan is plain"):
        act(Start(), made, shop)


def test_complete_wants_to_see_the_application_leave_the_job_out(shop, installed):
    act(Start(wait=0), installed, shop, CLEANUP)
    with pytest.raises(Pending):
        act(Complete(), installed, shop, CLEANUP)
    shift(shop, "10 minutes", "pg_from")

    with pytest.raises(SafetyError) as stopped:
        act(Complete(), installed, shop, CLEANUP)
    assert "nothing shows that the application's scheduler was at work" in str(stopped.value)

    due = "(SELECT cronlift.due(g, now() - interval '1 min') FROM cronlift.gate g WHERE job ~ 'Cart')"
    shop.execute(
        f"INSERT INTO cronlift.fence_hit (job, relation, tick) VALUES ('{CLEANUP}', 'public.oban_jobs', {due})",
        user="postgres",
    )
    with pytest.raises(SafetyError) as stopped:
        act(Complete(), installed, shop, CLEANUP)
    assert "still sends the job" in str(stopped.value)

    shop.execute("DELETE FROM cronlift.fence_hit", user="postgres")
    shop.execute(
        f"INSERT INTO oban_jobs (worker, meta, inserted_at) "
        f"VALUES ('Shop.Other', '{{\"cron\": true}}', {due} AT TIME ZONE 'UTC')",
        user="postgres",
    )
    done = act(Complete(), installed, shop, CLEANUP)
    assert "whose scheduler was at work" in done.looks[0].text
    assert gates(shop)[CLEANUP][0] == "completed"
    assert act(Complete(), installed, shop, CLEANUP).complete


def test_complete_sees_a_row_that_names_no_tick_and_came_by_a_clock_that_is_ahead(shop, installed):
    """200 ms before the hour by the database's clock: it is the hour's."""
    act(Start(wait=0), installed, shop)
    shift(shop, "7 hours", "pg_from")
    due = f"(SELECT cronlift.due(g, now() - interval '1 min') FROM cronlift.gate g WHERE job = '{PREWARM}')"
    shop.execute(
        f"INSERT INTO cronlift.fence_hit (job, relation, began) VALUES ('{PREWARM}', 'public.oban_jobs', "
        f"{due} - interval '200 ms')",
        user="postgres",
    )
    shop.execute(
        "INSERT INTO oban_jobs (worker, meta, inserted_at) "
        f"VALUES ('Shop.Other', '{{\"cron\": true}}', {due} AT TIME ZONE 'UTC')",
        user="postgres",
    )
    with pytest.raises(SafetyError) as stopped:
        act(Complete(), installed, shop, PREWARM)
    hour = (now := datetime.now(UTC)).hour // 6 * 6
    assert f"still sends the job (last turned away for {now:%Y-%m-%d}T{hour:02}:00:00Z)" in str(stopped.value)


def test_the_guard_is_asked_for_the_first_tick_behind_the_switch(shop, tmp_path):
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    zone = ZoneInfo("America/New_York")
    hour = (datetime.now(zone).hour + 12) % 24
    job = JOBS[0].model_copy(update={"schedule": f"* {hour} * * *", "timezone": zone.key})
    plan = generate(application(tmp_path, job), tmp_path, shop.server, mode="managed")
    if plan.jobs[0].managed.guard is None:
        pytest.skip("this pg_cron reads the zone itself")
    install(plan, shop.server, apply=True)
    sweep(shop)
    done = act(Start(wait=0), plan, shop)
    first = rows_at(shop, "rows_from")[CLEANUP].astimezone(zone)
    assert (first + timedelta(seconds=150)).strftime("%H:%M:%S") == f"{hour:02}:00:00"
    assert first > datetime.fromisoformat(done.jobs[0].pg_from)


def test_a_leader_that_was_there_shows_it_too(shop, installed):
    started(shop, installed)
    shop.execute(
        "INSERT INTO oban_peers VALUES ('Oban', 'n', timezone('UTC', now()) - interval '1 day', "
        "timezone('UTC', now()) + interval '20 s')"
    )
    act(Complete(), installed, shop, CLEANUP)
    assert gates(shop)[CLEANUP][0] == "completed"


def test_or_a_persons_word(shop, installed):
    act(Start(wait=0), installed, shop)
    done = act(Complete(deployed="4f2a9c1"), installed, shop)
    assert {look.text for look in done.looks} == {"decided: revision 4f2a9c1 is deployed, without the entry"}
    assert {g[0] for g in gates(shop).values()} == {"completed"}


@both
def test_rollback(shop, installed):
    started(shop, installed)
    done = act(Rollback(wait=0), installed, shop, CLEANUP)
    assert (done.complete, done.jobs[0].after) == (False, "rolled_back")
    end = datetime.fromisoformat(done.jobs[0].pg_until)
    assert end.second == 30
    assert end > datetime.now(UTC)
    assert rows_at(shop, "rows_until")[CLEANUP] == end + timedelta(seconds=15)
    with pytest.raises(SafetyError, match="still owns jobs"):
        rollback(installed, shop.server, apply=True)

    shift(shop, "10 minutes", "pg_from", "pg_until")
    since = gates(shop)[CLEANUP][2] - timedelta(seconds=50)  # of which one tick is pg_cron's
    shop.execute(f"UPDATE cronlift.gate SET pg_from = '{since}' WHERE job = '{CLEANUP}'", user="postgres")
    undecided = act(Rollback(wait=0), installed, shop, CLEANUP)
    assert not undecided.complete
    assert "nobody ran its last tick: " in undecided.notes[-1]
    ran(shop, CLEANUP)
    assert act(Rollback(wait=0), installed, shop, CLEANUP).complete
    assert gates(shop)[CLEANUP][0] == "rolled_back"
    # and again to pg_cron
    act(Start(wait=0), installed, shop, CLEANUP)
    assert gates(shop)[CLEANUP][::2] == ("started", None)


def undecided_rollback(shop, plan, *, hours: int = 0):
    """Given back eleven minutes ago and started ten minutes (and some hours) before that; pg_cron ran the third and the
    ninth minute's tick and none since: its launcher is dead. The ticks that nobody ran."""
    started(shop, plan)
    act(Rollback(wait=0), plan, shop, CLEANUP)
    end = datetime.now(UTC).replace(second=30, microsecond=0) - timedelta(minutes=11)
    start = end - timedelta(hours=hours, minutes=10)
    shop.execute(
        f"UPDATE cronlift.gate SET pg_from = '{start}', pg_until = '{end}', rows_until = NULL WHERE job = '{CLEANUP}'",
        user="postgres",
    )
    ticks = [start + timedelta(seconds=30 + 60 * n) for n in range(60 * hours + 10)]
    for tick in (ticks[2], ticks[8]):
        shop.execute(
            "INSERT INTO cronlift.run_log (job, tick, cause, state, plan_hash) "
            f"VALUES ('{CLEANUP}', '{tick}', 'tick', 'succeeded', '')",
            user="postgres",
        )
    return [tick for tick in ticks if tick not in (ticks[2], ticks[8])]


def logged(shop, where: str):
    with shop.admin() as connection:
        rows = connection.execute(f"SELECT tick, state, message FROM cronlift.run_log WHERE {where} ORDER BY tick")
        return rows.fetchall()


def test_rollback_names_every_tick_that_nobody_ran_and_runs_them_when_told_to(shop, installed):
    ticks = undecided_rollback(shop, installed)
    asked = act(Rollback(wait=0), installed, shop, CLEANUP)
    names = ", ".join(f"{tick:%Y-%m-%dT%H:%M:%SZ}" for tick in ticks)
    assert not asked.complete
    assert f"{CLEANUP}: nobody ran 8 ticks: {names}; run the same command with --undecided run" in asked.notes[-1]
    done = act(Rollback(wait=0, answer="run"), installed, shop, CLEANUP)
    assert done.complete
    assert [(tick, state) for tick, state, _ in logged(shop, "cause = 'catch_up'")] == [
        (tick, "succeeded") for tick in ticks
    ]
    again = act(Rollback(wait=0, answer="run"), installed, shop, CLEANUP)
    assert (again.complete, len(logged(shop, "cause = 'catch_up'"))) == (True, 8)


def test_or_leaves_them_out_for_good(shop, installed):
    ticks = undecided_rollback(shop, installed)
    assert act(Rollback(wait=0, answer="skip"), installed, shop, CLEANUP).complete
    left_out = logged(shop, "state = 'skipped'")
    assert left_out == [(tick, "skipped", "left out by decision") for tick in ticks]
    with shop.connect() as connection:  # what pg_cron queued before comes after all
        connection.autocommit = True
        for _ in range(3):
            connection.execute(f"CALL cronlift.run('{CLEANUP}')")
    assert logged(shop, "state = 'succeeded' AND message IS NULL AND plan_hash <> ''") == []
    assert act(Rollback(wait=0), installed, shop, CLEANUP).complete


def test_of_many_ticks_the_latest_are_named(shop, installed):
    undecided_rollback(shop, installed, hours=30)
    said = act(Rollback(wait=0), installed, shop, CLEANUP).notes[-1]
    assert f"nobody ran {24 * 60} ticks: {24 * 60 - 12} more from " in said
    assert len(said) < 600


def test_what_was_flat_is_decided_as_far_as_the_log_knows(shop, installed):
    """A flattened job's runs are in no log: asking for them again would run them twice."""
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop)
    act(Flatten(), installed, shop)
    act(Rollback(wait=0, deployed="y"), installed, shop, CLEANUP)
    shop.execute(
        "UPDATE cronlift.gate SET pg_until = date_trunc('minute', now()) - interval '90 s', rows_until = NULL "
        f"WHERE job = '{CLEANUP}'",
        user="postgres",
    )
    assert act(Rollback(wait=0), installed, shop, CLEANUP).complete
    with shop.connect() as connection:
        connection.autocommit = True
        for _ in range(3):  # runs that were queued before: one may stand for the last tick, none for one before
            connection.execute(f"CALL cronlift.run('{CLEANUP}')")
    assert len(logged(shop, "state = 'succeeded'")) <= 1


@pytest.mark.parametrize("verb", ["rollback", "give-back"])
@pytest.mark.parametrize("paused", [False, True])
def test_what_is_completed_goes_back_only_to_an_application_that_sends_it(shop, installed, verb, paused):
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop, CLEANUP)
    if paused:
        act(Pause(), installed, shop, CLEANUP)
    before = gates(shop)
    with pytest.raises(SafetyError) as stopped:
        act(Rollback(wait=0, verb=verb), installed, shop)
    assert f"{CLEANUP}: nothing shows that the application sends the job again (no row came for" in str(stopped.value)
    assert "git apply -R" in str(stopped.value)
    assert PREWARM not in str(stopped.value)  # the application was never seen to leave that out
    assert gates(shop) == before

    hit = (
        "INSERT INTO cronlift.fence_hit (job, relation, tick) "
        "SELECT job, relation, {} FROM cronlift.gate WHERE job = '{}'"
    )
    shop.execute(hit.format("date_trunc('minute', now()) - interval '5 min'", CLEANUP), user="postgres")
    with pytest.raises(SafetyError, match="nothing shows"):
        act(Rollback(wait=0, verb=verb), installed, shop)
    shop.execute(hit.format("date_trunc('minute', now())", CLEANUP), user="postgres")
    done = act(Rollback(wait=0, verb=verb), installed, shop)
    assert "the application sends the job" in done.looks[0].text
    assert gates(shop)[CLEANUP][0] == "rolled_back"


def test_or_back_at_a_persons_word(shop, installed):
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop, CLEANUP)
    done = act(Rollback(wait=0, deployed="4f2a9c1"), installed, shop, CLEANUP)
    assert [look.text for look in done.looks] == ["decided: revision 4f2a9c1 is deployed, with the entry"]
    assert gates(shop)[CLEANUP][0] == "rolled_back"


def test_a_patch_that_is_out_already_is_seen_before_complete_too(shop, installed):
    started(shop, installed)
    shop.execute(
        "INSERT INTO oban_jobs (worker, meta, inserted_at) SELECT 'Shop.Other', '{\"cron\": true}', "
        "cronlift.due(g, now() - interval '1 min') AT TIME ZONE 'UTC' FROM cronlift.gate g WHERE job ~ 'Cart'",
        user="postgres",
    )
    with pytest.raises(SafetyError, match="whose scheduler was at work, and then nobody would run it"):
        act(Rollback(wait=0), installed, shop, CLEANUP)
    assert gates(shop)[CLEANUP][0] == "started"


def test_a_start_that_is_far_off_is_undone_as_if_it_had_not_been(shop, installed):
    act(Start(wait=0), installed, shop, PREWARM)
    shift(shop, "-1 hour", "pg_from")
    done = act(Rollback(wait=0), installed, shop, PREWARM)
    assert (done.complete, gates(shop)[PREWARM]) == (True, ("shut", None, None))


def test_give_back_takes_all(shop, installed):
    started(shop, installed)
    act(Pause(), installed, shop, CLEANUP)
    act(Rollback(wait=0, verb="give-back"), installed, shop)
    assert {g[0] for g in gates(shop).values()} == {"rolled_back"}


def test_pause_and_resume(shop, installed):
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop, PREWARM)
    for _ in range(2):
        act(Pause(), installed, shop)
        assert {g[0] for g in gates(shop).values()} == {"paused"}
    for _ in range(2):
        act(Resume(), installed, shop)
        assert (gates(shop)[CLEANUP][0], gates(shop)[PREWARM][0]) == ("started", "completed")
    act(Reset(), installed, shop, CLEANUP)
    with pytest.raises(SafetyError, match="cannot be paused"):
        act(Pause(), installed, shop, CLEANUP)


@both
def test_run_now(shop, installed):
    started(shop, installed)
    assert not by_hand.run_now(installed, shop.server, jobs=[CLEANUP], apply=False).applied
    by_hand.run_now(installed, shop.server, jobs=[CLEANUP, PREWARM], apply=True)
    by_hand.run_now(installed, shop.server, jobs=[CLEANUP], apply=True, tick=datetime(2026, 1, 1, tzinfo=UTC))
    with shop.admin() as connection:
        # pg_cron itself may have come to a tick meanwhile
        rows = connection.execute(
            "SELECT job, cause, state FROM cronlift.run_log WHERE cause <> 'tick' ORDER BY id"
        ).fetchall()
    assert rows == [
        (CLEANUP, "by_hand", "succeeded"), (PREWARM, "by_hand", "succeeded"), (CLEANUP, "catch_up", "succeeded")
    ]  # fmt: skip


@both
def test_flatten_and_back(shop, installed):
    started(shop, installed)
    with pytest.raises(SafetyError, match="only a completed job"):
        act(Flatten(), installed, shop, CLEANUP)
    act(Complete(deployed="x"), installed, shop)
    for _ in range(2):
        act(Flatten(), installed, shop)
        assert commands(shop, installed) == [
            "CALL public.cart_cleanup_worker_job()",
            "CALL public.prewarm_worker_job()",
        ]
    plain = commands(shop, installed)
    with pytest.raises(SafetyError, match="nobody would run it"):
        act(Rollback(wait=0), installed, shop)
    assert commands(shop, installed) == plain
    act(Rollback(wait=0, deployed="y"), installed, shop)
    assert commands(shop, installed) == [job.command for job in installed.jobs]


def commands(shop, plan):
    with shop.admin(plan.target.cron_database) as connection:
        rows = connection.execute("SELECT command FROM cron.job WHERE jobname NOT LIKE '%/sweep' ORDER BY jobid")
        return [command for (command,) in rows]


def test_reset_is_the_way_out(shop, installed):
    started(shop, installed)
    act(Reset(), installed, shop, CLEANUP)
    assert gates(shop)[CLEANUP] == ("shut", None, None)


def test_status(shop, installed):
    started(shop, installed)
    ran(shop, CLEANUP)
    found = status(shop.server)
    assert [(j.job, j.after) for j in found.jobs] == [(CLEANUP, "started"), (PREWARM, "started")]
    assert found.jobs[0].note == "1 succeeded, 0 failed in a day"


def test_status_names_ticks_that_nobody_may_have_run(shop, installed):
    started(shop, installed)
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    shop.execute(f"UPDATE cronlift.gate SET pg_from = '{at - timedelta(seconds=270)}'", user="postgres")
    hit = "INSERT INTO cronlift.fence_hit (job, relation, tick, began) SELECT '{}', '', {}, {} "
    four, three, two = (f"timestamptz '{at - timedelta(minutes=n)}'" for n in (4, 3, 2))
    for tick, began in (("NULL", four), (three, three), ("NULL", two)):
        shop.execute(hit.format(CLEANUP, tick, f"{began} + interval '100 ms'"), user="postgres")
    ran = "INSERT INTO cronlift.run_log (job, tick, cause, state, plan_hash) SELECT '{}', {}, 'tick', 'succeeded', ''"
    for tick in (four, three):
        shop.execute(ran.format(CLEANUP, tick), user="postgres")

    def note():
        return status(shop.server).jobs[0].note

    named = f"{at - timedelta(minutes=2):%Y-%m-%dT%H:%M}:00Z"
    assert f"row for {named} was turned away, and the log has no run for it: nobody may have run it" in note()
    assert "more rows than one" not in note()
    # A row of the last tick before the start that came more than a gap late.
    shop.execute(hit.format(CLEANUP, "NULL", f"{four} + interval '30 s'"), user="postgres")
    before = f"{at - timedelta(minutes=5):%Y-%m-%dT%H:%M}:00Z"
    assert f"one may have come late for {before}, which nobody ran then" in note()
    shop.execute(ran.format(CLEANUP, two), user="postgres")
    assert "was turned away, and" not in note()


def test_a_copy_is_disarmed(shop, installed):
    started(shop, installed)
    with pytest.raises(SafetyError, match="this very database's"):
        copies.disarm(shop.server, apply=True)
    shop.execute("UPDATE cronlift.gate SET database = 1", user="postgres")
    copies.disarm(shop.server, apply=True)
    assert {g[0] for g in gates(shop).values()} == {"disarmed"}


@both
def test_what_goes_last_leaves_nothing(shop, plan):
    with shop.admin() as connection:  # as a server that never saw cronlift
        connection.execute("DROP ROLE IF EXISTS cronlift_owner")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM oban_jobs")
    before = exact(shop, plan)
    install(plan, shop.server, apply=True)
    sweep(shop)
    started(shop, plan)
    with pytest.raises(SafetyError, match="beside pg_cron"):
        removal.remove_fence(plan, shop.server, apply=True)
    act(Rollback(wait=0), plan, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    ran(shop, CLEANUP)
    with pytest.raises(SafetyError, match="still behind the gate"):
        removal.uninstall(plan, shop.server, apply=True)
    rollback(plan, shop.server, apply=True)
    assert not removal.uninstall(plan, shop.server, apply=False).applied
    removal.remove_fence(plan, shop.server, apply=True)
    with shop.connect() as connection:  # pg_class keeps "once had a trigger" until the next VACUUM
        connection.autocommit = True
        connection.execute("VACUUM oban_jobs")
    for _ in range(2):
        removal.uninstall(plan, shop.server, apply=True)
    assert differences(before, exact(shop, plan)) == []


def test_a_queue_partitioned_by_state_is_left_as_it_was(shop, tmp_path):
    shop.execute(
        "ALTER SEQUENCE oban_jobs_id_seq OWNED BY NONE; ALTER TABLE oban_jobs RENAME TO plain; "
        "CREATE TABLE oban_jobs (LIKE plain INCLUDING DEFAULTS) PARTITION BY LIST (state); "
        "CREATE TABLE oban_jobs_rest PARTITION OF oban_jobs DEFAULT; DROP TABLE plain"
    )
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    app = application(tmp_path, JOBS[0])
    shop.execute("REVOKE DELETE ON oban_jobs FROM app", user="postgres")
    refused = generate(app, tmp_path, shop.server, mode="managed").refused
    assert [r.code for r in refused] == ["missing-privilege"]
    assert "GRANT DELETE ON public.oban_jobs TO app;" in refused[0].why
    shop.execute("GRANT DELETE ON oban_jobs TO app", user="postgres")

    plan = generate(app, tmp_path, shop.server, mode="managed")
    assert plan.jobs[0].managed.column == "queue"
    install(plan, shop.server, apply=True)
    sweep(shop)
    started(shop, plan)
    cron_row(shop)
    act(Rollback(wait=0), plan, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    rollback(plan, shop.server, apply=True)
    shop.execute("INSERT INTO oban_jobs (worker) VALUES ('Shop.Mailer')")

    def queues():
        with shop.connect() as connection:
            return connection.execute("SELECT queue FROM oban_jobs ORDER BY id").fetchall()

    assert queues() == [("cronlift_turned_away",), ("default",)]
    removal.remove_fence(plan, shop.server, apply=True)
    assert queues() == [("default",)]


def test_a_role_that_may_not_look_for_the_applications_run_is_refused(shop, tmp_path):
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    shop.execute("REVOKE SELECT ON oban_jobs FROM app", user="postgres")
    decisions = Decisions(schema_version=1, jobs={CLEANUP: decision(JOBS[0], unique_across=True)})
    made = generate(application(tmp_path, JOBS[0]), tmp_path, shop.server, decisions=decisions, mode="managed")
    assert [r.code for r in made.refused] == ["missing-privilege"]
    assert made.refused[0].why.endswith("GRANT SELECT ON public.oban_jobs TO app;")
