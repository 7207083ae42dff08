"""``cron.timezone`` set where it changes nothing: pg_cron before 1.5 calls gmtime(); PostgreSQL takes any setting
with a dot in its name as a placeholder and shows it (measured on 1.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(world: World) -> Iterator[Flaw]:
    server = world.server
    said = server.get("cron_timezone_placeholder")
    if (
        server.get("cron_timezone") is None
        and said
        and server.get("library_loaded")
        and said not in ("GMT", "UTC", "Etc/UTC")
    ):
        yield Flaw(
            "warning",
            f"cron.timezone = {said!r} has no effect: pg_cron {world.version} reads every schedule in GMT, "
            "whatever SHOW says",
            "ALTER SYSTEM RESET cron.timezone;  -- and write the schedules in GMT, or upgrade pg_cron to 1.5 or later",
        )


RULE = Rule("cron.timezone set where it has no effect", server=_check)
