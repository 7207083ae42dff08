"""What cannot be read is named, and the rest of the application is analysed all the same."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from mutations import small

from cronlift.errors import UsageError
from cronlift.stages.classify import classify
from cronlift.stages.inventory import inventory

WORKER = b"""defmodule A.W do
  use Oban.Worker
  def perform(_job) do
    A.Repo.query!("DELETE FROM t")
    :ok
  end
end
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    small(tmp_path / "a", WORKER)
    return tmp_path / "a"


def _write(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(20 * 1024 * 1024)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_write(b"defmodule A.X do\n  def f( do\nend\n"), "does not parse"),
        (_write(b"defmodule A.X do\n  @a '\xff\xfe'\nend\n"), "the file is not UTF-8"),
        (_sparse, "the file is larger than 4 MiB"),
        (lambda path: path.symlink_to(path.name), "cannot read the file"),
        (lambda path: path.symlink_to("/etc/hostname"), "a link leads out of the application"),
        (lambda path: path.symlink_to("nowhere.ex"), "cannot read the file"),
        (os.mkfifo, "this is not a file"),
    ],
    ids=["syntax", "utf-8", "20 MB", "link to itself", "link out", "link to nothing", "pipe"],
)
@pytest.mark.parametrize("place", ["lib/x.ex", "config/prod.exs"])
def test_one_bad_file_is_listed_and_the_rest_is_analysed(
    application: Path, make: Callable[[Path], object], why: str, place: str
) -> None:
    if place.startswith("config"):
        with (application / "config" / "config.exs").open("a") as stream:
            stream.write('\nimport_config "#{config_env()}.exs"\n')
    else:
        # A file is read when something in it is asked for: here a crontab that might be in it.
        with (application / "config" / "config.exs").open("a") as stream:
            stream.write('\n# {"0 * * * *", A.X}\n')
    make(application / place)
    if place == "lib/x.ex" and why == "does not parse":
        with (application / place).open("ab") as stream:
            stream.write(b"# crontab: Oban.Plugins.Cron\n")
    judged = classify(application)
    assert [(job.id, job.verdict) for job in judged.jobs] == [("oban:A.W", "pure_sql")]
    listed = {(place.file, place.why) for place in judged.not_analysed}
    listed |= {(place, w) for _, w in listed if w == f"{place} is imported and does not exist"}  # a link to nothing
    assert any(file == place and (why in w or w.endswith("does not exist")) for file, w in listed), listed


def test_names_that_are_not_text_are_listed_and_can_be_written_down(application: Path) -> None:
    (application / "lib" / os.fsdecode(b"\xff\x1b[31m.ex")).write_bytes(WORKER)
    found = inventory(application)
    assert [(p.file, p.why) for p in found.not_analysed] == [("lib/\\xff\x1b[31m.ex", "the file's name is not UTF-8")]
    found.to_json().encode()


def test_a_folder_loop_ends(application: Path) -> None:
    (application / "lib" / "again").symlink_to("..", target_is_directory=True)
    (application / "config" / "again").symlink_to(".", target_is_directory=True)
    assert [job.verdict for job in classify(application).jobs] == ["pure_sql"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/etc/*", "a file outside of the application is imported"),
        ("../../*", "a file outside of the application is imported"),
        ("", "this is not a file"),
        ("a\\0b", "config/a\0b is imported and does not exist"),
        ("[", "config/[ is imported and does not exist"),
        ("**", "this is not a file"),
        ("nowhere.exs", "config/nowhere.exs is imported and does not exist"),
    ],
)
def test_configuration_is_imported_from_the_application_only(application: Path, path: str, why: str) -> None:
    with (application / "config" / "config.exs").open("a") as stream:
        stream.write(f'\nimport_config "{path}"\n')
    found = inventory(application)
    assert [job.id for job in found.jobs] == ["oban:A.W"]
    assert why in {p.why for p in found.not_analysed}


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, who then becomes somebody with fewer permissions")
def test_what_permissions_hide_is_listed(application: Path) -> None:
    (application / "lib" / "hidden").mkdir()
    (application / "lib" / "hidden" / "y.ex").write_text("crontab: Plugins.Cron")
    (application / "lib" / "z.ex").write_text("crontab: Plugins.Cron")
    above = [p for p in application.parents if Path(tempfile.gettempdir()) in p.parents]
    for path in (application, *above):
        path.chmod(0o755)
    (application / "lib" / "hidden").chmod(0)
    (application / "lib" / "z.ex").chmod(0)
    program = (
        "import os, sys; from pathlib import Path; from cronlift.stages.inventory import inventory\n"
        "inventory(Path(sys.argv[1]))  # nobody may not import what is imported late\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "found = inventory(Path(sys.argv[1]))\n"
        "print([j.id for j in found.jobs], sorted((p.file, p.why) for p in found.not_analysed))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, str(application)], capture_output=True, text=True, check=False
    )
    assert shown.stderr == ""
    assert shown.stdout.strip() == (
        "['oban:A.W'] [('lib/hidden', 'cannot read the folder: Permission denied'), "
        "('lib/z.ex', 'cannot read the file: Permission denied')]"
    )


def test_a_folder_that_is_no_application_is_refused_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "umbrella" / "shop").mkdir(parents=True)
    (tmp_path / "umbrella" / "shop" / "mix.exs").write_text("")
    with pytest.raises(UsageError, match=r"neither mix\.exs nor config/") as caught:
        inventory(tmp_path / "umbrella")
    assert caught.value.do == "name one of the applications in it: shop"
