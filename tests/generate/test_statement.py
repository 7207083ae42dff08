"""What a statement names, and the edits made to it."""

import pytest

from cronlift.generate.refusal import RefusalError
from cronlift.generate.statement import as_perform, is_computed, qualified, read, terminated


def named(text: str) -> set[str]:
    """``kind name use`` of all references; the text at each location is the name."""
    statement = read(text)
    data = statement.text.encode()
    for reference in statement.references:
        at = data[reference.location :].decode().lstrip('"')
        assert at.startswith((reference.schema or reference.name, reference.name, "extract"))
    return {
        f"{r.kind} {r.name} {r.use}" if r.kind == "relation" else f"{r.kind} {r.name}" for r in statement.references
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("DELETE FROM a USING b WHERE a.x = b.x", {"relation a DELETE", "relation b SELECT"}),
        ("TRUNCATE a, b", {"relation a TRUNCATE", "relation b TRUNCATE"}),
        ("REFRESH MATERIALIZED VIEW v", {"relation v OWNER"}),
        ("VACUUM é, s.b", {"relation é OWNER", "relation b OWNER"}),
        ("WITH t AS (SELECT * FROM t) SELECT * FROM t", {"relation t SELECT"}),
        ("WITH RECURSIVE t AS (SELECT 1 UNION SELECT * FROM t) SELECT * FROM t", set()),
        ("WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y", set()),
        ("WITH y AS (SELECT * FROM x), x AS (SELECT 1) SELECT * FROM x", {"relation x SELECT"}),
        ("WITH t AS (SELECT 1 AS i) INSERT INTO t SELECT i FROM t", {"relation t INSERT"}),
        ("WITH t AS (SELECT 1) SELECT * FROM public.t", {"relation t SELECT"}),
        (
            "WITH g AS (DELETE FROM o RETURNING *) INSERT INTO k SELECT * FROM g ON CONFLICT (i) DO UPDATE SET i = 1",
            {"relation o DELETE", "relation k INSERT", "relation k UPDATE"},
        ),
        ("SELECT * FROM a FOR UPDATE OF a", {"relation a SELECT"}),
        (
            "UPDATE a SET x = f(1) WHERE EXISTS (SELECT FROM b)",
            {"relation a UPDATE", "relation b SELECT", "function f"},
        ),
        ("SELECT extract(epoch FROM now()) FROM g(1)", {"function extract", "function now", "function g"}),
    ],
)
def test_names(text, names):
    assert named(text) == names


def test_only_the_statement_itself_is_kept():
    statement = read("  \n-- before\nDELETE FROM a -- in\n WHERE x = $2 ;  -- after\n")
    assert statement.text == "-- before\nDELETE FROM a -- in\n WHERE x = $2"
    assert statement.parameters == {2}
    (reference,) = statement.references
    assert qualified(statement, {reference.location: '"S"'}) == '-- before\nDELETE FROM "S".a -- in\n WHERE x = $2'


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "", "-- nothing", "SELEC 1", "BEGIN", "SELECT 1 INTO x"])
def test_what_is_refused(text):
    with pytest.raises(RefusalError):
        read(text)


@pytest.mark.parametrize(
    ("text", "ended"),
    [("SELECT 1", "SELECT 1;"), ("SELECT 1 -- x", "SELECT 1 -- x\n;"), ("SELECT '--'", "SELECT '--';")],
)
def test_the_semicolon_is_never_inside_a_comment(text, ended):
    assert terminated(text) == ended


@pytest.mark.parametrize(
    ("text", "perform"),
    [
        ("select 1", "PERFORM 1"),
        ("/* a /* b */ select */ -- select\n\tSELECT f()", "/* a /* b */ select */ -- select\n\tPERFORM f()"),
        ("(SELECT 1)", None),
        ("WITH x AS (SELECT 1) SELECT 1", None),
        ("VALUES (1)", None),
    ],
)
def test_perform(text, perform):
    assert as_perform(text) == perform


@pytest.mark.parametrize(
    ("value", "computed"), [("'now()'", False), ("3 * 2", False), ("now()", True), ("CURRENT_DATE", True)]
)
def test_what_may_change_with_time(value, computed):
    assert is_computed(value) == computed
