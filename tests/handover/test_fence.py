"""The fence, with inserts as the application's own role sends them."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cronlift.generate import managed
from cronlift.generate.quoting import text_of

# meta as Oban for Elixir was seen to write it, running, by version (from 2.19 on with a cron_tz). None names a tick.
ELIXIR_BY_VERSION = {
    "2.17.6": {"cron": True, "cron_expr": "* * * * *"},
    "2.18.3": {"cron": True, "cron_expr": "* * * * *"},
    "2.20.3": {"cron": True, "cron_expr": "* * * * *", "cron_name": "51410570", "cron_tz": "Etc/UTC"},
    "2.23.1": {"cron": True, "cron_expr": "* * * * *", "cron_name": "21721800", "cron_tz": "Etc/UTC"},
}
ELIXIR = ELIXIR_BY_VERSION["2.23.1"]


def python(at: datetime) -> dict:
    """What oban-py 0.7.0 writes."""
    return {"cron": True, "cron_at": at.isoformat(), "cron_expr": "* * * * *", "cron_name": "Shop.Worker"}


@pytest.fixture
def fenced(gated):
    gated.execute(text_of(managed.create_fence("public.oban_jobs", "state")), user="postgres")
    return gated


def insert(fenced, meta, worker="Shop.Worker", args=None, table="oban_jobs", user="app"):
    with fenced.connect(user) as connection:
        return connection.execute(
            f"INSERT INTO {table} (worker, args, meta) VALUES (%s, %s, %s) "
            "RETURNING state::text, id, meta ? 'cronlift', cancelled_at",
            (worker, json.dumps(args or {}), json.dumps(meta)),
        ).fetchone()


def hits(fenced):
    with fenced.admin() as connection:
        return connection.execute(
            "SELECT job, relation, queue_id, tick, began FROM cronlift.fence_hit ORDER BY id"
        ).fetchall()


@pytest.mark.parametrize("version", [*ELIXIR_BY_VERSION, "python"])
def test_a_cron_insert_for_a_tick_of_pg_cron_is_turned_away(fenced, gate, version):
    meta = ELIXIR_BY_VERSION.get(version) or python(datetime.now(UTC).replace(second=0, microsecond=0))
    gate(pg_from=datetime.now(UTC) - timedelta(hours=1))
    with fenced.admin() as connection:
        connection.execute("ALTER ROLE app SET timezone = 'Asia/Tokyo'")
    try:
        state, number, marked, cancelled_at = insert(fenced, meta)
    finally:
        fenced.execute("ALTER ROLE app RESET timezone", user="postgres")
    assert (state, marked) == ("cancelled", True)
    assert abs(cancelled_at - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)
    ((job, relation, queue_id, tick, began),) = hits(fenced)
    assert (job, relation, queue_id) == ("oban:Shop.Worker", "public.oban_jobs", number)
    assert tick == (datetime.fromisoformat(meta["cron_at"]) if "cron_at" in meta else None)
    assert abs(began - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("gate_row", "row"),
    [
        ({}, {"meta": {}}),
        ({}, {"meta": {"cron": False}}),
        ({}, {"worker": "Shop.Other"}),
        ({}, {"args": {"a": 1}}),
        ({"relation": "other.oban_jobs"}, {}),
        ({"cron_expr": "0 * * * *"}, {}),
        ({"pg_from": "infinity"}, {}),
        ({"pg_until": "2000-01-01"}, {}),
        ({"state": "shut", "pg_from": None}, {}),
        ({"state": "disarmed"}, {}),
        ({}, {"meta": python(datetime(2026, 1, 1, 11, 59, tzinfo=UTC)), "from": "2026-01-01 12:00+00"}),
    ],
)
def test_all_else_passes(fenced, gate, gate_row, row):
    start = {"pg_from": row.pop("from")} if "from" in row else {}
    gate(**gate_row, **start)
    assert insert(fenced, **{"meta": ELIXIR, **row})[0] == "available"
    assert hits(fenced) == []


@pytest.mark.parametrize(
    "cron_at",
    [
        "not a time", "", "today", "infinity", "2026-02-30T12:00:00Z", "2026-13-01T00:00:00Z", "2026-11-26", "12:00",
        "2026-11-26T12:00:00 Nowhere/Else", "0000-01-01T00:00:00Z", "2026-01-01T00:00:00+99:00", 1764165600, None, {},
        ["2000-01-01T00:00:00Z"],
    ],
)  # fmt: skip
def test_a_tick_that_cannot_be_read_is_that_of_the_transaction(fenced, gate, cron_at):
    """No excuse for a double run: the row comes now, and now is pg_cron's. Before the switch it passes."""
    gate(pg_from=datetime.now(UTC) - timedelta(hours=1))
    gate("oban:Shop.Later", worker="Shop.Later", pg_from=datetime.now(UTC) + timedelta(hours=1))
    said = []
    with fenced.connect() as connection:
        connection.add_notice_handler(lambda d: said.append(d.message_primary))
        rows = connection.execute(
            "INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', %(meta)s), ('Shop.Later', %(meta)s) "
            "RETURNING state::text",
            {"meta": json.dumps(ELIXIR | {"cron_at": cron_at})},
        ).fetchall()
    assert (rows, said) == ([("cancelled",), ("available",)], [])


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    ("cron_at", "expected"),
    [
        ("2026-01-31T12:00:00", "available"),
        ("2026-01-31T12:01:00", "cancelled"),
        ("2026-01-31 12:01", "cancelled"),
        ("2026-01-31T12:02:00.000000", "available"),
        ("2026-01-31T12:01:00Z", "cancelled"),
        ("2026-01-31T21:01:00+09:00", "cancelled"),
        ("2026-01-31T12:01:00+09:00", "available"),
        ("2024-02-29T12:01:00", "available"),
    ],
)
def test_a_tick_without_a_zone_is_utc(fenced, gate, cron_at, expected, zone):
    """oban-py writes an offset, Oban for Elixir nothing; whatever the session's zone and date style are."""
    gate(pg_from="2026-01-31 12:00:30+00", pg_until="2026-01-31 12:01:30+00")
    with fenced.connect() as connection:
        connection.execute(f"SET timezone = '{zone}'")
        connection.execute("SET datestyle = 'SQL, DMY'")
        row = connection.execute(
            "INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', %s) RETURNING state::text",
            (json.dumps(ELIXIR | {"cron_at": cron_at}),),
        ).fetchone()
    assert row == (expected,)


@pytest.mark.parametrize("state", ["started", "completed", "paused", "rolled_back"])
def test_who_owns_the_tick_decides_not_the_state(fenced, gate, state):
    gate(state=state, pg_from="2026-01-01 12:00:30+00", pg_until="2026-01-01 12:10:30+00")
    for minute, expected in ((0, "available"), (1, "cancelled"), (10, "cancelled"), (11, "available")):
        at = datetime(2026, 1, 1, 12, minute, tzinfo=UTC)
        assert insert(fenced, python(at))[0] == expected


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        # A row of the last tick before the switch that comes behind the switch is the application's ...
        ({"pg_from": -20, "rows_from": 60}, "available"),
        ({"pg_from": -80, "rows_from": -20}, "cancelled"),
        # ... and of pg_cron's last tick, pg_cron's.
        ({"pg_from": -3600, "pg_until": -20, "rows_until": 60}, "cancelled"),
        ({"pg_from": -3600, "pg_until": -80, "rows_until": -20}, "available"),
        # A gate of two versions' switch says nothing of rows: they go by the switch itself.
        ({"pg_from": -20}, "cancelled"),
        ({"pg_from": -3600, "pg_until": -20}, "available"),
        # Started and given back between two ticks.
        ({"pg_from": -20, "pg_until": -20, "rows_from": -60, "rows_until": 60}, "available"),
    ],
)
def test_a_row_that_names_no_tick_is_of_the_last_one_before_it(fenced, gate, bounds, expected):
    now = datetime.now(UTC)
    state = "rolled_back" if "pg_until" in bounds else "started"
    gate(state=state, **{name: now + timedelta(seconds=seconds) for name, seconds in bounds.items()})
    assert insert(fenced, ELIXIR)[0] == expected
    # What names its tick goes by that.
    assert insert(fenced, python(now - timedelta(minutes=2)))[0] == (
        "cancelled" if bounds["pg_from"] < -120 else "available"
    )


@pytest.mark.parametrize(
    ("schedule", "began", "tick"),
    [
        ("0 * * * *", "12:00:00.1", "12:00"),
        ("0 * * * *", "11:59:59.8", "12:00"),  # the application's clock is ahead
        ("0 * * * *", "11:57:31", "12:00"),
        ("0 * * * *", "11:57:29", "11:00"),
        ("* * * * *", "12:00:44", "12:00"),
        ("* * * * *", "12:00:46", "12:01"),
        ("*/5 * * * *", "12:03:44", "12:00"),
        ("*/5 * * * *", "12:03:46", "12:05"),
    ],
)
def test_the_tick_of_a_row_that_names_none(gated, gate, schedule, began, tick):
    job = gate(schedule=schedule)
    with gated.admin() as connection:
        row = connection.execute(
            "SELECT cronlift.row_tick(g, %s) = %s FROM cronlift.gate AS g WHERE job = %s",
            (f"2026-11-26 {began}+00", f"2026-11-26 {tick}+00", job),
        ).fetchone()
    assert row == (True,)


def test_the_guard_is_asked_for_the_tick_of_a_row(gated, gate):
    job = gate(schedule="0 * * * *", guard="extract(hour FROM $1 AT TIME ZONE 'GMT') = 9")
    with gated.admin() as connection:
        row = connection.execute(
            "SELECT cronlift.row_tick(g, '2026-11-26 11:59+00') = '2026-11-26 09:00+00' FROM cronlift.gate AS g "
            "WHERE job = %s",
            (job,),
        ).fetchone()
    assert row == (True,)


def test_args_are_compared_as_json(fenced, gate):
    gate(args='{"a": 1, "b": {"c": null}}')
    assert insert(fenced, ELIXIR, args={"b": {"c": None}, "a": 1.0})[0] == "cancelled"


def test_all_rows_of_a_minute_come_in_one_transaction(fenced, gate):
    """In the shape of Elixir's Oban: the others' rows are untouched, and all are returned."""
    gate()
    with fenced.connect() as connection:
        rows = connection.execute(
            "INSERT INTO public.oban_jobs AS o0 (args, meta, queue, state, worker) VALUES "
            "('{}', %(meta)s, 'default', 'available', 'Shop.A'), ('{}', %(meta)s, 'default', 'available', "
            "'Shop.Worker'), ('{}', %(meta)s, 'default', 'available', 'Shop.B') RETURNING worker, state::text",
            {"meta": json.dumps(ELIXIR)},
        ).fetchall()
    assert rows == [("Shop.A", "available"), ("Shop.Worker", "cancelled"), ("Shop.B", "available")]


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE cronlift.gate CASCADE",
        "DROP TABLE cronlift.fence_hit",
        "ALTER TABLE cronlift.gate RENAME TO gone",
        "REVOKE ALL ON ALL TABLES IN SCHEMA cronlift FROM cronlift_owner",
        "REVOKE ALL ON ALL ROUTINES IN SCHEMA cronlift FROM cronlift_owner",
        "REVOKE ALL ON SCHEMA cronlift FROM cronlift_owner, app",
        "ALTER SCHEMA cronlift RENAME TO gone",
        "DROP FUNCTION cronlift.owns",
    ],
)
def test_what_breaks_inside_lets_the_row_pass(fenced, gate, damage):
    gate()
    fenced.execute(damage, user="postgres")
    with fenced.connect() as connection:
        said = []
        connection.add_notice_handler(lambda d: said.append(d.message_primary))
        row = connection.execute(
            "INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', %s) RETURNING state::text, meta ? 'cronlift'",
            (json.dumps(ELIXIR),),
        ).fetchone()
    if row == ("cancelled", True):  # the owner's own rights on what it owns went, not the trigger's
        assert "REVOKE" in damage
        return
    assert row == ("available", False)
    assert "cronlift's fence let a row of public.oban_jobs pass" in said[0]


def test_with_the_schema_gone_oban_goes_on(fenced, gate):
    gate()
    fenced.execute("DROP SCHEMA cronlift CASCADE", user="postgres")
    assert insert(fenced, ELIXIR)[0] == "available"


def test_a_locked_gate_does_not_hold_an_insert_up(fenced, gate):
    gate()
    with fenced.admin() as other:
        other.execute("LOCK TABLE cronlift.gate IN ACCESS EXCLUSIVE MODE")
        with fenced.connect() as connection:
            connection.execute("SET statement_timeout = '5s'")
            started = datetime.now(UTC)
            connection.execute("INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', %s)", (json.dumps(ELIXIR),))
            assert datetime.now(UTC) - started < timedelta(seconds=4)


PARTED = """
CREATE TABLE parted (LIKE oban_jobs INCLUDING DEFAULTS) PARTITION BY LIST (state);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('available');
CREATE TABLE parted_c PARTITION OF parted FOR VALUES IN ('cancelled');
"""


@pytest.fixture
def parted(gated):
    gated.execute(PARTED)
    gated.execute(text_of(managed.create_fence("public.parted", "queue")), user="postgres")
    return gated


def test_the_queue_turns_rows_away_where_the_state_may_not_change(parted, gate):
    """A table partitioned by state: a trigger may not move a row to another partition."""
    gate(relation="public.parted")
    assert insert(parted, ELIXIR, table="parted")[0] == "available"
    insert(parted, {}, table="parted")  # an ordinary job
    with parted.connect() as connection:
        (queue, meta), _ = connection.execute("SELECT queue, meta FROM parted ORDER BY id").fetchall()
        assert queue == "cronlift_turned_away"
        assert meta["cronlift"] == {
            "job": "oban:Shop.Worker", "queue": "default", "worker": "Shop.Worker", "args": {}, "meta": ELIXIR
        }  # fmt: skip
    with parted.connect() as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.sweep()")
        assert connection.execute("SELECT queue FROM public.parted").fetchall() == [("default",)]


@pytest.mark.parametrize("args", [{}, {"size": 3}])
@pytest.mark.parametrize(
    "field",
    ["queue = 'default'", "worker = 'Shop.Worker'", "args @> %(args)s AND args <@ %(args)s", "args @> %(args)s",
     "args <@ %(args)s", "meta @> %(meta)s AND meta <@ %(meta)s", "meta @> '{\"cron\": true}'"],
)  # fmt: skip
def test_what_went_into_the_queue_is_no_job_that_a_unique_worker_looks_at(parted, gate, field, args):
    """The conditions of oban lib/oban/engines/basic.ex (unique_query), each by itself: none may find it when the next
    cron row comes, which after a rollback is the application's."""
    gate(relation="public.parted", args=json.dumps(args))
    insert(parted, ELIXIR, table="parted", args=args)
    if field in ("args @> %(args)s", "args <@ %(args)s") and ("<@" in field) != (args == {}):
        pytest.skip("Oban asks this only of args of the other kind")
    with parted.connect() as connection:
        assert connection.execute("SELECT count(*) FROM parted").fetchone() == (1,)
        found = connection.execute(
            f"SELECT id FROM parted WHERE state = 'available' AND {field}",
            {"args": json.dumps(args), "meta": json.dumps(ELIXIR)},
        ).fetchall()
    assert found == []


def test_nobody_can_use_the_fence_for_other_things(fenced, gate):
    """EXECUTE on the function is nobody's, so no other table can be fenced with the owner's rights."""
    with fenced.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TRIGGER t BEFORE INSERT ON seen FOR EACH ROW EXECUTE FUNCTION cronlift.fence()")


def test_restored_with_triggers_off(fenced, gate):
    """Not ENABLE ALWAYS: replication and restores insert rows as they were."""
    gate()
    with fenced.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        row = connection.execute(
            "INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', %s) RETURNING state::text",
            (json.dumps(ELIXIR),),
        ).fetchone()
    assert row == ("available",)
