"""Strings of the application and of the database are shown, never obeyed: terminal, HTML, SQL, documents."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from html.parser import HTMLParser
from pathlib import Path

import pgparse
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import small

from cronlift.commands import output
from cronlift.commands.bug_report import scrubbed
from cronlift.commands.main import main
from cronlift.generate.quoting import quote_ident, quote_literal
from cronlift.notebook.display import Badge, Code, Fold, Listing, Noted, Say, Table, block

HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\x1b[2J\x1b]8;;http://x\x07link\x1b]8;;\x07",
    "\u202egnp.exe",
    "[bold red]x[/]", ":smile:", "{{ 7*7 }}", "{% raw %}", "a\rb", "\x9b31m", "\u2066x\u2069",
    "'; DROP TABLE t; --", "$$", "$body$",
    "\ud800", "\udcff", "\0", "</pre></details>", "javascript:alert(1)", "&lt;b&gt;", "\n\n# heading", "![x](http://x)",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff]")
"""What steers a terminal, turns the order of letters, or cannot be written at all; tab and line feed may stay."""


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


def _tags(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.seen


def _shown(text: str) -> tuple[str, str]:
    parts = (
        Say(text, "red"),
        Table((text, "b"), [[text, Badge(text, "green")], [Code(text), Noted(text, text)]]),
        Listing(text, text),
        Fold(text, Table((text,), [[text]])),
    )
    made = block(*parts)
    return made.html, made.text


@settings(deadline=None, max_examples=300)
@given(texts.filter(bool))
def test_html_holds_our_tags_only_and_nothing_that_steers(text: str) -> None:
    html, plain = _shown(text)
    assert _tags(html) == _tags(_shown("x")[0])
    assert not _CONTROL.search(html)
    assert not _CONTROL.search(plain)
    html.encode()
    plain.encode()


@settings(deadline=None, max_examples=300)
@given(texts)
def test_the_terminal_gets_no_sequence_and_no_markup(text: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        output.table(("a",), [(text,)])
        output.say(text)
        output.complain(text)
    for stream in (out, err):
        assert not _CONTROL.search(stream.getvalue())
        stream.getvalue().encode()
    for markup in ("[bold red]x[/]", ":smile:"):
        if text == markup:
            assert markup in out.getvalue()


@settings(deadline=None, max_examples=400)
@given(texts.filter(lambda t: t and "\0" not in t and not re.search(r"[\ud800-\udfff]", t)), texts)
def test_names_and_texts_in_sql_stay_what_they_are(name: str, text: str) -> None:
    name = name.encode()[:63].decode(errors="ignore") or "x"  # PostgreSQL cuts what is longer
    (tree,) = pgparse.parse(f"SELECT 1 AS {quote_ident(name)}")
    assert tree["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["name"] == name
    text = re.sub(r"[\0\ud800-\udfff]", "", text)
    (tree,) = pgparse.parse(f"SELECT {quote_literal(text)}")
    value = tree["stmt"]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]["A_Const"]
    assert value.get("sval", {}).get("sval", "") == text


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=5, max_size=30))
def test_a_password_does_not_come_through_a_report(password: str) -> None:
    if re.search(r"\s", password) or "***" in password:
        return
    for text in (f"postgres://u:{password}@h/d ", f"password='{password}' "):
        if "'" in password or "\\" in password:
            continue
        assert password not in scrubbed(f"failed: {text}"), text


def test_a_hostile_application_is_shown_harmless(tmp_path: Path) -> None:
    """Through the program: a worker, an argument, a schedule and a path that are up to no good."""
    app = tmp_path / "app\x1b[31m"
    worker = (
        b"defmodule A.W do\n  use Oban.Worker\n  def perform(_job) do\n"
        b"    A.Repo.query!(\"DELETE FROM t WHERE a = '<script>\\e[2J\\u202E'\")\n    :ok\n  end\nend\n"
    )
    small(app, worker)
    config = app / "config" / "config.exs"
    entry = '{"0 * * * *", A.W, args: %{"<img onerror=x>" => "\\e]8;;http://x\\a\\u202E"}}'
    config.write_text(config.read_text().replace('{"0 * * * *", A.W}', entry + ',\n {"\\e[1m<b>", A.W}'))
    (app / "lib" / "<b>\x1b[1m.ex").write_bytes(b"crontab: Plugins.Cron (")
    for verb in ("inventory", "classify"):
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            assert main([verb, "--app", str(app)]) == 0
        assert not _CONTROL.search(out.getvalue() + err.getvalue())
        plain = io.StringIO()
        with redirect_stdout(plain):
            assert main([verb, "--app", str(app), "--json"]) == 0
        jobs = json.loads(plain.getvalue())["jobs"]
        assert [job["id"].split("/")[0] for job in jobs] == ["oban:A.W"] * len(jobs)
        assert not _CONTROL.search(plain.getvalue().replace("\n", ""))
