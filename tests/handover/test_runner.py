"""The runner: gate, log, overlap, retries, sweeper; called as pg_cron calls it, in sessions of the job's role."""

import threading
import time
from datetime import timedelta

import psycopg
import pytest

RUN = "CALL cronlift.run('oban:Shop.Worker')"


def call(gated, statement: str, user: str = "app"):
    """A command in a session of its own, as pg_cron runs it, which is gone with its locks; its error, or None."""
    failed = None
    with gated.connect(user) as connection:
        connection.autocommit = True
        pid = connection.info.backend_pid
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            failed = error
    while rows(gated, "SELECT FROM pg_stat_activity WHERE pid = %s", pid):
        time.sleep(0.01)
    return failed


def rows(gated, query: str, *values):
    with gated.admin() as connection:
        return connection.execute(query, values).fetchall()


def log(gated):
    return rows(gated, "SELECT cause, state, attempt, rows, message FROM cronlift.run_log ORDER BY id")


def test_a_run_is_logged_with_its_tick_and_rows(gated, gate):
    gate()
    assert call(gated, RUN) is None
    assert log(gated) == [("tick", "succeeded", 1, 2, None)]
    ((fits, plan, pid),) = rows(
        gated,
        "SELECT tick = date_trunc('minute', started_at) AND ended_at > started_at, plan_hash, pid "
        "FROM cronlift.run_log",
    )
    assert (fits, plan) == (True, "abc")
    assert pid > 0


@pytest.mark.parametrize(
    "closed",
    [
        {"state": "shut", "pg_from": None},
        {"pg_from": "infinity"},
        {"state": "rolled_back", "pg_until": "-infinity"},
        {"state": "disarmed"},
        {"guard": "$1 < '2000-01-01'"},
    ],
)
def test_a_closed_gate_lets_nothing_through_and_logs_nothing(gated, gate, closed):
    gate(**closed)
    assert call(gated, RUN) is None
    assert log(gated) == []
    assert rows(gated, "SELECT count(*) FROM seen") == [(0,)]


@pytest.mark.parametrize("identity", ["system_identifier = 1", "database = 1"])
def test_another_database_runs_nothing(gated, gate, identity):
    gate()
    rows_changed = f"UPDATE cronlift.gate SET {identity}"
    gated.execute(rows_changed, user="postgres")
    assert call(gated, RUN) is None
    assert log(gated) == []
    assert "disarmed" in str(call(gated, "CALL cronlift.run_now('oban:Shop.Worker')"))


def test_a_paused_job_says_so_in_the_log(gated, gate):
    gate(state="paused")
    for _ in range(2):
        call(gated, RUN)
    assert {r[1:] for r in log(gated)} == {("skipped", 1, None, "paused")}
    assert rows(gated, "SELECT count(*) FROM seen") == [(0,)]


def test_a_tick_is_run_once(gated, gate):
    gate(schedule="0 0 1 1 *")
    for _ in range(3):
        assert call(gated, RUN) is None
    assert [r[1] for r in log(gated)] == ["succeeded", "skipped", "skipped"]
    assert log(gated)[1][4] == "tick unknown: the latest one was run already"
    assert rows(gated, "SELECT count(*) FROM seen") == [(2,)]


def test_a_late_run_stands_for_the_tick_before_where_that_is_wanted(gated, gate):
    """What pg_cron queues behind a long run: two starts in one gap."""
    gate(schedule="0 0 1 1 *", catch_up=True)
    for _ in range(2):
        assert call(gated, RUN) is None
    found = rows(gated, "SELECT cause, state, tick FROM cronlift.run_log ORDER BY id")
    assert [(c, s) for c, s, _ in found] == [("tick", "succeeded"), ("catch_up", "succeeded")]
    assert found[0][2].year - found[1][2].year == 1


def test_concurrent_runs_of_one_tick_end_in_one(gated, gate):
    gate(schedule="0 0 1 1 *", overlap="allow")
    threads = [threading.Thread(target=call, args=(gated, RUN)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(r[1] for r in log(gated)) == ["skipped"] * 7 + ["succeeded"]


def test_a_failure_is_logged_and_raised_again(gated, gate):
    gate(procedure="public.fail", max_attempts=3)
    failed = call(gated, RUN)
    assert failed.sqlstate == "P0042"
    assert str(failed).startswith("no luck")
    assert log(gated) == [("tick", "failed", 1, None, "no luck")]
    assert rows(gated, "SELECT count(*) FROM seen") == [(0,)]
    ((attempt, wait),) = rows(gated, "SELECT attempt, due_at - now() FROM cronlift.retry")
    assert attempt == 2
    assert timedelta(seconds=10) < wait < timedelta(seconds=19)


def test_a_cancelled_run_is_logged(gated, gate):
    gated.execute("CREATE PROCEDURE slow() LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$")
    gate(procedure="public.slow")
    with gated.connect() as connection:
        connection.autocommit = True
        connection.execute("SET statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute(RUN)
        assert log(gated)[0][1] == "failed"
        assert "statement timeout" in log(gated)[0][4]
        # the locks are free again although the session lives on
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


def test_retries_run_by_the_sweeper_until_the_last_attempt(gated, gate):
    gate(procedure="public.fail", max_attempts=3, backoff="0")
    call(gated, RUN)
    assert call(gated, "CALL cronlift.sweep()") is None
    assert [(c, s, a) for c, s, a, *_ in log(gated)] == [
        ("tick", "failed", 1), ("retry", "failed", 2), ("retry", "failed", 3)
    ]  # fmt: skip
    assert rows(gated, "SELECT count(DISTINCT tick) FROM cronlift.run_log") == [(1,)]
    assert rows(gated, "SELECT count(*) FROM cronlift.retry") == [(0,)]
    assert rows(gated, "SELECT job_role, at - tick < interval '1 min' FROM cronlift.heartbeat") == [("app", True)]


def test_a_retry_that_succeeds_is_the_last(gated, gate):
    gate(procedure="public.fail", max_attempts=20, backoff="0")
    call(gated, RUN)
    gated.execute("UPDATE cronlift.gate SET procedure = 'public.work'", user="postgres")
    call(gated, "CALL cronlift.sweep()")
    assert [(c, s, a) for c, s, a, *_ in log(gated)] == [("tick", "failed", 1), ("retry", "succeeded", 2)]
    assert rows(gated, "SELECT count(*) FROM cronlift.retry") == [(0,)]


def test_the_sweeper_catches_up_with_the_latest_tick_once(gated, gate):
    gate(schedule="0 0 1 1 *", catch_up=True)
    for _ in range(2):
        assert call(gated, "CALL cronlift.sweep()") is None
    assert [(c, s) for c, s, *_ in log(gated)] == [("catch_up", "succeeded")]


def test_a_run_whose_session_is_gone_is_ended_and_tried_again(gated, gate):
    gated.execute("CREATE PROCEDURE slow() LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$")
    gate(procedure="public.slow", max_attempts=2, backoff="0")
    thread = threading.Thread(target=call, args=(gated, RUN))
    thread.start()
    while not rows(gated, "SELECT pid FROM cronlift.run_log"):
        pass
    call(gated, "CALL cronlift.sweep()")
    assert log(gated)[0][1] == "running"  # it is alive
    rows(gated, "SELECT pg_terminate_backend(pid) FROM cronlift.run_log")
    thread.join()
    gated.execute("UPDATE cronlift.gate SET procedure = 'public.work'", user="postgres")
    call(gated, "CALL cronlift.sweep()")
    assert [(c, s) for c, s, *_ in log(gated)] == [("tick", "failed"), ("retry", "succeeded")]
    assert "its session is gone" in log(gated)[0][4]


@pytest.mark.parametrize(
    ("overlap", "states"), [("skip", ["skipped"]), ("queue", ["succeeded"]), ("allow", ["succeeded"])]
)
def test_overlap(gated, gate, overlap, states):
    gate(overlap=overlap)
    with gated.admin() as other:
        other.execute("SELECT pg_advisory_lock(1668443759, hashtext('oban:Shop.Worker'))")
        thread = threading.Thread(target=call, args=(gated, RUN))
        thread.start()
        thread.join(1)
        assert thread.is_alive() == (overlap == "queue")
        other.execute("SELECT pg_advisory_unlock_all()")
        thread.join()
    assert [r[1] for r in log(gated)] == states


YEARLY = "0 0 1 1 *"


def test_a_job_that_follows_runs_behind_the_other_of_the_same_tick(gated, gate):
    gate(schedule=YEARLY)
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    gate(job="oban:Shop.Third", worker="Shop.Third", schedule=YEARLY, follows="oban:Shop.Second")
    assert call(gated, "CALL cronlift.run('oban:Shop.Third')") is None
    assert call(gated, "CALL cronlift.run('oban:Shop.Second')") is None
    assert log(gated) == []  # their own entries leave them to the run that leads
    assert call(gated, RUN) is None
    found = rows(gated, "SELECT job, state, tick FROM cronlift.run_log ORDER BY id")
    assert [(j, s) for j, s, _ in found] == [
        ("oban:Shop.Worker", "succeeded"), ("oban:Shop.Second", "succeeded"), ("oban:Shop.Third", "succeeded")
    ]  # fmt: skip
    assert len({tick for *_, tick in found}) == 1


def test_what_follows_waits_for_the_last_attempt_and_is_left_out_behind_a_failure(gated, gate):
    gate(schedule=YEARLY, procedure="public.fail", max_attempts=2, backoff="0")
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    call(gated, RUN)
    assert [r[1] for r in log(gated)] == ["failed"]
    call(gated, "CALL cronlift.sweep()")
    assert [(r[1], r[4]) for r in log(gated)][1:] == [
        ("failed", "no luck"), ("skipped", "oban:Shop.Worker, which it follows, failed")
    ]  # fmt: skip


def test_what_follows_another_schedule_runs_by_itself_where_the_other_is_not_due(gated, gate):
    gate(schedule=YEARLY)
    gate(job="oban:Shop.Second", worker="Shop.Second", follows="oban:Shop.Worker")
    assert call(gated, "CALL cronlift.run('oban:Shop.Second')") is None
    assert rows(gated, "SELECT job, state FROM cronlift.run_log") == [("oban:Shop.Second", "succeeded")]


def test_a_body_that_commits_leads_too(gated, gate):
    gate(commits=True, procedure="public.commits", schedule=YEARLY)
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    assert call(gated, BLOCK.format("commits")) is None
    assert [r[1] for r in log(gated)] == ["succeeded", "succeeded"]


def test_unique_across_both_sides(gated, gate):
    gate(unique_across=True, schedule="0 0 1 1 *")
    gated.execute("INSERT INTO oban_jobs (worker, state) VALUES ('Shop.Worker', 'executing')")
    assert call(gated, RUN) is None
    assert log(gated) == [("tick", "skipped", 1, None, "the application was executing the same job")]
    assert rows(gated, "SELECT count(*) FROM seen") == [(0,)]
    gated.execute("UPDATE oban_jobs SET state = 'completed'")
    call(gated, "CALL cronlift.run_now('oban:Shop.Worker')")
    assert rows(gated, "SELECT count(*) FROM seen") == [(2,)]


BLOCK = """DO $run$
DECLARE
  run bigint;
BEGIN
  CALL cronlift.begin('oban:Shop.Worker', run);
  IF run IS NOT NULL THEN
    CALL public.{}();
    PERFORM cronlift.finish(run);
    CALL cronlift.follow(run);
  END IF;
END
$run$"""


def test_a_body_that_commits(gated, gate):
    gate(commits=True, procedure="public.commits", schedule="0 0 1 1 *")
    for _ in range(2):
        assert call(gated, BLOCK.format("commits")) is None
    assert [r[1] for r in log(gated)] == ["succeeded", "skipped"]
    assert rows(gated, "SELECT count(*) FROM seen") == [(2,)]


def test_a_body_that_commits_and_fails_is_ended_by_the_sweeper(gated, gate):
    gate(commits=True, procedure="public.commits_and_fails", schedule="0 0 1 1 *")
    assert str(call(gated, BLOCK.format("commits_and_fails"))).startswith("half way")
    assert log(gated)[0][1] == "running"
    call(gated, "CALL cronlift.sweep()")
    assert log(gated)[0][1] == "failed"
    assert rows(gated, "SELECT count(*) FROM seen") == [(1,)]


def test_a_body_that_commits_is_tried_again_until_it_succeeds_and_then_followed(gated, gate):
    gate(commits=True, procedure="public.commits_and_fails", schedule=YEARLY, max_attempts=4, backoff="0")
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    assert str(call(gated, BLOCK.format("commits_and_fails"))).startswith("half way")
    # It is closed and tried again by the sweeper, whose command ends there where it fails once more.
    assert str(call(gated, "CALL cronlift.sweep()")).startswith("half way")
    gated.execute(
        "CREATE OR REPLACE PROCEDURE commits_and_fails() LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO public.seen DEFAULT VALUES; COMMIT; INSERT INTO public.seen DEFAULT VALUES; END $$"
    )
    assert call(gated, "CALL cronlift.sweep()") is None
    found = rows(gated, "SELECT job, cause, state, attempt FROM cronlift.run_log ORDER BY id")
    assert found == [
        ("oban:Shop.Worker", "tick", "failed", 1),
        ("oban:Shop.Worker", "retry", "failed", 2),
        ("oban:Shop.Worker", "retry", "succeeded", 3),
        ("oban:Shop.Second", "tick", "succeeded", 1),
    ]
    assert rows(gated, "SELECT count(*) FROM seen") == [(6,)]
    assert rows(gated, "SELECT count(*) FROM cronlift.retry") == [(0,)]


def test_a_body_that_commits_follows_too_and_is_caught_up_with(gated, gate):
    gate(schedule=YEARLY)
    gate(
        job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker", commits=True,
        procedure="public.commits",
    )  # fmt: skip
    gate(job="oban:Shop.Third", worker="Shop.Third", schedule=YEARLY, follows="oban:Shop.Second")
    assert call(gated, RUN) is None
    assert rows(gated, "SELECT job, state FROM cronlift.run_log ORDER BY id") == [
        ("oban:Shop.Worker", "succeeded"), ("oban:Shop.Second", "succeeded"), ("oban:Shop.Third", "succeeded")
    ]  # fmt: skip
    gate(
        job="oban:Shop.Late", worker="Shop.Late", schedule=YEARLY, commits=True, procedure="public.commits",
        catch_up=True,
    )  # fmt: skip
    assert call(gated, "CALL cronlift.sweep()") is None
    assert rows(gated, "SELECT cause, state FROM cronlift.run_log WHERE job = 'oban:Shop.Late'") == [
        ("catch_up", "succeeded")
    ]


def test_of_a_body_that_commits_the_calls_are_those_of_the_rows(gated, gate):
    gate(commits=True, procedure="public.commits")
    gated.execute("DELETE FROM cronlift.gate; CALL cronlift.weave()", user="postgres")
    with gated.connect("postgres") as connection, pytest.raises(psycopg.errors.RaiseException, match="is known of job"):
        connection.execute("CALL cronlift.committing('oban:Shop.Worker')")


def test_what_follows_a_job_follows_its_next_version(gated, gate):
    gate(schedule=YEARLY, state="rolled_back", pg_until="2000-01-01")
    gate(job="oban:Shop.Worker@v2", schedule=YEARLY, pg_from="2000-01-01")
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    assert call(gated, "CALL cronlift.run('oban:Shop.Second')") is None
    assert log(gated) == []
    assert call(gated, "CALL cronlift.run('oban:Shop.Worker@v2')") is None
    assert rows(gated, "SELECT job, state FROM cronlift.run_log ORDER BY id") == [
        ("oban:Shop.Worker@v2", "succeeded"), ("oban:Shop.Second", "succeeded")
    ]  # fmt: skip


def test_catching_up_keeps_the_order(gated, gate):
    """What follows is not caught up with beside the other's run, or while that waits for its next attempt."""
    gate(schedule=YEARLY, procedure="public.fail", max_attempts=2, backoff="3600")
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker", catch_up=True)
    call(gated, RUN)
    assert call(gated, "CALL cronlift.sweep()") is None
    assert [(r[0], r[1]) for r in log(gated)] == [("tick", "failed")]


@pytest.mark.parametrize("since", ["infinity", "2020-01-01"])
def test_what_was_reset_is_not_tried_again(gated, gate, since):
    """Not after another start either, which may be long after."""
    gate(schedule=YEARLY, procedure="public.fail", max_attempts=9, backoff="0")
    call(gated, RUN)
    owned = since != "infinity"
    gated.execute(f"UPDATE cronlift.gate SET pg_from = '{since}'", user="postgres")
    call(gated, "CALL cronlift.sweep()")
    assert (len(log(gated)) > 1) == owned
    assert rows(gated, "SELECT count(*) FROM cronlift.retry") == [(0,)]


@pytest.mark.parametrize("end", ["died", "skipped", "elsewhere"])
def test_what_follows_is_left_out_in_the_log_however_the_other_ended(gated, gate, end):
    """And what follows that: a tick of theirs is never without a word."""
    gate(
        schedule=YEARLY, commits=end == "died", procedure="public.commits_and_fails",
        overlap="skip" if end == "skipped" else "queue", unique_across=end == "elsewhere",
    )  # fmt: skip
    gate(job="oban:Shop.Second", worker="Shop.Second", schedule=YEARLY, follows="oban:Shop.Worker")
    gate(job="oban:Shop.Third", worker="Shop.Third", schedule=YEARLY, follows="oban:Shop.Second")
    if end == "elsewhere":
        gated.execute("INSERT INTO oban_jobs (worker, state) VALUES ('Shop.Worker', 'executing')")
    with gated.admin() as other:
        if end == "skipped":
            other.execute("SELECT pg_advisory_lock(1668443759, hashtext('oban:Shop.Worker'))")
        call(gated, BLOCK.format("commits_and_fails") if end == "died" else RUN)
    call(gated, "CALL cronlift.sweep()")
    found = rows(gated, "SELECT job, state, message FROM cronlift.run_log ORDER BY id")
    assert [(job, state) for job, state, _ in found] == [
        ("oban:Shop.Worker", "failed" if end == "died" else "skipped"),
        ("oban:Shop.Second", "skipped"),
        ("oban:Shop.Third", "skipped"),
    ]
    assert found[2][2] == "oban:Shop.Second, which it follows, was left out"


def test_a_body_that_commits_is_unique_across_both_sides_too(gated, gate):
    gate(commits=True, procedure="public.commits", unique_across=True, schedule=YEARLY)
    gated.execute("INSERT INTO oban_jobs (worker, state) VALUES ('Shop.Worker', 'executing')")
    assert call(gated, BLOCK.format("commits")) is None
    assert [(s, m) for _, s, _, _, m in log(gated)] == [("skipped", "the application was executing the same job")]
    assert rows(gated, "SELECT count(*) FROM seen") == [(0,)]


def test_a_tick_asked_for_by_hand_during_a_run_can_be_asked_for_again(gated, gate):
    gate()
    again = "CALL cronlift.run_now('oban:Shop.Worker', '2026-01-01 00:00+00')"
    with gated.admin() as other:
        other.execute("SELECT pg_advisory_lock(1668443759, hashtext('oban:Shop.Worker'))")
        assert "another run is under way" in str(call(gated, again))
    assert call(gated, again) is None
    assert [(c, s) for c, s, *_ in log(gated)] == [("catch_up", "succeeded")]


def test_by_hand(gated, gate):
    gate(procedure="public.work")
    assert call(gated, "CALL cronlift.run_now('oban:Shop.Worker')") is None
    assert call(gated, "CALL cronlift.run_now('oban:Shop.Worker', '2026-01-01 00:00+00')") is None
    assert "the tick was run already" in str(
        call(gated, "CALL cronlift.run_now('oban:Shop.Worker', '2026-01-01 00:00+00')")
    )
    assert [(c, s) for c, s, *_ in log(gated)][:2] == [("by_hand", "succeeded"), ("catch_up", "succeeded")]


def test_only_the_jobs_role_runs_it(gated, gate):
    gate()
    with gated.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN")
    try:
        assert isinstance(call(gated, RUN, "stranger"), psycopg.errors.InsufficientPrivilege)
        assert "is run by role app" in str(call(gated, RUN, "postgres"))
        gated.execute("GRANT USAGE ON SCHEMA cronlift TO stranger; "
                      "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA cronlift TO stranger", user="postgres")  # fmt: skip
        assert isinstance(call(gated, RUN, "stranger"), psycopg.errors.InsufficientPrivilege)
        for table in ("gate", "run_log", "fence_hit", "retry"):
            for statement in (f"SELECT FROM cronlift.{table}", f"DELETE FROM cronlift.{table}"):
                assert isinstance(call(gated, statement), psycopg.errors.InsufficientPrivilege)
    finally:
        with gated.admin() as connection:
            connection.execute("DROP OWNED BY stranger")
            connection.execute("DROP ROLE stranger")
    assert log(gated) == []


def test_a_hostile_search_path_changes_nothing(gated, gate):
    gate()
    gated.execute("""
        CREATE SCHEMA evil;
        CREATE FUNCTION evil.pg_has_role(name, name, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
        CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '2000-01-01' $$;
        CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT (1/0)::text';
        ALTER ROLE app SET search_path = evil, pg_catalog""")  # fmt: skip
    try:
        assert call(gated, RUN) is None
    finally:
        gated.execute("ALTER ROLE app RESET search_path")
    assert log(gated) == [("tick", "succeeded", 1, 2, None)]


@pytest.mark.parametrize(
    ("attempt", "attempts", "seconds"), [(1, 20, 17), (5, 20, 47), (10, 100, 19), (20, 20, 1048591)]
)
def test_obans_default_backoff(gated, attempt, attempts, seconds):
    """oban lib/oban/worker.ex: 15 + 2^attempt, clamped to 20, and up to a tenth more."""
    ((low, high),) = rows(
        gated,
        "SELECT extract(epoch FROM min(b)), extract(epoch FROM max(b)) "
        "FROM (SELECT cronlift.backoff('oban', %s, %s) AS b FROM generate_series(1, 200)) AS many",
        attempt, attempts,
    )  # fmt: skip
    assert seconds <= low <= high <= seconds * 1.1
