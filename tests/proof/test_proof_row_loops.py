"""A statement that stands for a loop: the proof runs the loop row by row beside it, and says what that leaves open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shops import Shop, step

from cronlift.model.verdict import RowLoop, Step

Make = Callable[..., Shop]

_SCHEMA = """
CREATE TABLE visit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status text, room integer, at timestamp NOT NULL,
  updated_at timestamp NOT NULL
);
INSERT INTO visit (status, room, at, updated_at)
SELECT (ARRAY['open', 'late', NULL])[1 + n % 3], n % 4, (now() AT TIME ZONE 'UTC') - n * interval '1 day', '2020-01-01'
FROM generate_series(1, 60) AS n;
"""
_DELETE = "DELETE FROM visit AS v WHERE v.at < (now() AT TIME ZONE 'UTC') - interval '30 days'"
_UPDATE = (
    "UPDATE visit AS v SET status = 'late', updated_at = (now() AT TIME ZONE 'UTC') "
    "WHERE v.room = 1 AND v.status IS DISTINCT FROM 'late'"
)
_LAST = "DELETE FROM visit AS v WHERE v.id IN (SELECT s.id FROM visit AS s ORDER BY s.at, s.id LIMIT 5)"


def _looped(text: str, rows: str, each: str, *, commits: bool = True) -> Step:
    loop = RowLoop(rows=rows, each=each, line=1, commits=commits)
    return step(text).model_copy(update={"loop": loop})


DELETE = _looped(
    _DELETE, "SELECT v.id FROM visit AS v WHERE v.at < (now() AT TIME ZONE 'UTC') - interval '30 days'",
    'DELETE FROM visit AS v WHERE v.id = r."id"',
)  # fmt: skip
UPDATE = _looped(
    _UPDATE, "SELECT v.* FROM visit AS v WHERE v.room = 1",
    "UPDATE visit AS v SET status = 'late', updated_at = (now() AT TIME ZONE 'UTC') "
    "WHERE v.id = r.\"id\" AND r.\"status\" IS DISTINCT FROM 'late'",
)  # fmt: skip
LAST = _looped(
    _LAST, "SELECT v.id FROM visit AS v ORDER BY v.at, v.id LIMIT 5", 'DELETE FROM visit AS v WHERE v.id = r."id"',
    commits=False,
)  # fmt: skip


@pytest.mark.parametrize("one", [DELETE, UPDATE], ids=["delete", "update"])
def test_what_commits_row_by_row_is_equal_with_that_left_open(shop: Make, one: Step) -> None:
    found = shop(one, schema=_SCHEMA).prove()
    assert found.result == "weak", found
    assert any("what a row that fails leaves" in text for text in found.proof.open)
    assert any("run row by row" in line for line in found.lines)
    assert any(t.relation.endswith("visit") and t.same for t in found.proof.touched)


def test_a_loop_in_a_transaction_is_equal(shop: Make) -> None:
    found = shop(LAST, schema=_SCHEMA).prove()
    assert found.result == "equal", found
    assert not any("a row that fails" in text for text in found.proof.open)


@pytest.mark.parametrize(
    ("one", "old", "new"),
    [
        (DELETE, "v.at <", "v.at <="),
        (DELETE, "30 days", "31 days"),
        (UPDATE, "v.room = 1", "v.room >= 1"),
        # Rows that hold the value already are no change to Ecto: their updated_at stays.
        (UPDATE, " AND v.status IS DISTINCT FROM 'late'", ""),
        # NULL is another value.
        (UPDATE, "v.status IS DISTINCT FROM 'late'", "v.status <> 'late'"),
        (UPDATE, ", updated_at = (now() AT TIME ZONE 'UTC')", ""),
        (LAST, "LIMIT 5", "LIMIT 6"),
        (LAST, "ORDER BY s.at, s.id", "ORDER BY s.at DESC, s.id"),
    ],
    ids=["boundary", "another length", "more rows", "unchanged rows too", "null is left out", "no updated_at",
         "one more", "the other end"],
)  # fmt: skip
def test_another_statement_is_told_from_the_loop(shop: Make, one: Step, old: str, new: str) -> None:
    placed = shop(one, schema=_SCHEMA)
    placed.replace_procedure(old, new)
    assert placed.prove().result == "differs"
