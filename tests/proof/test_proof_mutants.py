"""Wrong procedures are told from the right one, each by rows that differ; nothing of the proof stays behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shops import CLEANUP, PREWARM, REFRESH, SCHEMA, Shop, step

Make = Callable[..., Shop]

LOG = SCHEMA + "CREATE TABLE log (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), removed bigint);"
COUNTED = """\
WITH gone AS (DELETE FROM cache WHERE expires_at < now() RETURNING 1)
INSERT INTO log (removed) SELECT count(*) FROM gone"""
ARCHIVE = "UPDATE item SET kind = 'old' WHERE stars BETWEEN 170 AND 340 AND kind <> 'old'"
TOP = "DELETE FROM bystander WHERE id IN (SELECT id FROM bystander ORDER BY id LIMIT 5)"
DAILY = SCHEMA + "CREATE TABLE day (d timestamp NOT NULL, n bigint NOT NULL DEFAULT 0);"
TRUNCATED = "INSERT INTO day (d) VALUES (date_trunc('hour', now() AT TIME ZONE 'UTC'))"
NULLS = (
    SCHEMA + "ALTER TABLE cache ADD COLUMN used_at timestamptz; UPDATE cache SET used_at = now() - interval '1 year';"
)
FUNCTION = (
    SCHEMA
    + """
CREATE FUNCTION forget() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n integer;
BEGIN DELETE FROM cache WHERE expires_at < now(); GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
CREATE FUNCTION forget_more() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n integer;
BEGIN DELETE FROM cache WHERE expires_at <= now(); GET DIAGNOSTICS n = ROW_COUNT; RETURN n; END $$;
"""
)

RIGHT = {
    "cleanup": (SCHEMA, [CLEANUP]),
    "refresh": (SCHEMA, [REFRESH]),
    "prewarm, one statement": (SCHEMA, [PREWARM]),
    "counted": (LOG, [COUNTED]),
    "archive": (SCHEMA, [ARCHIVE]),
    "top": (SCHEMA, [TOP]),
    "truncated": (DAILY, [TRUNCATED]),
    "nulls": (NULLS, ["DELETE FROM cache WHERE used_at < now() - interval '1 month'"]),
    "function": (FUNCTION, ["SELECT forget()"]),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_planned_procedure_passes_and_nothing_stays(shop: Make, name: str) -> None:
    schema, statements = RIGHT[name]
    made = shop(*(step(s) for s in statements), schema=schema)
    before = made.contents()
    found = made.prove()
    assert found.result == "equal", found
    vain = [line for line in found.lines if line.startswith(("could not plant", "not read", "not planted"))]
    assert all("on id: the condition is no comparison" in line for line in vain), vain  # IN (SELECT …)
    assert made.contents() == before


MUTANTS = {
    "<= for <": (SCHEMA, CLEANUP, "< now()", "<= now()", "planted at expires_at = now()"),
    "clock_timestamp() for now()": (SCHEMA, CLEANUP, "now()", "clock_timestamp()", "planted at expires_at = now()"),
    "an hour earlier": (SCHEMA, CLEANUP, "now()", "now() - interval '1 hour'", "public.cache"),
    "missing WHERE": (SCHEMA, CLEANUP, "WHERE expires_at < now()", "", "public.cache"),
    "25 hours": (SCHEMA, PREWARM, "24 hours", "25 hours", "expires_at"),
    "DO UPDATE for DO NOTHING": (
        SCHEMA,
        PREWARM,
        "DO NOTHING",
        "DO UPDATE SET expires_at = excluded.expires_at",
        "public.cache",
    ),
    "DO UPDATE of one column that the first run left as it is": (
        SCHEMA,
        PREWARM,
        "DO NOTHING",
        "DO UPDATE SET hits = excluded.hits",
        "hits",
    ),
    "one more table": (SCHEMA, CLEANUP, "now();", "now(); DELETE FROM bystander WHERE id = 7;", "public.bystander"),
    "one more column": (SCHEMA, ARCHIVE, "kind = 'old'", "kind = 'old', stars = stars + 0.4", None),
    "a truncated bystander": (SCHEMA, CLEANUP, "now();", "now(); TRUNCATE bystander;", "public.bystander"),
    "RETURNING counts from nowhere": (LOG, COUNTED, "count(*)", "count(*) + 1", "removed"),
    "exclusive upper bound": (SCHEMA, ARCHIVE, "BETWEEN 170 AND 340", "BETWEEN 170 AND 339", "planted at stars = 340"),
    "limit off by one": (SCHEMA, TOP, "LIMIT 5", "LIMIT 4", "public.bystander"),
    "other direction": (SCHEMA, TOP, "ORDER BY id", "ORDER BY id DESC", "public.bystander"),
    "local time for UTC": (DAILY, TRUNCATED, "AT TIME ZONE 'UTC'", "AT TIME ZONE 'Asia/Tokyo'", "public.day"),
    "minutes for hours": (DAILY, TRUNCATED, "'hour'", "'microseconds'", "public.day"),
    "NULL counts as old": (
        NULLS,
        "DELETE FROM cache WHERE used_at < now() - interval '1 month'",
        "used_at <",
        "coalesce(used_at, '-infinity') <",
        "planted at used_at NULL",
    ),
    "wrong function": (FUNCTION, "SELECT forget()", "forget()", "forget_more()", "planted at expires_at = now()"),
    "nothing at all": (SCHEMA, REFRESH, f"  {REFRESH};", "  NULL;", "public.hot_item"),
    "fails": (SCHEMA, CLEANUP, "now();", "now() AND 1 / 0 = 1;", "division by zero"),
    "sequence moved on": (SCHEMA, CLEANUP, "now();", "now(); PERFORM nextval('bystander_id_seq');", "sequence"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_procedure_is_found(shop: Make, name: str) -> None:
    schema, statement, old, new, said = MUTANTS[name]
    made = shop(step(statement), schema=schema)
    made.replace_procedure(old, new)
    before = made.contents()
    found = made.prove()
    if said is None:  # the same rows after all: an update to the same value is none
        assert found.result == "equal"
        return
    assert found.result == "differs", found
    assert any(said in line for line in (found.text, *found.lines)), found
    assert made.contents() == before


def test_the_founding_case(shop: Make) -> None:
    """Prewarm by hand: the refresh is lost. The text says so, and the rows do."""
    made = shop(step(REFRESH, transaction=1), step(PREWARM, transaction=1))
    made.replace_procedure(f"  {REFRESH};\n", "")
    found = made.prove()
    assert found.result == "differs"
    assert any("public.hot_item" in line and "only after the app's statements" in line for line in found.lines), (
        found.lines
    )
    assert any("public.cache" in line and "only after the app's statements" in line for line in found.lines), (
        found.lines
    )


def test_a_change_in_the_second_run_only_is_found(shop: Make) -> None:
    """An empty cache has no conflicts: only a run on what a run left tells DO UPDATE from DO NOTHING."""
    made = shop(step(PREWARM), schema=SCHEMA + "DELETE FROM cache;")
    assert made.prove().result == "equal"
    made.replace_procedure("DO NOTHING", "DO UPDATE SET body = excluded.body")
    found = made.prove()
    assert found.result == "differs"
    assert "second time" in found.text


def test_random_values_are_named_and_left_out(shop: Make) -> None:
    schema = SCHEMA + "CREATE TABLE token (id serial PRIMARY KEY, secret text, made timestamptz, n integer);"
    statement = "INSERT INTO token (secret, made, n) SELECT md5(random()::text), clock_timestamp(), 5"
    made = shop(step(statement), schema=schema)
    found = made.prove()
    assert found.result == "weak", "\n".join(found.lines)
    assert any("secret, made left out" in line for line in found.lines), found.lines
    made.replace_procedure(", 5", ", 6")
    assert made.prove().result == "differs"


def test_changing_nothing_proves_little(shop: Make) -> None:
    made = shop(step("DELETE FROM bystander WHERE note LIKE 'zzz%'"))
    found = made.prove()
    assert found.result == "weak"
    assert "changed nothing" in found.text
    assert any("not planted" in line and "note" in line for line in found.lines), found.lines


def test_parameters_are_bound_as_the_app_binds_them(shop: Make) -> None:
    made = shop(step("DELETE FROM item WHERE kind = $1 AND stars >= $2", "'k3'", "1700"))
    assert made.prove().result == "equal"
    made.replace_procedure(">=", ">")
    found = made.prove()
    assert found.result == "differs"
    assert any("and stars = 1700 is as planted" in line for line in found.lines), "\n".join(found.lines)


def test_both_failing_alike_proves_nothing(shop: Make) -> None:
    made = shop(step(CLEANUP))
    with made.database.admin() as connection:
        connection.execute("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$")
        connection.execute("CREATE TRIGGER no BEFORE DELETE ON cache FOR EACH STATEMENT EXECUTE FUNCTION no()")
    connection.close()
    found = made.prove()
    assert (found.result, "no (P0001)" in found.text) == ("unproved", True)


def test_an_untrusted_language_is_not_run(shop: Make) -> None:
    made = shop(step(CLEANUP))
    with made.database.admin() as connection:
        connection.execute("CREATE EXTENSION dblink")
        connection.execute(
            "CREATE FUNCTION outside() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM dblink_connect('x'); RETURN NULL; END $$"
        )
        connection.execute("CREATE TRIGGER outside AFTER DELETE ON cache FOR EACH STATEMENT EXECUTE FUNCTION outside()")
    connection.close()
    found = made.prove()
    assert (found.result, "dblink" in found.text) == ("unproved", True)


OUTSIDE = {
    "a trigger of a table that a foreign key deletes from": (
        "CREATE UNLOGGED TABLE child (key text REFERENCES cache ON DELETE CASCADE); "
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM dblink_connect('x'); "
        "RETURN NULL; END $$; "
        "CREATE TRIGGER tell AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION tell()",
        "dblink",
    ),
    "a policy": (
        "CREATE FUNCTION seen() RETURNS boolean LANGUAGE sql AS $$ SELECT pg_read_file('x') IS NULL $$; "
        "ALTER TABLE cache ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON cache USING (seen())",
        "pg_read_file() acts outside",
    ),
    "a rule": (
        "CREATE RULE r AS ON DELETE TO cache DO ALSO SELECT pg_terminate_backend(1)",
        "pg_terminate_backend() acts outside",
    ),
    "a function in C that no extension brings": (
        "CREATE FUNCTION c() RETURNS trigger LANGUAGE c AS '$libdir/dblink', 'dblink_fdw_validator'; "
        "CREATE TRIGGER c BEFORE DELETE ON cache FOR EACH ROW EXECUTE FUNCTION c()",
        "is written in c, untrusted",
    ),
    "a foreign table that a view reads": (
        "CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw; "
        "CREATE FOREIGN TABLE far (key text) SERVER s; CREATE VIEW near AS SELECT key FROM far; "
        "CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 FROM near; RETURN NULL; END $$; "
        "CREATE TRIGGER look AFTER DELETE ON cache FOR EACH STATEMENT EXECUTE FUNCTION look()",
        "public.far is a foreign table",
    ),
    "a file of the server": (
        "CREATE FUNCTION write_out() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN COPY bystander TO '/tmp/x'; RETURN NULL; END $$; "
        "CREATE TRIGGER out AFTER DELETE ON cache FOR EACH STATEMENT EXECUTE FUNCTION write_out()",
        "COPY with a file or program",
    ),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_reaches_outside_is_not_run(shop: Make, name: str) -> None:
    script, said = OUTSIDE[name]
    made = shop(step(CLEANUP))
    with made.database.admin() as connection:
        connection.execute("CREATE EXTENSION dblink")
        connection.cursor().execute(script.encode())
    connection.close()
    found = made.prove()
    assert found.result == "unproved", found
    assert said in found.text


def test_each_side_has_its_own_role_and_settings(shop: Make) -> None:
    """A time zone of the job's role only: the same text means another instant."""
    schema = SCHEMA + "CREATE TABLE day (d date NOT NULL);"
    made = shop(step("INSERT INTO day SELECT (timestamptz '2026-01-01 23:30:00+00')::date"), schema=schema)
    assert made.prove().result == "equal"
    with made.database.admin() as connection:
        connection.execute("CREATE ROLE tokyo LOGIN")
        connection.execute("ALTER ROLE tokyo SET TimeZone = 'Asia/Tokyo'")
        connection.execute("GRANT app TO tokyo")
    connection.close()
    try:
        plan = made.plan
        job = plan.jobs[0].model_copy(update={"job_role": "tokyo"})
        with made.database.admin() as connection:
            connection.execute(f"GRANT EXECUTE ON PROCEDURE {job.schema_name}.{job.procedure}() TO tokyo")
        connection.close()
        found = Shop(made.database, plan.model_copy(update={"jobs": (job,)}), made.app).prove()
        assert found.result == "differs"
        assert "public.day" in found.text
    finally:
        with made.database.admin() as connection:
            connection.execute("DROP OWNED BY tokyo")
            connection.execute("DROP ROLE tokyo")
        connection.close()


@pytest.mark.parametrize("more", [(), ("DELETE FROM cache WHERE hits > 10",)], ids=["one transaction", "several"])
def test_the_settings_of_the_apps_sessions(shop: Make, more: tuple[str, ...]) -> None:
    """The app's sessions have a time zone of their own; the procedure sets the same, and is found out without."""
    schema = SCHEMA + "CREATE TABLE day (d date NOT NULL);"
    zoned = "INSERT INTO day SELECT (timestamptz '2026-01-01 23:30:00+00')::date"
    made = shop(step(zoned), *map(step, more), schema=schema, session={"timezone": "Asia/Tokyo"})
    assert made.prove().result == "equal"
    local = "false" if more else "true"
    made.replace_procedure(f"PERFORM pg_catalog.set_config('timezone', 'Asia/Tokyo', {local});", "")
    found = made.prove()
    assert found.result == "differs" and "public.day" in found.text
