"""Why a connection failed, said without repeating a word of libpq's.

libpq quotes the connection string when it cannot read it, and a string read wrongly puts pieces of the
password where the host should be (``postgres://u:p@ss@host`` asks for the host ``ss@host``). psycopg hands
out no SQLSTATE for a failed connection, so the text is looked at, never shown.
"""

from __future__ import annotations

from typing import NamedTuple

import psycopg

from cronlift.errors import ServerError


class Failure(NamedTuple):
    """``what`` happened and what to ``do``; ``what`` holds nothing but our own words."""

    what: str
    do: str


# Looked for in this order in the lower-cased text; the wording is libpq's and the server's own (PostgreSQL
# 12-17).
_KNOWN: tuple[tuple[tuple[str, ...], Failure], ...] = (
    (
        ("password authentication failed", "no password supplied", "scram", "pam authentication failed"),
        Failure(
            "the server did not accept the password",
            "put the right one into ~/.pgpass (mode 0600), the service file, or the variable",
        ),
    ),
    (
        ("is not permitted to log in",),
        Failure("the role may not log in", "connect as a role with LOGIN, or: ALTER ROLE … LOGIN"),
    ),
    (
        (
            "no pg_hba.conf entry",
            "pg_hba.conf rejects",
            "peer authentication failed",
            "ident authentication failed",
        ),
        Failure(
            "the server's pg_hba.conf does not let this role in from here",
            "use the role and host it allows, or ask who runs the server for an entry",
        ),
    ),
    (
        ("permission denied for database",),
        Failure("the role may not connect to it", "GRANT CONNECT ON DATABASE … TO …"),
    ),
    (
        ("remaining connection slots", "too many clients", "too many connections"),
        Failure("the server has no connection left", "try again, or close some"),
    ),
    (
        ("starting up", "shutting down", "not yet accepting", "recovery mode"),
        Failure("the server is starting or stopping", "wait a moment and run the same command again"),
    ),
    (
        ("definition of service", "service file"),
        Failure("libpq does not know that service", "add it to ~/.pg_service.conf, or name PGSERVICEFILE"),
    ),
    (
        ("unsupported startup parameter",),
        Failure("a connection pooler refused the connection", "connect to the server directly"),
    ),
    (
        ("ssl", "certificate", "gss"),
        Failure(
            "the server and libpq could not agree on encryption",
            "look at sslmode and the certificates; psql with the same settings shows the details",
        ),
    ),
    (
        ("timeout",),
        Failure("the server did not answer in time", "look at host, port and firewall"),
    ),
    (
        (
            "connection refused",
            "no such file or directory",
            "could not translate host name",
            "failed to resolve host",
            "network is unreachable",
            "no route to host",
            "is the server running",
        ),
        Failure("no server can be reached", "start it, or name another (host, port, socket folder)"),
    ),
)


LOST = Failure(
    "the connection to the server was lost; whether the last step was done is not known",
    "run the same command again when the server is back: it looks at what is there and finishes",
)
"""For a connection that was there and is gone (psycopg's OperationalError after the connecting)."""


def classify(text: str, *, needs_password: bool = False, used_password: bool = False) -> Failure:
    """What a failed connection's message means.

    ``needs_password`` and ``used_password`` are libpq's own flags; they hold whatever language the server
    speaks.
    """
    text = text.lower()
    if 'database "' in text and "does not exist" in text:
        return Failure("there is no such database on the server", "create it, or name another")
    if 'role "' in text and "does not exist" in text:
        return Failure("there is no such role on the server", "create it, or connect as another")
    for words, failure in _KNOWN:
        if any(word in text for word in words):
            return failure
    if needs_password or used_password:
        return _KNOWN[0][1]
    return Failure(
        "no connection to the server, for a reason cronlift does not know",
        "psql with the same settings says more (its message can hold pieces of the connection string)",
    )


def refusal(error: psycopg.Error) -> ServerError:
    """What the server refused after a connection stood, where no caller knew better (its own primary message, which
    repeats nothing of the connection string)."""
    said = error.diag.message_primary
    if said is None:
        return ServerError(LOST.what, do=LOST.do)
    do = "look at the server's log, then run the same command again"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        do = "let the owner or a superuser grant what is missing, or connect as a role that has it"
    elif isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        do = "this server takes no changes (a standby, or default_transaction_read_only): name the primary"
    return ServerError(f"the server refused: {said}", do=do)
