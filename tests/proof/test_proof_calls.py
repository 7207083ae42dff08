"""Jobs that call a procedure of the database, which may end transactions itself."""

from __future__ import annotations

from collections.abc import Callable

from shops import Shop, step

Make = Callable[..., Shop]

SCHEMA = """
CREATE TABLE parcel (id bigserial PRIMARY KEY, size integer NOT NULL, state text NOT NULL);
INSERT INTO parcel (size, state) SELECT n, 'new' FROM generate_series(1, 40) AS n;
CREATE PROCEDURE tidy(largest integer) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE parcel SET state = 'small' WHERE size < largest;
  /* end */
  DELETE FROM parcel WHERE size = largest;
END
$$;
"""
COMMITS = SCHEMA.replace("/* end */", "COMMIT;")


def test_one_that_ends_no_transaction_is_proved_in_one(shop: Make) -> None:
    made = shop(step("CALL tidy(20)"), schema=SCHEMA)
    (job,) = made.plan.jobs
    assert job.procedure_sql is not None and "CALL public.tidy(20);" in job.procedure_sql and job.commits
    found = made.prove()
    assert found.result == "equal", found
    assert any("19 updated, 1 deleted" in line for line in found.lines), found.lines


def test_one_that_ends_transactions_still_can(shop: Make) -> None:
    made = shop(step("CALL tidy(20)"), schema=COMMITS)
    found = made.prove()
    assert found.result in ("equal", "weak"), found
    with made.database.connect() as connection:
        connection.autocommit = True
        connection.execute(made.plan.jobs[0].command)  # as pg_cron sends it
        assert connection.execute(
            "SELECT count(*) FILTER (WHERE state = 'small'), count(*) FROM parcel"
        ).fetchone() == (
            19,
            39,
        )


def test_another_argument_is_found(shop: Make) -> None:
    for schema in (SCHEMA, COMMITS):
        made = shop(step("CALL tidy(20)"), schema=f"DROP TABLE IF EXISTS parcel CASCADE; "
                    f"DROP PROCEDURE IF EXISTS tidy; DROP PROCEDURE IF EXISTS cache_worker_job; {schema}")  # fmt: skip
        made.replace_procedure("tidy(20)", "tidy(21)")
        found = made.prove()
        assert found.result == "differs", found


def test_between_other_statements_each_is_committed_on_its_own(shop: Make) -> None:
    made = shop(step("CALL tidy(20)"), step("UPDATE parcel SET state = 'seen' WHERE size > 30"), schema=COMMITS)
    text = made.plan.jobs[0].procedure_sql or ""
    assert text.index("CALL public.tidy(20);") < text.index("COMMIT;") < text.index("UPDATE public.parcel")
    with made.database.connect() as connection:
        connection.autocommit = True
        connection.execute(made.plan.jobs[0].command)
        rows = connection.execute("SELECT state, count(*) FROM parcel GROUP BY state ORDER BY state").fetchall()
        assert rows == [("new", 10), ("seen", 10), ("small", 19)]
