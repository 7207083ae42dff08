"""Finding files and modules without reading what nobody asks for."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from cronlift import collector
from cronlift.elixir.project import Project
from cronlift.errors import UsageError


def project(root: Path, **files: str) -> Project:
    (root / "lib").mkdir()
    (root / "mix.exs").write_text("defmodule A.MixProject do\nend\n")
    for name, text in files.items():
        (root / "lib" / f"{name}.ex").write_text(text)
    return Project(root)


def test_calls_are_found_by_the_last_name(tmp_path: Path) -> None:
    app = project(
        tmp_path,
        plain="Worker.new(%{})\n",
        nested="A.Worker\n  .new(%{})\nA.Deep.Worker.new()",
        other="BigWorker.new(%{})\nWorker.renew()\n",
        none="defmodule A do\nend\n",
    )
    assert app.calling("new", {"Worker"}) == ["lib/nested.ex", "lib/plain.ex"]
    assert app.calling("new", {"BigWorker", "Absent"}) == ["lib/other.ex"]


def test_a_module_named_in_the_middle_of_a_line_is_none(tmp_path: Path) -> None:
    app = project(tmp_path, real="  defmodule A.B do\n  end\n", said='# defmodule A.C do\n@doc "defmodule A.D do"\n')
    assert app.module("A.B") is not None
    assert app.module("A.C") is None and app.module("A.D") is None
    assert not app.problems


def test_a_link_inside_is_followed_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside.ex"
    outside.write_text("defmodule Out do\nend\n")
    (tmp_path / "app").mkdir()
    app = project(tmp_path / "app", real="defmodule Real do\nend\n")
    (app.root / "lib" / "inside.ex").symlink_to("real.ex")
    (app.root / "lib" / "out.ex").symlink_to(outside)
    assert list(app.files()) == ["lib/inside.ex", "lib/out.ex", "lib/real.ex"]
    assert app.source("lib/inside.ex") == b"defmodule Real do\nend\n"
    with pytest.raises(UsageError, match="leads out of the application"):
        app.source("lib/out.ex")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    app = project(tmp_path)
    os.mkfifo(tmp_path / "lib" / "pipe.ex")
    assert list(app.files()) == ["lib/pipe.ex"]
    with pytest.raises(UsageError, match="not a file"):
        app.source("lib/pipe.ex")


def test_the_collector_is_as_it_was_after_a_patient_block() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), collector.patient():
        with collector.patient():
            assert gc.get_threshold()[0] > before[0]
        assert gc.get_threshold()[0] > before[0]
        _ = 1 / 0
    assert gc.get_threshold() == before
