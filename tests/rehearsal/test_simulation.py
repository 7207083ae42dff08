"""A thousand ticks and more, handed over: none lost, none double."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
import queues
import simulated_clock
from databases import AppDatabase
from simulation import SCHEDULES, Episode, Outcome, Sessions

from cronlift.generate import managed
from cronlift.generate.quoting import text_of

EPISODES, TICKS = int(os.environ.get("CRONLIFT_EPISODES", "50")), 22

WORK = """
CREATE TABLE done (id bigserial PRIMARY KEY);
CREATE PROCEDURE work() LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO done DEFAULT VALUES; END $$;
"""


@pytest.fixture
def sessions(app_database: AppDatabase) -> Iterator[Sessions]:
    """The databases's fence and runner by a clock that is played, and the sessions of all who take part."""
    app_database.execute(queues.STATE + queues.ELIXIR + queues.PYTHON + WORK)
    with app_database.admin() as connection:
        for statement in managed.create_schema(["app"]):
            connection.execute(text_of(statement).encode())
        for relation in ("public.oban_jobs", "python.oban_jobs"):
            connection.execute(
                f"CREATE TRIGGER zz_cronlift_fence BEFORE INSERT ON {relation} FOR EACH ROW "
                "WHEN (NEW.meta OPERATOR(pg_catalog.@>) '{\"cron\": true}'::pg_catalog.jsonb) "
                f"EXECUTE FUNCTION cronlift.fence('{relation}', 'state')".encode()
            )
        simulated_clock.install(connection)
    connection.close()
    made = Sessions(app_database)
    yield made
    made.close()


def test_no_tick_of_a_thousand_is_lost_or_run_twice(sessions: Sessions) -> None:
    seed = int(os.environ.get("CRONLIFT_SEED", "0")) or random.randrange(1, 10**6)
    outcomes = [Episode(random.Random(seed + n), sessions, n, TICKS).play() for n in range(EPISODES)]
    wrong = [f"{_told(o)} (seed {seed})" for o in outcomes if o.lost or o.double]
    assert wrong == []
    assert sum(len(o.ticks) for o in outcomes) >= 1000
    for outcome in outcomes:
        # Each side ran some of them, and the other workers' rows of the same transactions went in as they were.
        assert outcome.app and outcome.pg_cron, outcome.story
        assert outcome.bystanders[0] == outcome.bystanders[1], outcome.story
    assert {o.story.split(",")[0] for o in outcomes} == set(SCHEDULES)
    done = sessions.person.execute("SELECT count(*) FROM done").fetchone()
    assert done == (sum(o.pg_cron.total() for o in outcomes),)


# What could be wrong with the SQL, as a change of it, and what the simulation then sees at least one of.
FAULTS = {
    "the fence is not armed": (
        "ALTER TABLE public.oban_jobs DISABLE TRIGGER USER",
        "double",
    ),
    "the fence does not go by the tick that the row names": (
        ("cronlift.fence()", "cronlift.instant(NEW.meta ->> 'cron_at')", "NULL"),
        "lost double",
    ),
    "rows that name no tick are judged by the instant of the switch": (
        (
            "cronlift.fence()",
            "cronlift.owns_row(g, named, sim.clock())",
            "cronlift.owns(g, coalesce(named, sim.clock()))",
        ),
        "lost double",
    ),
    "the runner goes by the time of day": (
        ("cronlift.claim(text,text,name,timestamptz)", "cronlift.owns(gate, due)", "cronlift.owns(gate, sim.clock())"),
        "double",
    ),
    "a tick may be run again": (
        "DROP INDEX cronlift.run_log_once",
        "double",
    ),
    "pg_cron owns what is before the switch": (
        ("cronlift.owns(cronlift.gate,timestamptz)", "(gate).pg_from <= tick", "(gate).pg_from IS NOT NULL"),
        "lost double",
    ),
    "pg_cron keeps what is behind the way back": (
        ("cronlift.owns(cronlift.gate,timestamptz)", "tick < (gate).pg_until", "true"),
        "lost",
    ),
    "a run that comes late stands for no tick": (
        ("cronlift.claim(text,text,name,timestamptz)", "run IS NULL AND in_cause = 'tick' AND", "false AND"),
        "lost",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_simulation_sees_what_is_wrong(sessions: Sessions, fault: str) -> None:
    change, seen = FAULTS[fault]
    if isinstance(change, str):
        sessions.person.execute(change.encode())
    else:
        routine, old, new = change
        row = sessions.person.execute("SELECT pg_get_functiondef(%s::regprocedure)", (routine,)).fetchone()
        assert row is not None and old in row[0], row
        sessions.person.execute(row[0].replace(old, new).encode())
    for number in range(2 * EPISODES):
        outcome = Episode(random.Random(number), sessions, number, TICKS).play()
        if (outcome.lost and "lost" in seen) or (outcome.double and "double" in seen):
            return
    pytest.fail(f"{2 * EPISODES} episodes did not show that {fault}")


def _told(outcome: Outcome) -> str:
    lost, double = ([f"{t:%H:%M:%S}" for t in ticks] for ticks in (outcome.lost, outcome.double))
    return f"{outcome.story}: lost {lost}, double {double}"
