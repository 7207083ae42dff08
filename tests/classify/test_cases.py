"""Each file in cases/ (how jobs are written) and hostile/ (what must not fool the reader) is a worker.

The comments on top of it say what is expected:

# verdict: needs_review        the verdict
# reason: sql-in-loop          a reason's code that must be there (repeatable)
# loss: retries                a loss's code that must be there (repeatable)
# effect: UPDATE of t          what an effect is that must be there (repeatable)
# remark: calls-routine        a remark's code (repeatable; those about the start of Oban apart, all must be named)
# statement: DELETE FROM t     the statements in order (repeatable; absent: not compared)
# entry: {"* * * * *", A.W}    the crontab entry, where it is not the default one
# repo: def init(_, c), do: …  a line of the repository's own
# config: config :a, x: 1      a line more in the configuration (repeatable)
# file: priv/repo/migrations/1_a.exs   the case's text from here on goes to that file (repeatable)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from cronlift.model.verdict import ClassifiedJob
from cronlift.stages.classify import classify

CASES = sorted(Path(__file__).parent.glob("*/*.ex"))


def application(
    folder: Path,
    worker: str,
    entry: str = '{"0 * * * *", A.W}',
    *,
    repo: Sequence[str] = (),
    config: Sequence[str] = (),
) -> Path:
    """A small application around one file of source."""
    (folder / "lib").mkdir(parents=True)
    (folder / "config").mkdir()
    (folder / "mix.exs").write_text("defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n")
    (folder / "config" / "config.exs").write_text(
        "import Config\n\nconfig :a, ecto_repos: [A.Repo]\n\n"
        "config :a, Oban,\n  repo: A.Repo,\n  plugins: [\n    {Oban.Plugins.Cron, crontab: [\n"
        f"      {entry}\n    ]}}\n  ]\n" + "".join(f"{line}\n" for line in config)
    )
    own = "".join(f"  {line}\n" for line in repo)
    text = f"defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\n{own}end\n"
    (folder / "lib" / "repo.ex").write_text(text)
    first, *others = re.split(r"^# file: (.*)$\n", worker, flags=re.MULTILINE)
    (folder / "lib" / "worker.ex").write_text(first)
    for name, content in zip(others[::2], others[1::2], strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def case_application(folder: Path, text: str) -> Path:
    """The application a case's text describes."""
    entries = expected(text, "entry")
    return application(folder, text, *entries, repo=expected(text, "repo"), config=expected(text, "config"))


def only_job(folder: Path) -> ClassifiedJob:
    (job,) = classify(folder).jobs
    return job


def expected(text: str, name: str) -> list[str]:
    return [m.strip() for m in re.findall(rf"^# {name}: (.*)$", text, re.MULTILINE)]


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    text = case.read_text()
    job = only_job(case_application(tmp_path / "a", text))
    codes = [r.code for r in job.reasons]
    assert [job.verdict] == expected(text, "verdict"), codes
    assert set(expected(text, "reason")) <= set(codes), codes
    assert set(expected(text, "loss")) <= {loss.code for loss in job.losses}
    assert set(expected(text, "effect")) <= {effect.what for effect in job.effects}
    remarks = [remark.code for remark in job.remarks if remark.code != "never-started"]
    assert remarks == expected(text, "remark"), job.remarks
    statements = expected(text, "statement")
    if statements:
        assert [" ".join(s.split()) for s in job.statements] == statements


def test_every_verdict_has_a_case() -> None:
    verdicts = {v for case in CASES for v in expected(case.read_text(), "verdict")}
    assert verdicts == {"pure_sql", "split", "app_logic", "needs_review", "no_effect"}
