"""Schedules: what an application's cron expression means, the pg_cron entry that means the same, and the
proof.

Usable on its own::

    from cronlift.schedule import convert
    convert("0 5 1-7 * SUN").pg_cron      # '0 5 1-7 * */7'

``dialects`` read expressions, ``firings`` and ``dates`` are their exact meaning, ``zones`` and ``timeline``
lay it on UTC, ``convert`` finds a text and proves it, ``explain`` says it in words.
"""

from cronlift.schedule.collisions import Collision, collisions
from cronlift.schedule.convert import convert
from cronlift.schedule.dialects import BadExpression
from cronlift.schedule.upcoming import firings_between, next_firings, next_source_firings

__all__ = [
    "BadExpression",
    "Collision",
    "collisions",
    "convert",
    "firings_between",
    "next_firings",
    "next_source_firings",
]
