"""pg_cron's launcher does not run: nothing is ever started. ``pg_terminate_backend`` of it (everybody is thrown out
before a CREATE DATABASE … TEMPLATE) stops it until the server restarts (measured on 1.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(world: World) -> Iterator[Flaw]:
    server = world.server
    if not server or world.clone:
        return
    if server["settings_readable"] and not server["library_loaded"]:
        yield Flaw(
            "error",
            "no entry runs: the extension is there, and the server has not loaded its library",
            "ALTER SYSTEM SET shared_preload_libraries = 'pg_cron';  -- beside those already in it; then "
            "restart the server",
        )
    elif server["in_recovery"]:
        yield Flaw(
            "advice", "this server is a standby: pg_cron starts nothing here until it is promoted", "-- nothing to do"
        )
    elif server["stats_readable"] and not server["launcher_seen"]:
        lost = [e.entry.username for e in world.examined if (login := world.login(e.entry)) and not login.role_exists]
        why = f": it stops at entries of a role that does not exist ({', '.join(sorted(set(lost)))})" if lost else ""
        fix = (
            "-- take out the entries of missing roles (below)"
            if lost
            else "-- restart the server (pg_ctl restart): the launcher starts with it"
        )
        yield Flaw("error", f"no entry runs: pg_cron's launcher is not running{why}", fix)
    if server.get("launch_active_jobs") == "off":
        yield Flaw(
            "error",
            "no entry runs: cron.launch_active_jobs is off",
            "ALTER SYSTEM RESET cron.launch_active_jobs;\nSELECT pg_reload_conf();",
        )


RULE = Rule("pg_cron's launcher does not run", server=_check)
