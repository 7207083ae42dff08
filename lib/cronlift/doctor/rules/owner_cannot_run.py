"""The role an entry runs as, or its database, is gone or lets nobody in.

A missing role stops the whole scheduler: the launcher dies with ``role "…" does not exist`` once a second, inactive
entries included, and no row is written (measured on 1.4.2; pg_cron issue 399).
"""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter, identifier, unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry, login = examined.entry, world.login(examined.entry)
    if login is None:
        return
    role, database = identifier(entry.username), identifier(entry.database)
    if not login.role_exists:
        yield Flaw(
            "error",
            f"the role {entry.username} does not exist: the launcher stops at this entry, and NO entry of this server "
            "runs (setting it inactive does not help)",
            f"DELETE FROM cron.job WHERE jobid = {entry.jobid};  -- or: CREATE ROLE {role} LOGIN;",
        )
    elif not entry.active:
        return
    elif not login.database_exists:
        yield Flaw(
            "error",
            f"it never runs: the database {entry.database} does not exist",
            f"-- if it was renamed:\n{alter(entry, database='…')}\n-- else:\n{unschedule(entry)}",
        )
    elif not login.can_login:
        yield Flaw("error", f"it never runs: the role {entry.username} may not log in", f"ALTER ROLE {role} LOGIN;")
    elif not login.allows_connections:
        text = f"it never runs: the database {entry.database} takes no connections"
        yield Flaw("error", text, f"ALTER DATABASE {database} ALLOW_CONNECTIONS true;")
    elif not login.may_connect and not login.superuser:
        text = f"it never runs: the role {entry.username} may not connect to the database {entry.database}"
        yield Flaw("error", text, f"GRANT CONNECT ON DATABASE {database} TO {role};")
    elif login.connection_limit == 0 and not login.superuser:
        text = f"it never runs: the role {entry.username} may have no connection (CONNECTION LIMIT 0)"
        yield Flaw("error", text, f"ALTER ROLE {role} CONNECTION LIMIT -1;")


RULE = Rule("The entry's role or database does not let it in", entry=_check, inactive_too=True)
