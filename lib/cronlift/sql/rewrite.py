"""Editing a statement's text at the places its parse tree names; every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping

import pgparse

from cronlift.sql.facts import walk


def replace_parameters(sql: str, values: Mapping[int, str]) -> str:
    """The statement with ``$n`` replaced by ``values[n]`` where there is one (offsets are bytes, as the parser's)."""
    data = sql.encode()
    places = {(n["location"], n["number"]) for k, n in walk(pgparse.parse(sql)) if k == "ParamRef" and "location" in n}
    for location, number in sorted(places, reverse=True):
        token = f"${number}".encode()
        if number in values and data[location : location + len(token)] == token:
            data = data[:location] + values[number].encode() + data[location + len(token) :]
    return data.decode()
