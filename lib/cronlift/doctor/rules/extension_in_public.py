"""pg_cron installed into schema ``public`` (where version 1.4 and older go by themselves): ``DROP SCHEMA public
CASCADE``, which test set-ups and resets like to do, drops the extension and every entry with it."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(world: World) -> Iterator[Flaw]:
    if world.server.get("extension_schema") == "public":
        text = "pg_cron lives in the schema public: DROP SCHEMA public CASCADE would drop it, and every entry with it"
        yield Flaw("advice", text, "-- on a new server: CREATE EXTENSION pg_cron WITH SCHEMA pg_catalog;")


RULE = Rule("pg_cron lives in the schema public", server=_check)
