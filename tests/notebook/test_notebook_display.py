"""Displays: the same content as HTML and as text, and nothing in it comes alive."""

from __future__ import annotations

from cronlift.notebook.display import STYLE, Badge, Code, Fold, Listing, Noted, Say, Table, block

HOSTILE = '<img src=x onerror="alert(1)">\x1b[31m'


def test_both_forms_hold_the_same_and_nothing_is_markup() -> None:
    shown = block(
        Say(HOSTILE, "red"),
        Table((HOSTILE, "b"), [(HOSTILE, Badge(HOSTILE)), (Code(HOSTILE), Noted(HOSTILE, HOSTILE))]),
        Listing(HOSTILE, HOSTILE),
        Fold(HOSTILE, Table(("a",), [])),
    )
    assert "<img" not in shown.html
    assert shown.html.count("&lt;img") == 10
    assert "\x1b" not in shown.html + shown.text
    assert "onerror" in shown.text
    assert shown._repr_mimebundle_()["text/html"] == STYLE + shown.html


def test_text_twin() -> None:
    table = Table(("job", "state", "n"), [("a", Badge("moved", "green"), "1"), ("a long sentence " * 4, Code("x"), "")])
    assert block(Say("two jobs", "attention"), table).text == (
        "[note] two jobs\n\n"
        "job                                     state  n\n"
        "--------------------------------------  -----  -\n"
        "a                                       moved  1\n"
        "a long sentence a long sentence a long  x\n"
        "sentence a long sentence"
    )


def test_an_empty_table_says_so() -> None:
    assert block(Table(("a",), [], empty="no rows")).text == "no rows"
