"""Back for good, from wherever a job stands: nothing of cronlift's remains in any catalog, and nothing else goes."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from catalogue import differences, exact
from test_operations import act, both, plan, shift, shop, sweep  # noqa: F401

from cronlift.errors import SafetyError
from cronlift.handover import removal
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.flatten import Flatten
from cronlift.handover.hold import Pause
from cronlift.handover.start import Start
from cronlift.stages.install import install, rollback


def start(shop, plan):  # noqa: F811
    act(Start(wait=0), plan, shop)
    shift(shop, "10 minutes", "pg_from")


def complete(shop, plan):  # noqa: F811
    start(shop, plan)
    act(Complete(deployed="x"), plan, shop)


def back(shop, plan):  # noqa: F811
    act(Rollback(wait=0, deployed="y"), plan, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    act(Rollback(wait=0, answer="skip"), plan, shop)


def shut(shop, plan):  # noqa: F811
    """Installed, and never started."""


def started(shop, plan):  # noqa: F811
    start(shop, plan)
    back(shop, plan)


def completed(shop, plan):  # noqa: F811
    complete(shop, plan)
    back(shop, plan)


def paused(shop, plan):  # noqa: F811
    complete(shop, plan)
    act(Pause(), plan, shop)
    back(shop, plan)


def flattened(shop, plan):  # noqa: F811
    complete(shop, plan)
    act(Flatten(), plan, shop)
    back(shop, plan)


def unused(connection):
    """pg_class keeps "once had a trigger" until the next VACUUM."""
    connection.autocommit = True
    connection.execute("VACUUM oban_jobs")


@pytest.mark.parametrize(
    ("app_database", "way"),
    [("separate", shut), ("own", shut), ("separate", started), ("own", completed), ("own", paused),
     ("separate", flattened), ("own", flattened)],
    indirect=["app_database"],
)  # fmt: skip
def test_no_trace_is_left(shop, plan, way):  # noqa: F811
    with shop.admin() as connection:  # as a server that never saw cronlift
        connection.execute("DROP ROLE IF EXISTS cronlift_owner")
        connection.commit()
        unused(connection)
    before = exact(shop, plan)
    install(plan, shop.server, apply=True)
    sweep(shop)
    way(shop, plan)
    rollback(plan, shop.server, apply=True)
    removal.uninstall(plan, shop.server, apply=True)
    with shop.admin() as connection:
        unused(connection)
    assert differences(before, exact(shop, plan)) == []


@both
def test_what_keeps_the_run_log_short_goes_with_it(shop, plan):  # noqa: F811
    install(plan, shop.server, apply=True)
    with shop.admin(plan.target.cron_database) as connection:
        for name, command in (
            ("cronlift/x/retention-run-log", "CALL cronlift.prune('30 days')"),
            ("mine", "CALL cronlift.prune('30 days'); DELETE FROM mine"),
        ):
            connection.execute(
                "SELECT cron.schedule_in_database(%s, '7 4 * * *', %s, %s, 'app')", (name, command, shop.name)
            )
    rollback(plan, shop.server, apply=True)
    told = removal.uninstall(plan, shop.server, apply=True)
    assert "cron entry cronlift/x/retention-run-log is removed" in told.notes
    with shop.admin(plan.target.cron_database) as connection:
        rows = connection.execute("SELECT jobname FROM cron.job WHERE database = %s", (shop.name,)).fetchall()
    assert rows == [("mine",)]


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("CREATE VIEW public.my_runs AS SELECT job, tick FROM cronlift.run_log", "view my_runs"),
        ("CREATE TABLE cronlift.notes (id int)", "table cronlift.notes"),
        ("CREATE TABLE public.keep (job text REFERENCES cronlift.gate)", "table keep"),
        ("CREATE FUNCTION public.mine(g cronlift.gate) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function mine"),
        ("CREATE TABLE public.copy (g cronlift.gate)", "table copy"),
    ],
)
def test_what_is_somebody_elses_does_not_go(shop, plan, made, named):  # noqa: F811
    install(plan, shop.server, apply=True)
    rollback(plan, shop.server, apply=True)
    shop.execute(made, user="postgres")
    with pytest.raises(SafetyError) as stopped:
        removal.uninstall(plan, shop.server, apply=True)
    assert "other objects need schema cronlift" in str(stopped.value)
    assert named in str(stopped.value)
    with shop.admin() as connection:
        assert connection.execute("SELECT to_regclass('cronlift.gate') IS NOT NULL").fetchone() == (True,)
