"""Comparing what two texts of SQL leave in every table: instants may differ by 15 minutes (but one with a fraction of
a second never equals one without), a generated UUID equals any."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import psycopg

DATA = Path(__file__).parent / "application"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)?")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_NEAR = 900.0

State = dict[str, list[dict[str, Any]]]


def state_after(connection: psycopg.Connection[Any], statements: str) -> State | str:
    """Every table after the statements, which are then taken back; the error's text where one fails."""
    connection.execute("SAVEPOINT before")
    try:
        connection.execute((DATA / "reset.sql").read_text())
        if statements.strip():
            connection.execute(statements)
        row = connection.execute((DATA / "state.sql").read_text()).fetchone()
        assert row is not None
        state: State = row[0] if isinstance(row[0], dict) else json.loads(str(row[0]))
        return state
    except psycopg.Error as error:
        return str(error)
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT before")


def differences(expected: State, found: State) -> dict[str, tuple[list[Any], list[Any]]]:
    """By table the rows that only one side has (ids are left out of the second look: sequences run on)."""
    out = {}
    for table, rows in expected.items():
        left, right = _unmatched(rows, found[table])
        if left and len(left) == len(right):
            left, right = _unmatched([_without_id(r) for r in left], [_without_id(r) for r in right])
        if left or right:
            out[table] = (left[:2], right[:2])
    return out


def _without_id(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k != "id"}


def _unmatched(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    waiting: dict[str, list[int]] = {}
    for i, row in enumerate(right):
        waiting.setdefault(json.dumps(row, sort_keys=True), []).append(i)
    used: set[int] = set()
    rest = []
    for row in left:
        same = waiting.get(json.dumps(row, sort_keys=True))
        if same:
            used.add(same.pop())
        else:
            rest.append(row)
    others = [row for i, row in enumerate(right) if i not in used]
    missing = []
    for row in rest:
        match = next((o for o in others if _alike(row, o)), None)
        if match is None:
            missing.append(row)
        else:
            others.remove(match)
    return missing, others


def _alike(a: Any, b: Any) -> bool:
    if a == b:
        return True
    if isinstance(a, str) and isinstance(b, str):
        x, y = _INSTANT.fullmatch(a), _INSTANT.fullmatch(b)
        if x and y:
            return _fraction(x) == _fraction(y) and abs((_instant(x) - _instant(y)).total_seconds()) < _NEAR
        return bool(_UUID.fullmatch(a) and _UUID.fullmatch(b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool) and type(b) is not bool:
        return abs(a - b) < 1e-9 or (min(a, b) > 1.7e9 and abs(a - b) < _NEAR)
    return False


def _fraction(match: re.Match[str]) -> bool:
    return bool((match.group(3) or "").strip(".0"))


def _instant(match: re.Match[str]) -> dt.datetime:
    zone = match.group(4) or ""
    at = dt.datetime.fromisoformat(f"{match.group(1)}T{match.group(2)}")
    if zone and zone != "Z":
        sign = 1 if zone[0] == "+" else -1
        digits = zone[1:].replace(":", "")
        at -= sign * dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return at
