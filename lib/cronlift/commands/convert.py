"""``cronlift convert``: one schedule as pg_cron expression, with the proof."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.errors import UsageError
from cronlift.model.document import SCHEMA_VERSION
from cronlift.model.plan import ScheduleVerdict
from cronlift.schedule import convert, explain, next_source_firings, zones

_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("convert", help=_HELP)(_convert)


_HELP = """Convert one schedule and prove that pg_cron fires it at the same instants.

Exit code 0: proved; 1: impossible, or this pg_cron would fire it at other instants; 2: the expression is wrong.
"""


def _convert(
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="The schedule as the application has it.")],
    source: Annotated[
        str, typer.Option("--from", help="The scheduler that reads it; a version may follow: oban@2.8.0.")
    ] = "oban",
    timezone: Annotated[str, typer.Option("--timezone", help="The zone the application reads it in.")] = "Etc/UTC",
    pg_cron: Annotated[str, typer.Option("--pg-cron", help="The server's pg_cron version.")] = "1.4",
    cron_timezone: Annotated[
        str, typer.Option("--cron-timezone", help="The server's cron.timezone (pg_cron 1.5 and later).")
    ] = "GMT",
    after: Annotated[
        str | None, typer.Option("--after", help="Show firings after this instant (ISO 8601); default: now.")
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    moment = _instant(after)
    verdict = convert(expression, source, timezone, pg_cron, cron_timezone)
    firings = next_source_firings(expression, moment, _SHOWN, source, timezone)
    if as_json:
        following = [explain.instant(firing) for firing in firings]
        answer = {"schema_version": SCHEMA_VERSION, **verdict.model_dump(mode="json"), "next_firings": following}
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        _print(verdict, firings, pg_cron, zones.zone(cron_timezone), moment)
    return 0 if verdict.equal == "proved" else 1


def _instant(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--after {text!r} is not an instant", do="write it as 2026-11-23T20:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(verdict: ScheduleVerdict, firings: list[datetime], pg_cron: str, server: tzinfo, moment: datetime) -> None:
    rows = [
        ("schedule", f"{verdict.source}  ({verdict.dialect}, {verdict.timezone})"),
        ("pg_cron", f"{verdict.pg_cron or 'none'}  (pg_cron {pg_cron})"),
        ("equal", f"{verdict.equal}; {verdict.horizon}" if verdict.horizon else verdict.equal),
        ("meaning", verdict.explanation),
        ("first difference", verdict.first_difference),
        ("guard", verdict.guard),
        *(("note", note) for note in verdict.notes if not verdict.explanation.endswith(note)),
        *(("also", line) for line in explain.running_differences(verdict.dialect)),
        *(("clock", line) for line in _clock_changes(verdict.timezone, moment)),
    ]
    output.table(("", ""), [(name, text) for name, text in rows if text])
    if firings:
        shown = [(_told(firing), _told(firing.astimezone(server))) for firing in firings]
        output.table((f"next firings in {verdict.timezone}", f"on the server ({server})"), shown)


def _told(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M %z}"


def _clock_changes(timezone: str, moment: datetime) -> list[str]:
    until = (moment + timedelta(days=366)).year
    return [line for line in explain.clock_changes(timezone, moment.year, until) if line[:10] >= f"{moment:%Y-%m-%d}"][
        :2
    ]
