"""Every figure on the page comes out of a document: none is made by the page itself, but counts of what is listed."""

from __future__ import annotations

import pytest
from record_figures import untraced

from cronlift.record.run_folder import RunFolder


def test_every_figure_is_in_a_document(finished: RunFolder) -> None:
    assert untraced(finished) == []


@pytest.mark.parametrize("figure", ["4711 of 4712", "99.9 %", "0123456789abcdef0123"])
def test_one_that_is_in_none_is_found(finished: RunFolder, figure: str) -> None:
    text = finished.page.read_text(encoding="utf-8")
    finished.page.write_text(text.replace('<h2 id="jobs">', f'<p>{figure}</p><h2 id="jobs">'), encoding="utf-8")
    assert untraced(finished) != []
