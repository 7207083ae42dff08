"""Why an act was not done, in one message: what is in the way, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import psycopg

from cronlift.errors import SafetyError, ServerError
from cronlift.installation.patience import GaveUpError
from cronlift.installation.state import Found
from cronlift.postgres import failures

_NOTHING = {"install": "nothing was changed", "rollback": "nothing was removed"}


def check(found: Sequence[Found], way: Literal["install", "rollback"], *, edited: bool) -> None:
    """Raises SafetyError, with the differences, where an object under a planned name is somebody else's, or was edited
    since it was installed and nobody said that this is to go (``edited``)."""
    foreign = [f for f in found if f.state == "foreign"]
    if foreign:
        what = (
            "there is something else under a planned name"
            if way == "install"
            else ("an object of a planned name is not the one cronlift installed")
        )
        raise SafetyError(
            f"{what}; {_NOTHING[way]}",
            where=_shown(foreign),
            do="rename or remove it, or choose another name in decisions.yaml and generate again",
        )
    changed = [f for f in found if f.state == "edited"]
    if changed and not edited:
        option = "--overwrite-edited" if way == "install" else "--drop-edited"
        raise SafetyError(
            f"an object was edited since it was installed; {_NOTHING[way]}",
            where=_shown(changed),
            do=f"undo the edit; or, if it may be lost, run the same command with {option}",
        )


def unexpected(wrong: Sequence[Found]) -> None:
    """Raises SafetyError where what came out is not what was planned."""
    if wrong:
        raise SafetyError(
            "the server made something else of the plan; it was rolled back",
            where=_shown(wrong),
            do="look for triggers on what the plan touches; if default privileges changed, generate again",
        )


def locked(gave_up: GaveUpError, database: str, *, after_first: bool) -> ServerError:
    """The error for a lock that was not to be had."""
    holders = gave_up.holders or ("who holds the lock was not to be seen",)
    return ServerError(
        f"waited {gave_up.seconds:.0f} s for a lock that others hold{_so_far(after_first=after_first)}",
        where="; ".join([f"database {database}", *holders]),
        do="wait until they are done (or ask them to end their transaction), then run the same command again",
    )


def refused(error: psycopg.Error, where: str, *, after_first: bool = False, lost: bool = False) -> ServerError:
    """The server's refusal as one message."""
    if lost:
        return ServerError(failures.LOST.what, where=where, do=failures.LOST.do)
    message = (error.diag.message_primary or type(error).__name__).splitlines()[0]
    do = "look at the server's log; a second run does what is missing"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        do = (
            "the same command without --apply lists every right that is needed, with its GRANT; or let a DBA run up.sql"
        )
    return ServerError(f"the server refused: {message}{_so_far(after_first=after_first)}", where=where, do=do)


def _so_far(*, after_first: bool) -> str:
    return "; the other database is done, and a second run finishes" if after_first else "; nothing was changed"


def _shown(found: Sequence[Found]) -> str:
    return "\n         ".join(
        line for f in found for line in (f"{f.object.replace('_', ' ')} {f.name} in database {f.database}", *f.diff)
    )
