"""COPY to or from a client: there is none. pg_cron 1.4.2 in libpq mode loops for ever on COPY … TO STDOUT (measured:
the launcher uses a CPU, starts nothing else, and only an immediate shutdown ends it)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        if unit.kind != "CopyStmt" or unit.tree.get("filename"):
            continue
        direction = "FROM STDIN" if unit.tree.get("is_from") else "TO STDOUT"
        if unit.inside:
            what = "it fails at every run: a routine cannot COPY to or from a client"
        elif world.server.get("background_workers") == "on":
            what = "there is no client: what it would write is lost"
        else:
            what = "there is no client: it can hang the launcher, and with it every other entry"
        yield Flaw(
            "error",
            f"COPY … {direction}: {what}{unit.place}",
            f"-- write to a file on the server (COPY … TO '/path/file', needs pg_write_server_files), or take it out:\n"
            f"{unschedule(examined.entry)}",
        )


RULE = Rule("COPY with no client at the other end", entry=_check)
