"""What is proposed for a job, and for which jobs nothing is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shops import CLEANUP, PREWARM, REFRESH, SCHEMA, Shop, step

from cronlift.model.realtime import Proposal
from cronlift.realtime.propose import propose

Make = Callable[..., Shop]


def proposed(shop: Shop) -> dict[str, Proposal]:
    found = propose(shop.plan, shop.database.server)
    assert not found.none, found.none
    return {p.kind: p for p in found.proposals}


def put_in(shop: Shop, kind: str) -> Proposal:
    """Run a proposal's script as a person would."""
    proposal = proposed(shop)[kind]
    shop.database.execute(proposal.up_sql)
    return proposal


def marks(shop: Shop) -> int:
    with shop.database.connect() as connection:
        (count,) = connection.execute("SELECT count(*) FROM cronlift_realtime.mark").fetchone()
    connection.close()
    return int(count)


def run(shop: Shop, proposal: Proposal) -> None:
    with shop.database.connect() as connection:
        connection.autocommit = True
        connection.execute(f"CALL cronlift_realtime.{proposal.channel}_run()")
    connection.close()


def view(shop: Shop) -> tuple[list[object], list[object]]:
    """The materialized view, and what its query gives now."""
    with shop.database.connect() as connection:
        kept = connection.execute("SELECT * FROM hot_item ORDER BY id").fetchall()
        now = connection.execute("SELECT id, kind, stars FROM item WHERE stars >= 1000 ORDER BY id").fetchall()
    connection.close()
    return kept, now


def test_changes_that_count_mark_and_one_run_follows_on_all(shop: Make) -> None:
    made = shop(step(REFRESH), schema=SCHEMA + "ALTER TABLE item ADD COLUMN note text;")
    proposal = put_in(made, "triggers")
    assert marks(made) == 1  # what happened before is not known
    run(made, proposal)
    assert marks(made) == 0
    for statement, marked in (
        ("UPDATE item SET note = 'x'", 0),  # the view does not look at it
        ("UPDATE item SET stars = stars", 0),
        ("INSERT INTO item (kind, stars) SELECT 'new', 5000 WHERE false", 0),
        ("DELETE FROM item WHERE id = -1", 0),
        ("UPDATE item SET stars = stars + 1 WHERE id > 190", 1),
        ("INSERT INTO item (kind, stars) VALUES ('new', 5000), ('newer', 6000)", 2),
        ("DELETE FROM item WHERE id = 150", 3),
    ):
        made.database.execute(statement)
        assert marks(made) == marked, statement
    kept, now = view(made)
    assert kept != now
    run(made, proposal)
    kept, now = view(made)
    assert kept == now
    assert marks(made) == 0
    made.database.execute("TRUNCATE item")
    run(made, proposal)
    assert view(made) == ([], [])
    made.database.execute(proposal.down_sql)
    made.database.execute("INSERT INTO item (kind, stars) VALUES ('quiet', 5000)")
    assert marks(made) == 0


def test_a_run_that_fails_keeps_its_marks_and_a_change_beside_it_too(shop: Make) -> None:
    made = shop(step(REFRESH))
    proposal = put_in(made, "triggers")
    made.put_procedure(
        f"CREATE PROCEDURE public.{made.plan.jobs[0].procedure}() LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
    )
    with pytest.raises(Exception, match="no"):
        run(made, proposal)
    assert marks(made) == 1
    made.put_procedure(str(made.plan.jobs[0].procedure_sql))
    with made.database.connect() as writer, made.database.connect() as runner:
        writer.execute("INSERT INTO item (kind, stars) VALUES ('late', 7000)")
        runner.autocommit = True
        runner.execute(f"CALL cronlift_realtime.{proposal.channel}_run()")
        writer.commit()  # after the run began: it may not be forgotten
    assert marks(made) == 1
    run(made, proposal)
    kept, now = view(made)
    assert kept == now


def test_a_cleanup_runs_when_a_row_is_due_and_only_then(shop: Make) -> None:
    made = shop(step(CLEANUP))
    proposal = put_in(made, "triggers")
    assert any("no change says so" in reason for reason in proposal.reasons_not)

    def expired() -> int:
        with made.database.connect() as connection:
            (count,) = connection.execute("SELECT count(*) FROM cache WHERE expires_at < now()").fetchone()
        connection.close()
        return int(count)

    assert expired() > 0
    run(made, proposal)
    assert expired() == 0
    assert marks(made) == 1  # for the next row
    made.database.execute("INSERT INTO cache (key, body, expires_at) VALUES ('soon', '{}', now() + interval '0.3 s')")
    made.database.execute("UPDATE cache SET hits = hits + 1")  # not what the condition looks at
    assert marks(made) == 2
    run(made, proposal)
    with made.database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM cache WHERE key = 'soon'").fetchone() == (1,)
        connection.execute("SELECT pg_sleep(0.4)")
    connection.close()
    run(made, proposal)
    assert expired() == 0
    assert marks(made) == 1


KEPT = (
    "DELETE FROM cache WHERE expires_at < now() AND hits > 0 AND key IS NOT NULL AND (key LIKE 'k%' OR key = 'x') "
    "AND hits IN (1, 2) AND NOT hits = 7 AND hits BETWEEN 0 AND 9 AND key = ANY (ARRAY['kept', 'k', 'x'])"
)


def test_rows_that_another_condition_keeps_do_not_call_for_runs(shop: Make) -> None:
    made = shop(step(KEPT))
    proposal = put_in(made, "triggers")
    run(made, proposal)
    assert marks(made) == 0  # everything has expired or will, and hits is 0 everywhere
    made.database.execute("INSERT INTO cache (key, body, expires_at) VALUES ('kept', '{}', now() - interval '1 hour')")
    assert marks(made) == 0
    made.database.execute("UPDATE cache SET hits = 1 WHERE key = 'kept'")
    assert marks(made) == 1
    run(made, proposal)
    assert marks(made) == 0
    with made.database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM cache WHERE key = 'kept'").fetchone() == (0,)
    connection.close()


def test_a_cleanup_without_a_clock_follows_the_rows_that_it_takes(shop: Make) -> None:
    made = shop(step("DELETE FROM cache WHERE hits > 5"))
    proposal = put_in(made, "triggers")
    run(made, proposal)
    made.database.execute("UPDATE cache SET hits = 5")
    assert marks(made) == 0
    made.database.execute("UPDATE cache SET hits = 6 WHERE key LIKE '%1'")
    assert marks(made) == 1
    run(made, proposal)
    assert marks(made) == 0
    with made.database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM cache WHERE hits > 5").fetchone() == (0,)
    connection.close()


def test_the_entry_waits_as_long_as_pg_cron_can(shop: Make) -> None:
    made = shop(step(REFRESH))
    found = propose(made.plan, made.database.server, interval=7)
    (triggers,) = [p for p in found.proposals if p.kind == "triggers"]
    old = made.plan.target.pg_cron_version == "1.4"
    assert ("'* * * * *'" if old else "'7 seconds'") in triggers.cron_sql
    assert found.interval_seconds == 7
    with made.database.admin(made.plan.target.cron_database) as connection:
        connection.execute(triggers.cron_sql)
        assert connection.execute("SELECT count(*) FROM cron.job WHERE jobname LIKE '%/on-change'").fetchone() == (1,)
        connection.execute(triggers.cron_down_sql)
        connection.rollback()
    connection.close()


def test_an_unlogged_table_is_a_cost_of_the_stream(shop: Make) -> None:
    made = shop(step(CLEANUP))
    stream = proposed(made)["change_stream"]
    assert "ALTER TABLE public.cache SET LOGGED" in stream.up_sql
    assert "ALTER TABLE public.cache SET UNLOGGED" in stream.down_sql
    assert any("is UNLOGGED" in cost.what for cost in stream.costs)
    assert any("for a reason" in reason for reason in stream.reasons_not)


def test_a_proposal_changes_nothing_by_being_made(shop: Make) -> None:
    made = shop(step(REFRESH))
    before = made.contents()
    proposed(made)
    assert made.contents() == before


def test_a_job_is_derived_again_where_its_proposal_is_in_place(shop: Make) -> None:
    made = shop(step(CLEANUP))
    first = put_in(made, "triggers")
    assert proposed(made)["triggers"].up_sql == first.up_sql


@pytest.mark.parametrize(
    ("statements", "more", "why"),
    [
        ((PREWARM,), "", "neither the refresh of one view nor one DELETE"),
        ((REFRESH, PREWARM), "", "ends transactions between its statements"),
        (("DELETE FROM cache WHERE key IN (SELECT kind FROM item)",), "", "hangs on other tables"),
        (("DELETE FROM cache WHERE expires_at < now() - interval '1 month'",), "", "no fixed length"),
        (("UPDATE cache SET hits = 0",), "", "neither the refresh"),
        (
            ("DELETE FROM cache WHERE expires_at < now() AND CASE WHEN hits > 1 THEN key = 'a' ELSE true END",),
            "",
            "hangs on a condition with a CASE expression",
        ),
        (
            (CLEANUP,),
            "CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO bystander (note) "
            "VALUES ('x'); RETURN NULL; END $$; CREATE TRIGGER t AFTER DELETE ON cache EXECUTE FUNCTION log_it();",
            "neither the refresh of one view nor one DELETE",
        ),
        (
            (CLEANUP,),
            "CREATE UNLOGGED TABLE kept (key text REFERENCES cache ON DELETE CASCADE);",
            "reaches further tables: public.cache, public.kept",
        ),
        (
            ("REFRESH MATERIALIZED VIEW timed",),
            "CREATE MATERIALIZED VIEW timed AS SELECT * FROM cache WHERE expires_at > now();",
            "asks the clock",
        ),
        (
            ("REFRESH MATERIALIZED VIEW above",),
            "CREATE MATERIALIZED VIEW above AS SELECT count(*) FROM hot_item;",
            "a materialized view: that changes by its own refresh",
        ),
        (
            ("REFRESH MATERIALIZED VIEW lots",),
            "CREATE MATERIALIZED VIEW lots AS SELECT id, random() AS r FROM item;",
            "something else each time",
        ),
        (
            ("REFRESH MATERIALIZED VIEW parts",),
            "CREATE TABLE part (id integer) PARTITION BY RANGE (id); CREATE TABLE part_1 PARTITION OF part FOR VALUES "
            "FROM (0) TO (9); CREATE MATERIALIZED VIEW parts AS SELECT * FROM part;",
            "partitioned",
        ),
        (
            ("REFRESH MATERIALIZED VIEW hidden",),
            "CREATE FUNCTION stars() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT sum(stars) FROM public.item'; "
            "CREATE MATERIALIZED VIEW hidden AS SELECT id, public.stars() AS s FROM bystander;",
            "inside of a function",
        ),
    ],
)
def test_what_cannot_be_derived_is_refused_with_its_reason(
    shop: Make, statements: tuple[str, ...], more: str, why: str
) -> None:
    made = shop(*(step(s) for s in statements), schema=SCHEMA + more, apply=False)
    found = propose(made.plan, made.database.server)
    assert not found.proposals
    assert why in found.none[0].why


def test_a_view_over_views_and_two_tables_has_triggers_on_both(shop: Make) -> None:
    more = (
        "CREATE VIEW noted AS SELECT i.id, b.note FROM item AS i JOIN bystander AS b USING (id);"
        "CREATE MATERIALIZED VIEW all_noted AS SELECT id, note FROM noted;"
    )
    made = shop(step("REFRESH MATERIALIZED VIEW all_noted"), schema=SCHEMA + more)
    proposal = put_in(made, "triggers")
    run(made, proposal)
    made.database.execute("UPDATE item SET stars = 1")  # the view below uses its id only
    assert marks(made) == 0
    made.database.execute("UPDATE bystander SET note = 'other' WHERE id = 3")
    assert marks(made) == 1
    run(made, proposal)
    with made.database.connect() as connection:
        assert connection.execute("SELECT note FROM all_noted WHERE id = 3").fetchone() == ("other",)
    connection.close()
