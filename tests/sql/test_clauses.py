"""Where the clauses of a statement stand in its text."""

from __future__ import annotations

import pytest

from cronlift.sql.clauses import clauses

CASES = [
    ("DELETE FROM a AS c0 WHERE (c0.x < 1) RETURNING c0.y",
     {"delete": "DELETE FROM a AS c0", "where": "WHERE (c0.x < 1)", "returning": "RETURNING c0.y"}),
    ("DELETE FROM a USING b AS b1 WHERE (b1.id = a.id)",
     {"delete": "DELETE FROM a", "using": "USING b AS b1", "where": "WHERE (b1.id = a.id)"}),
    ("UPDATE p AS f0 SET x = least(1, f0.x) FROM (SELECT s.n FROM s WHERE true GROUP BY s.n) AS s1 WHERE (s1.n = f0.n)",
     {"update": "UPDATE p AS f0", "set": "SET x = least(1, f0.x)",
      "from": "FROM (SELECT s.n FROM s WHERE true GROUP BY s.n) AS s1", "where": "WHERE (s1.n = f0.n)"}),
    ('INSERT INTO t ("a") (SELECT m."a" FROM m GROUP BY m."a") ON CONFLICT ("a") DO UPDATE SET "b" = 1 WHERE true',
     {"insert": 'INSERT INTO t ("a")', "select": 'SELECT m."a"', "from": "FROM m", "group_by": 'GROUP BY m."a"',
      "on_conflict": 'ON CONFLICT ("a") DO UPDATE SET "b" = 1 WHERE true'}),
    ("INSERT INTO t (a) VALUES ('(SELECT 1 WHERE')", {"insert": "INSERT INTO t (a)",
                                                      "values": "VALUES ('(SELECT 1 WHERE')"}),
    ("WITH x AS (SELECT 1 FROM y) SELECT left(a, 1) FROM x LEFT OUTER JOIN z USING (a) HAVING true LIMIT 3 OFFSET 1 "
     "FOR UPDATE SKIP LOCKED",
     {"with": "WITH x AS (SELECT 1 FROM y)", "select": "SELECT left(a, 1)", "from": "FROM x",
      "join": "LEFT OUTER JOIN z USING (a)", "having": "HAVING true", "limit": "LIMIT 3", "offset": "OFFSET 1",
      "lock": "FOR UPDATE SKIP LOCKED"}),
    ("SELECT 1 -- FROM nowhere\nFROM a /* WHERE x */ WHERE \"from\" = E'it\\'s FROM' UNION ALL SELECT 2",
     {"select": "SELECT 2", "from": "FROM a /* WHERE x */", "where": "WHERE \"from\" = E'it\\'s FROM'",
      "combination": "UNION ALL"}),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY hot", {"statement": "REFRESH MATERIALIZED VIEW CONCURRENTLY hot"}),
    ("", {"statement": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CASES, ids=[text[:30] for text, _ in CASES])
def test_clauses_are_those_of_the_statement_itself(text: str, wanted: dict[str, str]) -> None:
    assert {clause.name: text[clause.start : clause.end] for clause in clauses(text)} == wanted


def test_two_joins_are_two_clauses() -> None:
    text = "SELECT 1 FROM a INNER JOIN b ON true CROSS JOIN c"
    assert [c.name for c in clauses(text)] == ["select", "from", "join", "join"]
