"""A thousand ticks and more, handed over: none lost, none double."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import queues
import simulated_clock
from building import application
from databases import AppDatabase
from simulation import CASTS, SCHEDULES, Episode, Outcome, Sessions, decisions

from cronlift.stages.generate import generate
from cronlift.stages.install import install

EPISODES, TICKS = int(os.environ.get("CRONLIFT_EPISODES", "50")), 22


@pytest.fixture
def sessions(app_database: AppDatabase, tmp_path: Path) -> Iterator[Sessions]:
    """An installed plan whose fence and runner go by a clock that is played, and the sessions of all who take part."""
    app_database.execute(queues.STATE + queues.ELIXIR + queues.PYTHON + "CREATE TABLE done (id bigserial PRIMARY KEY)")
    jobs = application(tmp_path, *(cast.classified() for cast in CASTS))
    plan = generate(jobs, tmp_path, app_database.server, decisions=decisions(), mode="managed")
    assert plan.refused == ()
    install(plan, app_database.server, apply=True)
    with app_database.admin() as connection:
        simulated_clock.install(connection)
        for relation in ("public.oban_jobs", "python.oban_jobs"):
            connection.execute(
                f"ALTER TABLE {relation} ALTER inserted_at SET DEFAULT timezone('UTC', sim.clock())".encode()
            )
    connection.close()
    made = Sessions(app_database, plan)
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
        assert outcome.app and (outcome.pg_cron or outcome.acts["start given up"]), outcome.story
        assert outcome.bystanders[0] == outcome.bystanders[1], outcome.story
    assert {o.story.split(",")[0] for o in outcomes} == set(SCHEDULES)
    done = sessions.person.execute("SELECT count(*) FROM done").fetchone()
    assert done == (sum(o.pg_cron.total() for o in outcomes),)
    acts = sum((o.acts for o in outcomes), Counter())
    print(f"{sum(len(o.ticks) for o in outcomes)} ticks; cronlift's acts: {dict(acts)}")
    assert acts["start"] > 0.9 * EPISODES and acts["rollback"] == acts["rollback's end"] > EPISODES / 4


# What could be wrong with the SQL, as a change of it, and what the simulation then sees at least one of. (What is not
# as installed, say a fence that is off, start itself refuses; and what a rollback sees of it ends there.)
BACK = "pg_cron keeps what is behind the way back"
FAULTS = {
    "the fence turns nothing away": (
        ("cronlift.fence()", "IF turned_away IS NULL THEN", "IF true THEN"),
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
    BACK: (
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
        episode = Episode(random.Random(number), sessions, number, TICKS)
        episode.back = fault == BACK
        outcome = episode.play()
        if (outcome.lost and "lost" in seen) or (outcome.double and "double" in seen):
            return
    pytest.fail(f"{2 * EPISODES} episodes did not show that {fault}")


def _told(outcome: Outcome) -> str:
    lost, double = ([f"{t:%H:%M:%S}" for t in ticks] for ticks in (outcome.lost, outcome.double))
    return f"{outcome.story}: lost {lost}, double {double}"
