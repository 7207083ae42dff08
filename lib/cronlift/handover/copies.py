"""disarm: in a copy of a managed database, every gate is shut for good.

A restored or cloned database runs nothing by itself, since its gates name another database. A physical copy (a promoted
standby, a restored base backup) is told from the original by nothing that a failover keeps: there a person must say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.generate import managed
from cronlift.generate.quoting import template, text_of
from cronlift.handover import gate
from cronlift.handover.operation import instant
from cronlift.installation import refusal, state
from cronlift.model.handover import GateState, Hand, Handover
from cronlift.postgres.server import Server


def disarm(server: Server, *, apply: bool, physical_copy: bool = False) -> Handover:
    """Shut all gates of the connected database; without ``apply`` only say so.

    Raises SafetyError where the gates are this very database's, unless a person says that it is a physical copy.
    """
    connection = server.connect(read_only=not apply)
    try:
        if not state.has_schema(connection):
            raise SafetyError("no job of this database is behind a gate", do="there is nothing to disarm")
        known = connection.execute(resources.sql("handover/all_rows")).fetchall()
        if any(here for _, _, here, _ in known) and not physical_copy:
            raise SafetyError(
                "the gates are this very database's; nothing was changed",
                where=f"database {connection.info.dbname}",
                do="cronlift jobs give-back returns the jobs to the application; if this server is a physical copy of "
                "another, say so with --physical-copy",
            )
        flat = [str(entry) for *_, entry in known if entry is not None]
        if apply:
            _silence(server, flat, connection.info.dbname)
            connection.execute(resources.sql("handover/disarm"))
        now = gate.clock(connection)
        if apply:
            connection.commit()
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {connection.info.dbname}") from None
    finally:
        connection.close()
    return Handover(
        plan_hash="",
        verb="disarm",
        applied=apply,
        at=instant(now) or "",
        jobs=tuple(_hand(str(job), before) for job, before, *_ in known),  # type: ignore[arg-type]
        notes=(
            "pg_cron runs none of these jobs in this database, and the fence lets the application's rows pass",
            *(f"flattened, so its entry {'is' if apply else 'would be'} made inactive: {entry}" for entry in flat),
        ),
    )


def _silence(server: Server, names: Sequence[str], database: str) -> None:
    """Flattened entries ask no gate: they are made inactive, before the gates are shut.

    In a copy that was started without pg_cron its functions cannot be called, and its trigger neither: the statement
    for that is in the message.
    """
    if not names:
        return
    connection = server.connect_cron(read_only=False)
    try:
        connection.execute(resources.sql("handover/silence"), {"names": list(names), "database": database})
        connection.commit()
    except psycopg.Error as error:
        raise SafetyError(
            "flattened entries ask no gate, and they could not be made inactive; nothing was changed: "
            + (error.diag.message_primary or type(error).__name__),
            where=f"database {connection.info.dbname}: {', '.join(names)}",
            do=f"as a superuser there, then run the same command again:\n{_by_superuser(names)}",
        ) from None
    finally:
        connection.close()


def _hand(job: str, before: GateState) -> Hand:
    return Hand(job=job, before=before, after="disarmed")


def _by_superuser(names: Sequence[str]) -> str:
    return text_of(template("handover/silence_unloaded", names=managed.array(names))) + ";"
