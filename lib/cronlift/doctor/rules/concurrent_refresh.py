"""REFRESH … CONCURRENTLY of a view without a usable unique index, or one that was never filled (matview.c)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import identifier
from cronlift.doctor.rules.protocol import Flaw, Rule, Weight
from cronlift.doctor.world import World
from cronlift.sql import tree


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        if unit.kind != "RefreshMatViewStmt" or unit.guarded:
            continue
        for access in tree.accesses(unit):
            view = examined.relations.get(access.written)
            if view is None or view.kind != "m":
                continue
            weight: Weight = "warning" if unit.conditional or unit.caught else "error"
            name = f"{identifier(view.schema)}.{identifier(view.name)}" if view.schema else identifier(view.name)
            if unit.tree.get("concurrent") and not view.unique_index:
                some = next(iter(view.columns or {}), "id")
                key = "id" if view.columns and "id" in view.columns else some
                yield Flaw(
                    weight,
                    f"it fails at every run: CONCURRENTLY needs a unique index on {view.full_name}, without WHERE and "
                    f"on columns only{unit.place}",
                    f"CREATE UNIQUE INDEX ON {name} ({identifier(key)});  -- or the columns that tell its rows apart",
                )
            elif unit.tree.get("concurrent") and not view.populated:
                yield Flaw(
                    weight,
                    f"it fails at every run: {view.full_name} was never filled (WITH NO DATA), and CONCURRENTLY needs "
                    f"what it holds{unit.place}",
                    f"REFRESH MATERIALIZED VIEW {name};",
                )


RULE = Rule("A concurrent refresh that cannot work", entry=_check)
