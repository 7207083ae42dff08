"""How large the records of runs have become: pg_cron deletes nothing from its history by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cronlift.generate.quoting import Name, template
from cronlift.model.monitoring import HistorySize, Signal
from cronlift.monitor.alarms import Limits, attention, red
from cronlift.monitor.runs import rows_of
from cronlift.monitor.words import iso, size
from cronlift.postgres.server import Connection


def measure(connection: Connection, schema: str, table: str, oldest: datetime | None, *, pruned: bool) -> HistorySize:
    """One table of runs, in the connected database."""
    name = Name(schema, table)
    row = rows_of(connection, template("monitor/size", table=name), {"name": name.text()})[0]
    return HistorySize(
        database=connection.info.dbname,
        table=f"{schema}.{table}",
        rows=row["rows"],
        bytes=row["bytes"],
        oldest=iso(oldest),
        pruned=pruned,
    )


def signals(sizes: Sequence[HistorySize], limits: Limits) -> Iterator[Signal]:
    """Red: too large, and nothing deletes from it."""
    for one in sizes:
        if one.rows < limits.history_rows:
            continue
        text = f"{one.table} in {one.database} holds {one.rows:,} rows ({size(one.bytes)})"
        if one.pruned:
            yield attention("history-size", f"{text}, although an entry deletes from it", "keep fewer days of it")
        else:
            yield red(
                "history-size",
                f"{text}, and no entry deletes from it: it grows for ever",
                "plan an entry that deletes what is old: cronlift retention --run DIR",
            )
