"""The calendar plot."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from cronlift.errors import UsageError
from cronlift.schedule.calendar import year_plot


def cells(expression: str, **options: str) -> list[int]:
    """How many days of 2026 are: idle, in both, only in the application, only in pg_cron."""
    figure = year_plot(expression, 2026, **options)
    drawn = np.ma.masked_invalid(np.asarray(figure.axes[0].collections[0].get_array()))
    values = drawn.compressed().tolist()
    figure.savefig(BytesIO(), format="png")
    return [values.count(kind) for kind in range(4)]


def test_it_shows_what_copying_would_do() -> None:
    assert cells("0 5 1-7 * SUN") == [365 - 124, 12, 0, 112]  # 84 days of first weeks and 52 Sundays, 12 of them both
    assert cells("0 5 1-7 * SUN", text="0 5 1-7 * */7") == [353, 12, 0, 0]
    assert cells("0/30 5 1 1 *") == [364, 0, 1, 0]  # pg_cron refuses it


def test_only_what_has_instants_is_drawn() -> None:
    with pytest.raises(UsageError, match="has no instants to draw"):
        year_plot("@reboot", 2026)
