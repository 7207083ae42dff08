"""Batches: a turn is compared with the procedure's, its LOOP with the app's, and both run to their end on copies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from shops import Shop, step

from cronlift.model.verdict import Step, Turn

Make = Callable[..., Shop]

_SCHEMA = """
CREATE TABLE visit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room integer, at timestamp NOT NULL DEFAULT '2020-01-01'
);
CREATE TABLE tally (turns integer NOT NULL);
INSERT INTO visit (room) SELECT n % 4 FROM generate_series(1, 60) AS n;
INSERT INTO tally VALUES (0);
"""
_DELETE = "DELETE FROM visit WHERE id IN (SELECT id FROM visit WHERE room = 2 ORDER BY id LIMIT 4)"
_OLD = "DELETE FROM visit WHERE id IN (SELECT id FROM visit WHERE at < $1 ORDER BY id LIMIT 7)"
_COUNT = "UPDATE tally SET turns = turns + 1"


def _turned(text: str, *values: str, rows: int = 1) -> Step:
    turn = Turn(loop="lib/shop/cache.ex:5", until="fewer", rows=rows, counted=True, leaves=True)
    return step(text, *values).model_copy(update={"turn": turn})


def _plain(one: Step, **fields: object) -> Step:
    assert one.turn is not None
    return one.model_copy(update={"turn": one.turn.model_copy(update=fields)})


UNTIL_NONE = (_turned(_DELETE),)
UNTIL_FEWER = (_turned(_DELETE, rows=4),)
CAPTURED = (_plain(_turned(_OLD, "(now() AT TIME ZONE 'UTC')"), captured=(1,)),)
AND_COUNTED = (_turned(_DELETE), _plain(_turned(_COUNT), counted=False, leaves=False))


@pytest.mark.parametrize(
    "steps", [UNTIL_NONE, UNTIL_FEWER, CAPTURED, AND_COUNTED], ids=["none", "fewer", "clock", "two transactions"]
)
def test_turns_are_proved(shop: Make, steps: tuple[Step, ...]) -> None:
    placed = shop(*steps, schema=_SCHEMA)
    assert placed.plan.jobs[0].commits
    found = placed.prove()
    assert found.result == "equal", found
    assert any("its loop's turns and what ends them are the app's" in line for line in (found.text, *found.lines))


@pytest.mark.parametrize(
    ("steps", "old", "new"),
    [
        (UNTIL_NONE, "    COMMIT;\n", ""),
        (UNTIL_NONE, "= 0", "< 4"),
        (UNTIL_FEWER, "< 4", "< 3"),
        (UNTIL_FEWER, "< 4", "<> 4"),
        (UNTIL_NONE, "room = 2", "room >= 2"),
        (UNTIL_NONE, "LIMIT 4", "LIMIT 5"),
        (UNTIL_NONE, "    EXIT WHEN cronlift_rows = 0;\n", "    EXIT;\n"),
        (AND_COUNTED, "turns + 1", "turns + 2"),
        (AND_COUNTED, "    EXIT WHEN cronlift_rows = 0;\n    UPDATE public.tally SET turns = turns + 1;\n    COMMIT;\n",
         "    UPDATE public.tally SET turns = turns + 1;\n    COMMIT;\n    EXIT WHEN cronlift_rows = 0;\n"),
    ],
    ids=["one transaction", "left too early", "left too late", "left at more", "more rows", "larger batches",
         "one turn", "another step", "left after the other transaction"],
)  # fmt: skip
def test_other_turns_are_told(shop: Make, steps: tuple[Step, ...], old: str, new: str) -> None:
    placed = shop(*steps, schema=_SCHEMA)
    placed.replace_procedure(old, new)
    assert placed.prove().result == "differs"


def test_a_clock_read_in_each_turn_is_not_the_one_read_before(shop: Make) -> None:
    placed = shop(*CAPTURED, schema=_SCHEMA)
    text = placed.plan.jobs[0].procedure_sql or ""
    assert text.count("now()") == 1
    assert text.index("now()") < text.index("LOOP")
