"""Numbers and texts of the clock: PostgreSQL's expression gives what Elixir would have, in any session's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from databases import AppDatabase
from evaluating import evaluated

from cronlift.elixir.clock_parts import (
    ClockField,
    ClockSql,
    ClockText,
    as_parameters,
    field_sql,
    literal_sql,
    text_sql,
)
from cronlift.elixir.values import TupleValue, Unknown, join


def sql_of(expression: str) -> str:
    value = evaluated(expression)
    if isinstance(value, ClockText):
        return text_sql(value)
    assert isinstance(value, ClockField), value
    return field_sql(value)["integer"]


def test_postgresql_computes_the_same(app_database: AppDatabase) -> None:
    expected = {
        "DateTime.utc_now().year": lambda now: now.year,
        "NaiveDateTime.utc_now().hour": lambda now: now.hour,
        "DateTime.utc_now().second": lambda now: now.second,
        "1 + Date.utc_today().month": lambda now: now.month + 1,
        "Date.utc_today().day - 40": lambda now: now.day - 40,
        "Date.add(Date.utc_today(), -400).year": lambda now: (now - timedelta(days=400)).year,
        "Date.day_of_week(Date.utc_today())": lambda now: now.isoweekday(),
        "Date.day_of_year(DateTime.utc_now())": lambda now: now.timetuple().tm_yday,
        "Date.quarter_of_year(Date.utc_today())": lambda now: (now.month + 2) // 3,
        "Date.to_iso8601(Date.utc_today())": lambda now: now.date().isoformat(),
        '"#{Date.utc_today()}" |> String.trim()': None,
        "to_string(Date.utc_today())": lambda now: now.date().isoformat(),
        "DateTime.to_iso8601(DateTime.utc_now())": lambda now: now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "DateTime.to_string(DateTime.utc_now())": lambda now: now.strftime("%Y-%m-%d %H:%M:%S.%fZ"),
        "DateTime.to_iso8601(DateTime.utc_now(:second))": lambda now: now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "NaiveDateTime.to_iso8601(DateTime.utc_now())": lambda now: now.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "NaiveDateTime.utc_now() |> NaiveDateTime.truncate(:millisecond) |> NaiveDateTime.to_string()": lambda now: (
            now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        ),
    }
    with app_database.connect() as connection:
        for zone in ("Asia/Tokyo", "America/New_York"):
            connection.execute(f"SET timezone = '{zone}'")
            (now,) = connection.execute("SELECT now()").fetchone() or (None,)
            assert isinstance(now, datetime)
            for expression, compute in expected.items():
                if compute is None:
                    assert type(evaluated(expression)) is Unknown
                    continue
                sql = f"SELECT {sql_of(expression)}"
                (found,) = connection.execute(sql).fetchone() or (None,)
                assert found == compute(now.astimezone(UTC)), (expression, zone, sql)


def test_what_is_asked_of_a_day_together() -> None:
    value = evaluated("Date.to_erl(Date.utc_today())")
    assert isinstance(value, TupleValue)
    assert [v.field for v in value.items if isinstance(v, ClockField)] == ["year", "month", "day"]


@pytest.mark.parametrize("expression", ["Date.utc_today().hour", "System.os_time(:second).year", "now().year * 2"])
def test_what_is_not_known(expression: str) -> None:
    assert type(evaluated(expression)) is Unknown


def test_one_of_two_years_is_not_one_of_them() -> None:
    year, last = evaluated("Date.utc_today().year"), evaluated("Date.utc_today().year - 1")
    assert join(year, last) == Unknown("the clock")
    assert join(year, year) == year


def text_value(expression: str) -> ClockSql:
    value = evaluated(expression)
    assert isinstance(value, ClockSql), value
    return value


def test_a_whole_literal_becomes_a_parameter() -> None:
    value = text_value("\"DELETE FROM t WHERE a = $1 AND b < '#{Date.utc_today()}' OR c > '#{DateTime.utc_now()}'\"")
    sql, literals = as_parameters(value, 1) or ("", ())
    assert sql == "DELETE FROM t WHERE a = $1 AND b < $2 OR c > $3"
    assert [sorted(literal_sql(q)) for q in literals] == [
        ["character varying", "date", "text", "timestamp"],
        ["character varying", "date", "text", "timestamp", "timestamptz"],
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t WHERE b < '#{D} 03:00'",
        "DELETE FROM t WHERE b < E'#{D}'",
        "DELETE FROM t WHERE b < date '#{D}'",
        "DELETE FROM t WHERE b < $$#{D}$$",
        "DELETE FROM t WHERE b < 'a''#{D}'",
        "DELETE FROM t WHERE b < 'a' '#{D}'",
        "DELETE FROM t_#{D}",
        'DELETE FROM \\"#{D}\\"',
        "DELETE FROM t -- '#{D}'",
        "COMMENT ON TABLE t IS '#{D}'",
        "DELETE FROM t WHERE b < '#{D}'; DELETE FROM u",
        "DO '#{D}'",
        "DELETE FROM t WHERE a = $1 AND b < '#{D}'",
    ],
)
def test_anything_else_is_no_parameter(sql: str) -> None:
    assert as_parameters(text_value(f'"{sql}"'.replace("D}", "Date.utc_today()}")), 0) is None
