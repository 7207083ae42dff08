"""What each scheduler makes of a text: rules by version, and its own words for what it refuses."""

from __future__ import annotations

import pytest

from cronlift.errors import UsageError
from cronlift.schedule.dialects import BadExpression, Fields, Interval, Reboot, find, names, pg_cron


def read(dialect: str, expression: str) -> Fields:
    found = find(dialect).parse(expression)
    assert isinstance(found, Fields)
    return found


def says(dialect: str, expression: str) -> str:
    with pytest.raises(BadExpression) as caught:
        find(dialect).parse(expression)
    return caught.value.says


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("* * * *", "incorrect number of fields in expression: * * * *"),
        ("60 * * * *", "expression field 60 is out of range: 0..59"),
        ("* * * * 7", "expression field 7 is out of range: 0..6"),
        ("* * * * Sun", "unrecognized cron expression: Sun"),
        ("* * * * MON,", "unrecognized cron expression: "),
        ("22-2 * * * *", "min (22) of range must be less than or equal to the max (2)"),
        ("0-65/50 * * * *", "expression field 0-65 is out of range: 0..59"),
        ("0 0 30 2 *", 'no day in "30" can occur in months "2"'),
        ("0 0 31 4,6 *", 'no day in "31" can occur in months "4,6"'),
        ("0 0 * * 1 ", "unrecognized cron expression: 1 "),
        ("@every 5m", "incorrect number of fields in expression: @every 5m"),
    ],
)
def test_oban_refuses_in_its_own_words(expression: str, message: str) -> None:
    assert says("oban", expression) == message


def test_oban_reads() -> None:
    assert read("oban", " 5/10 * * * MON, WED").minutes == {5, 15, 25, 35, 45, 55}
    assert read("oban", "* * * * MON, WED").weekdays == {1, 3}
    assert read("oban", "* * * JANFEB *").months == {12}  # names are replaced in the text: "1" and "2"
    assert read("oban", "* * * * SUNMON").weekdays == {1}
    assert read("oban", "0 0 */2 * *").days == set(range(1, 32, 2))
    assert find("oban").parse("@reboot") == Reboot()


def test_oban_by_version() -> None:
    assert read("oban@2.8.0", "0 0 */2 */5 *").days == set(range(2, 31, 2))
    assert read("oban@2.8.0", "0 0 */2 */5 *").months == {5, 10}
    assert read("oban@2.8.0", "* 1-23/2 * * *").hours == set(range(2, 23, 2))
    assert says("oban@2.8.0", "5/10 * * * *") == "unrecognized cron expression: 5/10"
    assert read("oban@2.9.0", "5/10 * * * *").minutes == {5, 15, 25, 35, 45, 55}
    assert read("oban@2.13.3", "0 0 * * 1 ").weekdays == {1}
    assert read("oban@2.16.3", "* 5-2 * * *").hours == {2, 3, 4, 5}  # Elixir counts 5..2 down
    assert says("oban@2.17.0", "* 5-2 * * *").startswith("left side (5) of a range")
    assert read("oban@2.22.0", "0-65/50 * * * *").minutes == {0, 50}
    assert read("oban@2.22.0", "0 0 30 2 *").firing_set().never
    assert says("oban@2.16.3", "0-99999999 * * * *").endswith("out of range 0..59")


def test_oban_for_python() -> None:
    assert read("oban-py", "0 0 * * 5-7").weekdays == {0, 5, 6}
    assert read("oban-py", "0 0 * * 1/2").weekdays == {0, 1, 3, 5}
    assert says("oban-py", "@reboot") == "incorrect number of fields: @reboot"
    assert says("oban-py", " 0 0 * * *").startswith("incorrect number of fields")
    assert says("oban-py", "0 22-2 * * *") == "min of range (22) must be less than or equal to max"
    assert says("oban-py", "0 0 32 * *").startswith("field 32 is out of range")
    assert says("oban-py", "0 0 * * Sun") == "unrecognized expression: Sun"


@pytest.mark.parametrize(
    ("expression", "means"),
    [
        ("* * * * * junk that is ignored", "* * * * *"),
        ("0#1 0 * * 0#1", "0 0 * * 0"),
        ("1-5#2 10;20 15#L * *-5", "1-5 10 15 * *"),
        ("29.5 0 * * *", "29 0 * * *"),
        ("  0\t0 * JAN-mar SUN,sat  ", "0 0 * 1-3 0,6"),
        ("# words\n\n0 5 * * *\nmore", "0 5 * * *"),
        ("4294967301 0 * * *", "5 0 * * *"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("@hourly and more", "0 * * * *"),
    ],
)
@pytest.mark.parametrize("version", ["1.3", "1.4.2", "1.5.2", "1.6.4", "1.6.7", "master"])
def test_pg_cron_skips_what_it_does_not_understand(version: str, expression: str, means: str) -> None:
    dialect = f"pg_cron@{version}"
    assert read(dialect, expression).firing_set() == read(dialect, means).firing_set()


@pytest.mark.parametrize(
    "expression",
    ["", " ", "# words", "* * * *", "60 * * * *", "5/10 * * * *", "*/0 * * * *", "1, 2 * * * *", "* * * * SUNDAY",
     "* * L * *", "? * * * *", "@Daily", "@every 5m", "TZ=UTC 0 0 * * *", "70-60 * * * *", "0\n0 * * *",
     "0 0 * * " + "1" * 1000],
)  # fmt: skip
@pytest.mark.parametrize("version", ["1.3", "1.4.2", "1.5.2", "1.6.4", "1.6.7", "master"])
def test_pg_cron_refuses(version: str, expression: str) -> None:
    assert says(f"pg_cron@{version}", expression) == f"invalid schedule: {expression}"


def test_pg_cron_ranges_from_high_to_low() -> None:
    assert read("pg_cron@1.4.2", "0 22-2 * * *").hours == set()
    assert read("pg_cron@1.6.7", "0 22-2 * * *").hours == {22, 23, 0, 1, 2}
    assert read("pg_cron@1.6.7", "0 20-9 * * *").hours == {8, 9, 20, 21, 22, 23}  # byte by byte
    assert read("pg_cron@1.6.7", "50-10 * * * *").minutes == {8, 9, 10, *range(50, 56)}
    assert read("pg_cron@1.6.7", "0 0 * * FRI-MON").weekdays == set()
    assert read("pg_cron@1.6.7", "0 22-2/2 * * *").hours == set()


def test_pg_cron_steps_above_the_maximum() -> None:
    assert read("pg_cron@1.6.4", "*/90 * * * *").minutes == {0}
    assert says("pg_cron@1.6.5", "*/60 * * * *").startswith("invalid schedule")
    assert read("pg_cron@1.6.7", "*/59 */23 */31 */12 */7").days == {1}


@pytest.mark.parametrize(
    ("dates", "rule"),
    [
        ("*/2 * 1", "and"),
        ("1 * */2", "and"),
        ("*,15 * 1", "and"),
        ("15,* * 1", "or"),
        ("1-31 * 1", "or"),
        ("1 * 0-6", "or"),
    ],
)
def test_pg_cron_joins_by_and_only_where_a_field_begins_with_a_star(dates: str, rule: str) -> None:
    assert read("pg_cron@1.6.7", f"0 0 {dates}").rule == rule
    assert read("pg_cron@master", f"0 0 {dates}").rule == rule
    assert read("pg_cron@master+match_dom_and_dow", f"0 0 {dates}").rule == "and"


def test_pg_cron_nicknames() -> None:
    assert read("pg_cron@1.5.2", "@yearly").firing_set() == read("pg_cron@1.5.2", "0 0 1 1 *").firing_set()
    assert read("pg_cron@1.6.7", "@yearly").firing_set().never
    assert read("pg_cron@1.6.0", "@annually").firing_set().never
    assert find("pg_cron").parse("@restart") == Reboot()


def test_pg_cron_last_day() -> None:
    assert says("pg_cron@1.5.2", "0 0 $ * *").startswith("invalid schedule")
    last = read("pg_cron@1.6.7", "0 0 $ 2 *").firing_set().triples()
    assert {(month, day) for month, day, _ in last} == {(2, 28), (2, 29)}
    assert read("pg_cron@1.6.7", "0 0 $ * 1").rule == "or"


def test_pg_cron_seconds() -> None:
    assert says("pg_cron@1.4.2", "10 seconds").startswith("invalid schedule")
    for version in ("1.5.0", "1.5.1", "1.6.7"):
        for text in ("10 seconds", "10 SECONDS ", " 10second"):
            assert find(f"pg_cron@{version}").parse(text) == Interval(10)
        for text in ("60 seconds", "0 seconds", "10 seconds x", "10 secondx"):
            says(f"pg_cron@{version}", text)
    assert find("pg_cron@1.5.0").parse("30 2 * * *") == Interval(30)
    assert find("pg_cron@1.5.0").parse("1,15 * * * *") == Interval(1)
    assert isinstance(find("pg_cron@1.5.0").parse("0 2 * * *"), Fields)
    assert isinstance(find("pg_cron@1.5.1").parse("30 2 * * *"), Fields)


def test_pg_cron_families() -> None:
    assert [d.version for d in pg_cron.family("1.6")] == [(1, 6, 2), (1, 6, 5)]
    assert [d.version for d in pg_cron.family("1.5")] == [(1, 5, 1)]
    assert [d.version for d in pg_cron.family("1.4-1")] == [(1, 4)]
    for unknown in ("1.2", "1.6.8", "1.7", "2.0"):
        with pytest.raises(UsageError, match="does not know how pg_cron"):
            pg_cron.family(unknown)
    with pytest.raises(UsageError, match="is not a version"):
        pg_cron.family("newest")


def test_registry() -> None:
    assert names() == ("oban", "oban-py", "pg_cron", "quantum")
    with pytest.raises(UsageError, match="no dialect is called 'quartz'"):
        find("quartz")
