"""Random queries of a small grammar, written as Elixir and, by rules of their own, as SQL: equal in what they do.

The SQL side is written for people: unquoted names, explicit casts, `<>`, no numbered parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import hypothesis
import psycopg
import pytest
from ecto_application import write_application
from hypothesis import strategies as st
from table_states import differences, state_after

from cronlift.stages.translate import read, translate_in

NOW = "(now() AT TIME ZONE 'UTC')"


@dataclass(frozen=True)
class Both:
    """One thing in both languages; ``alias`` stands for the row's variable."""

    elixir: str
    sql: str


def text(value: str) -> Both:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("#", "\\#")
    return Both(f'"{escaped}"', "'" + value.replace("'", "''") + "'")


words = st.text(st.sampled_from("ab'\"%_\\#x é"), max_size=5).map(text)
numbers = st.integers(-3, 40).map(lambda n: Both(str(n), f"({n})"))


@st.composite
def atoms(draw: st.DrawFn, v: str) -> Both:
    """A condition on one row of users, called ``v``."""
    kind = draw(st.integers(0, 11))
    op = draw(st.sampled_from(["==", "!=", "<", ">", "<=", ">="]))
    sql_op = {"==": "=", "!=": "<>"}.get(op, op)
    pin = draw(st.booleans())
    n, w = draw(numbers), draw(words)
    at = f"^{n.elixir}" if pin else n.elixir
    if kind == 0:
        return Both(f"{v}.login_count {op} {at}", f"{v}.login_count {sql_op} {n.sql}")
    if kind == 1:
        return Both(f"{v}.name {op} {'^' if pin else ''}{w.elixir}", f"{v}.name {sql_op} {w.sql}")
    if kind == 2:
        field = draw(st.sampled_from(["org_id", "is_bot", "deleted_at", "confirmed_at", "name"]))
        return Both(f"is_nil({v}.{field})", f"{v}.{field} IS NULL")
    if kind == 3:
        flag = draw(st.booleans())
        return Both(
            f"{v}.is_bot {'==' if pin else '!='} {str(flag).lower()}", f"{v}.is_bot {'=' if pin else '<>'} {flag}"
        )
    if kind == 4:
        many = draw(st.lists(st.integers(0, 20), max_size=3))
        shown = ", ".join(map(str, many))
        inside = f"ANY('{{{','.join(map(str, many))}}}'::int[])"
        negated = draw(st.booleans())
        plain = f"{v}.login_count = {inside}"
        return Both(
            f"{v}.login_count {'not in' if negated else 'in'} {'^' if pin else ''}[{shown}]",
            f"NOT ({plain})" if negated else plain,
        )
    if kind == 5:
        return (
            Both(f"like({v}.email, {w.elixir})", f"{v}.email LIKE {w.sql}")
            if "\\" not in w.sql
            else Both("true == true", "TRUE")
        )
    if kind == 6:
        role = draw(st.sampled_from(["admin", "member", "guest"]))
        return Both(f"{v}.role {'==' if op != '!=' else '!='} {'^' if pin else ''}:{role}",
                    f"{v}.role {'=' if op != '!=' else '<>'} '{role}'")  # fmt: skip
    if kind == 7:
        name, stored = draw(st.sampled_from([("active", 1), ("suspended", 2), ("closed", 3)]))
        return Both(f"{v}.status == {'^' if pin else ''}:{name}", f"{v}.status = {stored}")
    if kind == 8:
        days = draw(st.integers(1, 90))
        return Both(f'{v}.inserted_at < ago({days}, "day")', f"{v}.inserted_at < {NOW} - interval '{days} days'")
    if kind == 9:
        hours = draw(st.integers(1, 400))
        return Both(
            f"{v}.last_seen_at < ^DateTime.add(DateTime.utc_now(), -{hours * 3600}, :second)",
            f"{v}.last_seen_at < {NOW} - make_interval(hours => {hours})",
        )
    if kind == 10:
        return Both(f"{v}.login_count * 2 + 1 {op} {n.elixir}", f"({v}.login_count * 2) + 1 {sql_op} {n.sql}")
    return Both(f"coalesce({v}.login_count, 0) {op} {n.elixir}", f"coalesce({v}.login_count, 0) {sql_op} {n.sql}")


def conditions(v: str) -> st.SearchStrategy[Both]:
    def combined(inner: st.SearchStrategy[Both]) -> st.SearchStrategy[Both]:
        pair = st.tuples(inner, st.sampled_from(["and", "or"]), inner)
        both = pair.map(lambda p: Both(f"({p[0].elixir} {p[1]} {p[2].elixir})", f"({p[0].sql} {p[1]} {p[2].sql})"))
        return both | inner.map(lambda c: Both(f"not ({c.elixir})", f"NOT ({c.sql})"))

    return st.recursive(atoms(v), combined, max_leaves=5)


@st.composite
def statements(draw: st.DrawFn) -> Both:
    """A delete_all or update_all of users: keyword or pipe form, several wheres, a join, or a subquery."""
    first = draw(conditions("u"))
    how = draw(st.integers(0, 3))
    elixir, sql = f"where: {first.elixir}", f"({first.sql})"
    if how == 1:
        # The join's condition is the first of the WHERE list, so a later or_where stands beside it as well.
        sql = f"(s.user_id = u.id AND {sql})"
    piped = f"User |> where([u], {first.elixir})"
    for more in draw(st.lists(conditions("u"), max_size=2)):
        word = draw(st.sampled_from(["where", "or_where"]))
        elixir += f", {word}: {more.elixir}"
        piped += f" |> {word}([u], {more.elixir})"
        sql = f"({sql} AND ({more.sql}))" if word == "where" else f"({sql} OR ({more.sql}))"
    source, using = "u in User", ""
    if how == 1:
        source, using = "u in User, join: s in assoc(u, :sessions)", "sessions AS s"
    query = f"from({source}, {elixir})" if how != 2 else piped
    where = sql
    if how == 3:
        query = f"from(x in User, where: x.id in subquery(from({source}, {elixir}, select: u.id)))"
        where = f"u.id IN (SELECT u.id FROM users AS u WHERE {sql})"
    if draw(st.booleans()):
        return Both(
            f"Repo.delete_all({query})", f"DELETE FROM users AS u {f'USING {using}' if using else ''} WHERE {where}"
        )
    return Both(
        f'Repo.update_all({query}, set: [name: "n"], inc: [login_count: 7])',
        f"UPDATE users AS u SET name = 'n', login_count = u.login_count + 7 {f'FROM {using}' if using else ''} "
        f"WHERE {where}",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return tmp_path_factory


@hypothesis.settings(max_examples=4, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(st.lists(statements(), min_size=30, max_size=30))
def test_random_queries_do_what_their_sql_does(
    folder: pytest.TempPathFactory, ecto_database: psycopg.Connection[Any], many: list[Both]
) -> None:
    workers = {
        f"w{i}": f"defmodule MyApp.Workers.W{i} do\n  use Oban.Worker\n  import Ecto.Query\n  alias MyApp.Repo\n"
        f"  alias MyApp.Accounts.User\n  def perform(_) do\n    {one.elixir}\n    :ok\n  end\nend\n"
        for i, one in enumerate(many)
    }
    reading = read(write_application(folder.mktemp("random"), workers))
    for i, one in enumerate(many):
        found = translate_in(reading, f"MyApp.Workers.W{i}.perform/1")
        assert found.translatable, (one.elixir, found.reasons)
        expected, state = state_after(ecto_database, one.sql), state_after(ecto_database, found.statements[0])
        assert not isinstance(expected, str), (one.sql, expected)
        assert not isinstance(state, str), (one.elixir, found.statements, state)
        assert differences(expected, state) == {}, (one.elixir, found.statements, one.sql)
