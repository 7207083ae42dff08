"""record.html: complete, self-contained, and nothing in it comes alive."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from cronlift.model.plan import Plan
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import PLACES, tally

ADDRESS = {"src", "href", "srcset", "action", "data", "poster", "background", "formaction", "xlink:href"}
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """Collects addresses, elements and text; complains about an element that is closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: list[str] = []
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESS]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture
def page(finished: RunFolder) -> Reader:
    reader = Reader()
    reader.feed(finished.page.read_text(encoding="utf-8"))
    reader.close()
    return reader


def test_it_asks_for_nothing_and_runs_nothing(page: Reader, finished: RunFolder) -> None:
    for address in (a for a in page.addresses if not a.startswith("#")):  # a file of the record, beside the page
        assert (finished.path / unquote(address)).is_file(), address
    assert page.handlers == []
    assert not {"script", "link", "iframe", "object", "img"} & set(page.elements)
    text = finished.page.read_text(encoding="utf-8")
    style = "".join(re.findall(r"<style.*?</style>", text, re.DOTALL))
    assert not re.search(r"url\(|@import", style)
    assert "default-src 'none'" in text


def test_its_markup_is_closed(page: Reader) -> None:
    assert page.open == []


def test_what_an_application_says_stays_text(page: Reader) -> None:
    words = "".join(page.words)
    assert "<script>alert(1)</script>" in words


@pytest.mark.parametrize(
    "text",
    [
        "1 job moved to the database and verified; there are remarks to read",
        "shop/baskets-cleanup",
        "CALL shop.clean_baskets()",
        "DELETE FROM",
        "the application still runs it",
        "refused: fires at other instants",
        "the list comes from a function",
        "a log line",
        "DROP PROCEDURE",
        "defmodule Shop.Move",
        "2026-01-02 03:04:05 UTC",
        "ffffffffffff",
    ],
)
def test_it_holds_what_a_reviewer_asks_for(page: Reader, text: str) -> None:
    words = re.sub(r"\s+", " ", "".join(page.words))
    assert text in words


def test_counts_add_up(finished: RunFolder) -> None:
    record = tally(finished)
    assert sum(record.counts.values()) == len(record.rows)
    assert record.counts == dict(zip(PLACES, (1, 1, 1, 2, 1, 1), strict=True))
    html = finished.page.read_text(encoding="utf-8")
    assert record.equation in html


def test_what_was_verified_for_an_earlier_plan_is_not_said_of_this_one(finished: RunFolder) -> None:
    assert [row.state for row in tally(finished).rows if row.place == "moved"] == ["verified, with remarks"]
    with finished.writing():
        finished.write_document(finished.read(Plan).model_copy(update={"warnings": ("another",)}))
    assert [row.state for row in tally(finished).rows if row.place == "moved"] == ["planned"]
    assert "nothing was installed" in finished.page.read_text(encoding="utf-8")


def test_a_stopped_run_says_so(finished: RunFolder) -> None:
    from cronlift.record.close import close

    with finished.writing():
        close(finished, stopped="no server\n  do:    start one", exit_code=3)
    assert "The run stopped: no server" in finished.page.read_text(encoding="utf-8")
