"""The entry cannot connect. In libpq mode pg_cron connects as any client, with no password (``cron.host``, default
localhost; pg_cron.c): pg_hba.conf must let the role in without one, or the server's account have a .pgpass."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import HbaRule, Login, World

_NEEDS_PASSWORD = {"scram-sha-256", "md5", "password", "ldap", "pam", "radius", "bsd"}
_FIX = (
    "ALTER SYSTEM SET cron.use_background_workers = on;  -- needs no connection; restart the server\n"
    "-- or let the role in: a line in pg_hba.conf above the one that matches, or ~/.pgpass of the server's account"
)


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    runs = world.history.get(entry.jobid, ()) if entry.jobid is not None else ()
    if runs and runs[0].status == "failed" and runs[0].message.strip().startswith("connection failed"):
        yield Flaw(
            "error", "it cannot connect: its last run ended with 'connection failed', before its first statement", _FIX
        )
        return
    login = world.login(entry)
    if login is None or world.server.get("background_workers") != "off" or any(r.status == "succeeded" for r in runs):
        return
    rule = matching(entry, login, world)
    if rule is not None and (rule.method == "reject" or _wrong_peer(rule, login)):
        line = f"{rule.type} {','.join(rule.databases)} {','.join(rule.users)} {rule.address} {rule.method}".replace(
            "  ", " "
        )
        yield Flaw(
            "error", f"it cannot connect: pg_hba.conf has '{line}' for {entry.username} in {entry.database}", _FIX
        )


def _wrong_peer(rule: HbaRule, login: Login) -> bool:
    """``peer`` lets the server's own account in as the role of its name, by default the one initdb made."""
    return (
        rule.method in ("peer", "ident") and not login.bootstrap and not any(o.startswith("map=") for o in rule.options)
    )


def matching(entry: Entry, login: Login, world: World) -> HbaRule | None:
    """The line of pg_hba.conf that decides about the entry's connection; None where it is not known."""
    host = str(world.server.get("host") or "")
    if world.hba is None or (entry.nodename not in ("", "localhost", "127.0.0.1", "::1") and entry.nodename != host):
        return None
    socket = entry.nodename == "" or host == "" or host.startswith("/")
    for rule in world.hba:
        if (rule.type == "local") != socket or rule.type == "hostssl":
            continue
        if not socket and rule.address not in (
            "all",
            "samehost",
            "samenet",
            "127.0.0.1",
            "::1",
            "localhost",
            "0.0.0.0",  # noqa: S104 (as pg_hba.conf writes it)
        ):
            continue
        of_database = {"all", entry.database} | ({"sameuser"} if entry.username == entry.database else set())
        if not of_database & set(rule.databases):
            continue
        if any(user.startswith(("+", "/")) for user in rule.users):
            return None
        if {"all", entry.username} & set(rule.users):
            return rule
    return None


def _passwords(world: World) -> Iterator[Flaw]:
    """Roles that need a password, none of whose entries ever ran: one remark for the server."""
    if world.server.get("background_workers") != "off":
        return
    waiting = set()
    for examined in world.examined:
        entry, login = examined.entry, world.login(examined.entry)
        runs = world.history.get(entry.jobid, ()) if entry.jobid is not None else ()
        rule = matching(entry, login, world) if login and entry.active else None
        if rule and rule.method in _NEEDS_PASSWORD and not runs:
            waiting.add(f"{entry.username} ({rule.method})")
    if waiting:
        text = (
            "entries that never ran yet connect as roles of which pg_hba.conf asks a password, and pg_cron gives none"
        )
        yield Flaw("advice", f"{text}: {', '.join(sorted(waiting))}", _FIX)


RULE = Rule("The entry cannot connect", entry=_check, server=_passwords)
