"""Every reason a verdict can have has a page in docs/reasons/ that says what it means and what to do."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "reasons"
READING = [
    p
    for name in ("elixir", "ecto", "sources", "stages")
    for p in sorted((ROOT / "lib" / "cronlift" / name).glob("*.py"))
]
# Calls whose first string is a reason's code, and calls whose second or `code=` one is.
MAKERS = {"problem", "_reason", "reason", "Reason"}
LOSSES = {"Loss", "loss"}
REFUSALS = {"NotKnownError", "RaisesError", "NoSqlError"}
# Refusals of a plan, which are not reasons of a verdict.
OF_A_PLAN = {"name-taken", "chain"}
# Made as a reason, and told as a loss.
A_LOSS = {"session-timeout"}


def literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def codes() -> dict[str, Path]:
    """The codes that the source names, with a file that does."""
    found: dict[str, Path] = {}
    for path in READING:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in LOSSES:
                    continue
                given = {k.arg: literal(k.value) for k in node.keywords}
                values = [given.get("code")]
                values += [literal(a) for a in node.args[:1]] if name in MAKERS else []
                values += [literal(a) for a in node.args[1:2]] if name in REFUSALS else []
                found |= {v: path for v in values if v}
            elif isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "code" for t in node.targets):
                found |= {v: path for v in [literal(node.value)] if v}
    kinds = ("http", "file", "shell", "process-state", "enqueue", "mail", "pubsub")
    return {c: p for c, p in found.items() if c not in OF_A_PLAN | A_LOSS} | {f"needs-app-{k}": ROOT for k in kinds}


def test_every_code_has_its_page() -> None:
    assert len(codes()) > 50
    missing = {code: path.name for code, path in codes().items() if not (PAGES / f"{code}.md").is_file()}
    assert missing == {}


def test_every_page_says_what_to_do_and_belongs_to_a_code() -> None:
    texts = (n for path in READING for n in ast.walk(ast.parse(path.read_text())))
    known = codes().keys() | {v for v in map(literal, (n for n in texts if isinstance(n, ast.Constant))) if v}
    index = (PAGES / "README.md").read_text()
    for page in PAGES.glob("*.md"):
        if page.name == "README.md":
            continue
        text = page.read_text()
        assert page.stem in known, page.name
        assert f"`{page.stem}`" in text and f"]({page.name})" in index, page.name
        parts = [text.partition(f"## {name}\n")[2].strip() for name in ("Problem", "Example", "What to do")]
        assert all(len(part) > 12 for part in parts), page.name
