"""Evaluate one Elixir expression as the body of a function of a small application."""

from __future__ import annotations

import tempfile
from pathlib import Path

from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.project import Project
from cronlift.elixir.trace import Raised
from cronlift.elixir.values import Value


def evaluated(expression: str) -> Value:
    """The value of the expression where it does not raise; it must have exactly one."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "lib").mkdir()
        (root / "mix.exs").write_text("defmodule A.MixProject do\nend\n")
        (root / "lib" / "a.ex").write_text(f"defmodule A do\n  def run do\n    {expression}\n  end\nend\n")
        project = Project(root)
        module = project.module("A")
        assert module is not None
        values = [v for _, v in Evaluator(project).run(module, "run", ()) if not isinstance(v, Raised)]
        assert len(values) == 1, values
        return values[0]
