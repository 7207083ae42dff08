"""Figures as SVG text: the same figure gives the same bytes."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import rc_context


def svg(figure: Any, salt: str) -> str:
    """A figure as an ``<svg>`` element; the same figure and ``salt`` give the same bytes."""
    drawn = io.StringIO()
    with rc_context({"svg.hashsalt": salt}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :]
