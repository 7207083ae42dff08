"""The patch for the app's configuration, judged by git itself and by tree-sitter."""

import subprocess
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_elixir

from cronlift.generate import patch
from cronlift.generate.refusal import RefusalError
from cronlift.model.job import ConfigEntry, Job, Options

LANGUAGE = tree_sitter.Language(tree_sitter_elixir.language())

CONFIG = """\
import Config

config :shop, Oban,
  plugins: [
    {Oban.Plugins.Pruner, max_age: 60},
    {Oban.Plugins.Cron,
     crontab: [
       # Carts: every hour
       {"0 * * * *", Shop.CartWorker},
       # Mails: at night
       {"0 1 * * *", Shop.MailWorker, args: %{"kind" => "daily"}}, # kept
       {"0 2 * * *", Shop.MailWorker,
        args: %{
          "kind" => "weekly"
        }},
       {"0 3 * * *", Shop.LastWorker}
       # the end
     ]}
  ]
"""


def job(schedule: str, worker: str, line: int, end_line: int | None = None, file="config/config.exs", **args) -> Job:
    return Job(
        id=f"oban:{worker}",
        source="oban",
        schedule=schedule,
        worker=worker,
        handler=None,
        config=ConfigEntry(file=file, line=line, end_line=end_line or line),
        options=Options(args=args),
    )


CART = job("0 * * * *", "Shop.CartWorker", 9)
DAILY = job("0 1 * * *", "Shop.MailWorker", 11, kind="daily")
WEEKLY = job("0 2 * * *", "Shop.MailWorker", 12, 15, kind="weekly")
LAST = job("0 3 * * *", "Shop.LastWorker", 16)


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        input=None if text is None else text.encode(),
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    folder = tmp_path / "apps" / "shop web"
    (folder / "config").mkdir(parents=True)
    return folder


def write(app: Path, text: str, file: str = "config/config.exs") -> Path:
    path = app / file
    path.write_bytes(text.encode())
    return path


def apply(app: Path, text: str) -> str:
    """Apply at the repository's top; the configuration afterwards."""
    top = next(p for p in app.parents if (p / ".git").exists())
    git(top, "apply", "--check", "-", text=text)
    git(top, "apply", "-", text=text)
    result = (app / "config/config.exs").read_bytes().decode()
    assert not tree_sitter.Parser(LANGUAGE).parse(result.encode()).root_node.has_error
    return result


@pytest.mark.parametrize(
    ("jobs", "removed", "changed"),
    [
        ([CART], [9], {}),
        ([DAILY], [], {11: "       # kept"}),
        ([WEEKLY], [12, 13, 14, 15], {}),
        ([LAST], [16], {15: "        }}"}),
        ([CART, LAST], [9, 16], {15: "        }}"}),
        ([WEEKLY, LAST], [12, 13, 14, 15, 16], {11: CONFIG.split("\n")[10].replace("}}, #", "}} #")}),
        ([LAST, DAILY, CART], [9, 16], {11: "       # kept", 15: "        }}"}),
    ],
)
def test_takes_out_the_entries_and_nothing_else(app, jobs, removed, changed):
    write(app, CONFIG)
    lines = [changed.get(n, line) for n, line in enumerate(CONFIG.split("\n"), 1) if n not in removed]
    assert apply(app, patch.build(app, jobs)) == "\n".join(lines)


def test_all_entries_gone_leave_an_empty_list(app):
    entries = '  {"0 * * * *", Shop.CartWorker},\n  {"0 3 * * *", Shop.LastWorker}\n'
    write(app, f"import Config\nconfig :shop, Oban, crontab: [\n{entries}]\n")
    jobs = [job("0 * * * *", "Shop.CartWorker", 3), job("0 3 * * *", "Shop.LastWorker", 4)]
    assert apply(app, patch.build(app, jobs)) == "import Config\nconfig :shop, Oban, crontab: []\n"


def test_all_entries_gone_keep_the_comments(app):
    write(app, CONFIG)
    after = apply(app, patch.build(app, [CART, DAILY, WEEKLY, LAST]))
    assert after.count("#") == CONFIG.count("#")
    assert "Worker" not in after


@pytest.mark.parametrize("order", [[CART, WEEKLY, LAST, DAILY], [LAST, DAILY, WEEKLY, CART]])
def test_one_after_the_other_with_the_lines_of_the_first_inventory(app, order):
    path = write(app, CONFIG)
    for moved in order:
        apply(app, patch.build(app, [moved]))
    one_by_one = path.read_bytes()
    write(app, CONFIG)
    # What stays besides is the comma style: an emptied list is the same however it was emptied.
    assert one_by_one.decode() == apply(app, patch.build(app, order))


@pytest.mark.parametrize("trailing", [",", ""])
@pytest.mark.parametrize(("gone", "left"), [((0,), '{"1 * * * *", B}'), ((1,), '{"0 * * * *", A}'), ((0, 1), "")])
def test_several_entries_on_one_line(app, trailing, gone, left):
    entries = ['{"0 * * * *", A}', '{"1 * * * *", B}']
    write(app, f"config :shop, Oban, crontab: [{', '.join(entries)}{trailing}], queues: []\n")
    jobs = [job("0 * * * *", "A", 1), job("1 * * * *", "B", 1)]
    after = apply(app, patch.build(app, [jobs[i] for i in gone]))
    assert after == f"config :shop, Oban, crontab: [{left}{trailing if left else ''}], queues: []\n"


def test_windows_line_ends_and_no_final_line_end(app):
    text = CONFIG.rstrip("\n").replace("\n", "\r\n")
    write(app, text)
    after = apply(app, patch.build(app, [WEEKLY, LAST]))
    assert after.count("\r\n") == after.count("\n") == text.count("\n") - 5
    assert not after.endswith("\n")


def test_a_change_next_to_the_missing_final_line_end(app):
    write(app, 'x = [\n {"0 * * * *", A},\n {"1 * * * *", B}\n]')
    assert apply(app, patch.build(app, [job("1 * * * *", "B", 3)])) == 'x = [\n {"0 * * * *", A}\n]'


def test_odd_separators_inside_a_line_are_no_line_ends(app):
    odd = "# form\x0cfeed, line\u2028separator, next\x85line\n"
    write(app, odd + CONFIG)
    after = apply(app, patch.build(app, [job("0 * * * *", "Shop.CartWorker", 10)]))
    assert after == odd + CONFIG.replace('       {"0 * * * *", Shop.CartWorker},\n', "")


@pytest.mark.parametrize("name", ["config.exs", "crön tab.exs", 'quo"te\\.exs', "tab\t.exs"])
def test_two_files_with_awkward_names(app, name):
    write(app, CONFIG)
    other = write(app, 'x = [{"5 * * * *", Shop.Other}]\n', name)
    text = patch.build(app, [CART, job("5 * * * *", "Shop.Other", 1, file=name)])
    assert "Shop.CartWorker" not in apply(app, text)
    assert other.read_bytes() == b"x = []\n"


def test_without_a_repository_paths_start_at_the_application(tmp_path):
    (tmp_path / "config").mkdir()
    write(tmp_path, CONFIG)
    text = patch.build(tmp_path, [CART])
    assert text.startswith("diff --git a/config/config.exs b/config/config.exs\n--- a/config/config.exs\n")
    git(tmp_path, "apply", "-", text=text)
    assert "CartWorker" not in (tmp_path / "config/config.exs").read_text()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('@entry {"0 * * * *", Shop.CartWorker}\nx = [@entry]\n', "not written in the list itself"),
        ('x = [{"0 * * * *", Shop.CartWorker} | rest]\n', "not written in the list itself"),
        ('x = [{"9 * * * *", Shop.CartWorker}]\n', "0 fit"),
        ('x = [{"0 * * * *", Shop.CartWorker}, {"0 * * * *", Shop.CartWorker}]\n', "2 fit"),
        ('# {"0 * * * *", Shop.CartWorker}\n', "0 fit"),
    ],
)
def test_says_why_an_entry_cannot_be_taken_out(app, text, why):
    write(app, text)
    with pytest.raises(RefusalError, match=why):
        patch.build(app, [job("0 * * * *", "Shop.CartWorker", 1)])


def test_an_aliased_worker_is_known_by_its_line(app):
    write(app, 'alias Shop.CartWorker, as: Cart\nx = [{"0 * * * *", Cart}]\n')
    after = apply(app, patch.build(app, [job("0 * * * *", "Shop.CartWorker", 2)]))
    assert after == "alias Shop.CartWorker, as: Cart\nx = []\n"
