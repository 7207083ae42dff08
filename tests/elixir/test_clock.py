"""Arithmetic on "now": what Elixir's calendar functions make of it, and PostgreSQL's expression for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from databases import AppDatabase
from evaluating import evaluated

from cronlift.elixir import clock_sql
from cronlift.elixir.values import OK, Clock, Fixed, TupleValue, Unknown

NOW = "(now() AT TIME ZONE 'UTC')"
CASES = [
    ("DateTime.utc_now()", "timestamp", "now() AT TIME ZONE 'UTC'"),
    ("DateTime.utc_now()", "timestamptz", "now()"),
    ("DateTime.utc_now(:second)", "timestamp", "date_trunc('second', now() AT TIME ZONE 'UTC')"),
    ("DateTime.utc_now() |> DateTime.truncate(:second)", "timestamptz", "date_trunc('second', now())"),
    ("DateTime.add(DateTime.utc_now(), -7, :day)", "timestamp", f"{NOW} - interval '7 days'"),
    ("DateTime.add(DateTime.utc_now(), -7, :day)", "timestamptz", "now() - interval '168 hours'"),
    ("DateTime.add(DateTime.utc_now(), -90)", "timestamptz", "now() - interval '90 seconds'"),
    ("DateTime.add(DateTime.utc_now(), 2 * 3600)", "timestamp", f"{NOW} + interval '2 hours'"),
    ("DateTime.utc_now() |> DateTime.add(-1, :hour) |> DateTime.add(-30, :minute)", "timestamp",
     f"{NOW} - interval '90 minutes'"),
    ("DateTime.add(DateTime.utc_now(), -:timer.hours(48), :millisecond)", "timestamptz", "now() - interval '48 hours'"),
    ("DateTime.add(DateTime.utc_now(), -1500, :millisecond)", "timestamp", f"{NOW} - interval '1.500000 seconds'"),
    ("DateTime.utc_now() |> DateTime.truncate(:second) |> DateTime.add(-1, :day)", "timestamp",
     "date_trunc('second', now() AT TIME ZONE 'UTC') - interval '1 day'"),
    ("DateTime.shift(DateTime.utc_now(), month: -3, day: 1)", "timestamp",
     f"({NOW} - interval '3 months') + interval '1 day'"),
    ("DateTime.shift(DateTime.utc_now(), Duration.new!(year: -1))", "timestamptz",
     f"({NOW} - interval '1 year') AT TIME ZONE 'UTC'"),
    ("%{DateTime.utc_now() | microsecond: {0, 0}}", "timestamp", "date_trunc('second', now() AT TIME ZONE 'UTC')"),
    ("%{DateTime.utc_now() | hour: 0, minute: 0, second: 0, microsecond: {0, 6}}", "timestamp",
     "date_trunc('day', now() AT TIME ZONE 'UTC')"),
    ("%{DateTime.utc_now() | minute: 0, second: 0, microsecond: {0, 6}}", "timestamptz",
     "date_trunc('hour', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"),
    ("NaiveDateTime.utc_now() |> NaiveDateTime.add(-86_400)", "timestamp", f"{NOW} - interval '1 day'"),
    ("NaiveDateTime.beginning_of_day(NaiveDateTime.utc_now())", "timestamp",
     "date_trunc('day', now() AT TIME ZONE 'UTC')"),
    ("Date.utc_today()", "date", f"{NOW}::date"),
    ("Date.add(Date.utc_today(), -30)", "date", f"{NOW}::date - 30"),
    ("DateTime.utc_now() |> DateTime.add(-1, :day) |> DateTime.to_date()", "date", f"({NOW} - interval '1 day')::date"),
    ("Date.beginning_of_month(Date.utc_today())", "date", "date_trunc('month', now() AT TIME ZONE 'UTC')::date"),
    ("Date.utc_today() |> Date.add(-1) |> Date.beginning_of_week()", "date",
     f"date_trunc('week', ({NOW}::date - 1)::timestamp)::date"),
    ("Date.end_of_month(Date.utc_today())", "date",
     "((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') - interval '1 day')::date"),
    ("DateTime.new!(Date.utc_today(), ~T[00:00:00])", "timestamp", "date_trunc('day', now() AT TIME ZONE 'UTC')"),
    ('DateTime.new!(Date.add(Date.utc_today(), -1), ~T[03:00:00], "Etc/UTC")', "timestamptz",
     "(date_trunc('day', now() AT TIME ZONE 'UTC') - interval '21 hours') AT TIME ZONE 'UTC'"),
    ("Timex.now() |> Timex.shift(days: -2)", "timestamptz", "now() - interval '48 hours'"),
    ("Timex.subtract(Timex.now(), Timex.Duration.from_minutes(5))", "timestamp", f"{NOW} - interval '5 minutes'"),
    ("Timex.beginning_of_day(Timex.now())", "timestamp", "date_trunc('day', now() AT TIME ZONE 'UTC')"),
    ("System.os_time(:second)", "bigint", "extract(epoch FROM date_trunc('second', now()))::bigint"),
    ("System.system_time(:second) - 3600", "integer",
     "extract(epoch FROM date_trunc('second', now()) - interval '1 hour')::integer"),
    ("DateTime.utc_now() |> DateTime.to_unix(:millisecond)", "bigint",
     "(extract(epoch FROM date_trunc('milliseconds', now())) * 1000)::bigint"),
    ("DateTime.from_unix!(System.os_time(:second) - 60)", "timestamp",
     "date_trunc('second', now() AT TIME ZONE 'UTC') - interval '1 minute'"),
]  # fmt: skip


def clock(expression: str) -> Clock:
    value = evaluated(expression)
    assert isinstance(value, Clock), value
    return value


@pytest.mark.parametrize(("expression", "target", "sql"), CASES)
def test_expression(expression: str, target: str, sql: str) -> None:
    assert clock_sql.write(clock(expression), target) == sql


@pytest.mark.parametrize(
    "expression",
    [
        "NaiveDateTime.local_now()", 'DateTime.now!("Europe/Berlin")', "Timex.local()", 'Timex.now("Asia/Tokyo")',
        'DateTime.shift_zone!(DateTime.utc_now(), "Asia/Tokyo")', "System.os_time()", "System.monotonic_time(:second)",
        "DateTime.add(DateTime.utc_now(), -n())", "DateTime.shift(DateTime.utc_now(), days: -1)",
        "Timex.shift(Timex.now(), day: -1)", "Timex.shift(Timex.now(), months: -1, days: 2)",
        "%{DateTime.utc_now() | hour: 0}", "%{DateTime.utc_now() | minute: 0, microsecond: {0, 0}}",
        "DateTime.to_iso8601(DateTime.utc_now())", "System.os_time(:second) * 2", "DateTime.utc_now().year",
        "Date.beginning_of_week(Date.utc_today(), :sunday)", 'DateTime.new!(Date.utc_today(), ~T[00:00:00], "X/Y")',
        'DateTime.from_naive!(NaiveDateTime.utc_now(), "Asia/Tokyo")', "DateTime.to_time(DateTime.utc_now())",
        "DateTime.from_unix!(System.os_time(:second), :millisecond)", "DateTime.add(NaiveDateTime.utc_now(), 1)",
    ],
)  # fmt: skip
def test_what_is_not_known(expression: str) -> None:
    assert isinstance(evaluated(expression), Unknown)


def test_types_and_precision() -> None:
    assert (clock("DateTime.utc_now()").type, clock("DateTime.utc_now()").precision) == ("DateTime", 6)
    assert clock("NaiveDateTime.utc_now(:second)").precision == 0
    assert clock("%{DateTime.utc_now() | microsecond: {0, 6}}").precision == 6
    assert clock("DateTime.add(DateTime.utc_now(:second), 5, :millisecond)").precision == 3
    assert evaluated('DateTime.now("Etc/UTC")') == TupleValue((OK, clock("DateTime.utc_now()")))
    assert evaluated("~D[2026-01-31]") == Fixed("Date", "2026-01-31")
    assert (
        clock_sql.write(Fixed("DateTime", "2026-01-31 10:00:00Z"), "timestamptz")
        == "timestamptz '2026-01-31 10:00:00+00'"
    )


@pytest.mark.parametrize(
    ("expression", "target"),
    [
        ("DateTime.utc_now()", "date"), ("NaiveDateTime.utc_now()", "timestamptz"), ("Date.utc_today()", "timestamp"),
        ("System.os_time(:second)", "timestamp"), ("DateTime.utc_now()", "text"), ("DateTime.utc_now()", "jsonb"),
    ],
)  # fmt: skip
def test_types_postgrex_would_not_encode(expression: str, target: str) -> None:
    with pytest.raises(clock_sql.NotWritable):
        clock_sql.write(clock(expression), target)


def days(n: float) -> timedelta:
    return timedelta(days=n)


def test_postgresql_computes_the_same(app_database: AppDatabase) -> None:
    """Against Python's own arithmetic on the transaction's now(), in sessions far from UTC and with daylight saving."""
    fields: dict[str, Any] = {"microsecond": 0, "second": 0, "minute": 0, "hour": 0}
    expected = {
        "DateTime.utc_now()": lambda now: now,
        "DateTime.add(DateTime.utc_now(), -200, :day)": lambda now: now - days(200),
        "DateTime.utc_now() |> DateTime.truncate(:second)": lambda now: now.replace(microsecond=0),
        "DateTime.add(DateTime.utc_now(), -1500, :millisecond)": lambda now: now - timedelta(milliseconds=1500),
        "%{DateTime.utc_now() | hour: 0, minute: 0, second: 0, microsecond: {0, 6}}": lambda now: now.replace(**fields),
        "DateTime.new!(Date.add(Date.utc_today(), -1), ~T[03:00:00])": lambda now: (
            now.replace(**fields | {"hour": 3}) - days(1)
        ),
        "DateTime.from_unix!(System.os_time(:second) - 60)": lambda now: (
            now.replace(microsecond=0) - timedelta(minutes=1)
        ),
        "Date.utc_today()": lambda now: now.date(),
        "Date.add(Date.utc_today(), -30)": lambda now: now.date() - days(30),
        "Date.beginning_of_month(Date.utc_today())": lambda now: now.date().replace(day=1),
        "Date.beginning_of_week(Date.utc_today())": lambda now: now.date() - days(now.weekday()),
        "Date.end_of_month(Date.utc_today())": lambda now: (
            (now.date().replace(day=1) + days(32)).replace(day=1) - days(1)
        ),
        "System.os_time(:second) - 5": lambda now: int(now.timestamp()) - 5,
        "DateTime.to_unix(DateTime.utc_now(), :millisecond)": lambda now: int(now.timestamp() * 1000),
    }
    with app_database.connect() as connection:
        for zone in ("Asia/Tokyo", "America/New_York"):
            connection.execute(f"SET timezone = '{zone}'")
            (now,) = connection.execute("SELECT now()").fetchone() or (None,)
            assert isinstance(now, datetime)
            now = now.astimezone(UTC)
            for expression, compute in expected.items():
                value = clock(expression)
                for target in clock_sql.types_of(value):
                    sql = f"SELECT CAST({clock_sql.write(value, target)} AS {target})"
                    (found,) = connection.execute(sql).fetchone() or (None,)
                    wanted = compute(now)
                    if target == "timestamp":
                        wanted = wanted.replace(tzinfo=None)
                    assert found == wanted, (expression, target, zone, sql)
