"""Taking lines out of the catalogue of effects never makes a job pure SQL that was not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_cases import CASES, case_application, expected

from cronlift.elixir.catalogue import Catalogue, Entry, Use, default_catalogue
from cronlift.stages.classify import classify

FULL = default_catalogue()
MODULES = sorted({c.module for c in FULL.calls} | {u.module for u in FULL.uses})


@pytest.fixture(scope="module")
def applications(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Every case as an application, with the verdict the whole catalogue gives."""
    made = []
    for case in CASES:
        text = case.read_text()
        folder = case_application(tmp_path_factory.mktemp(case.stem) / "a", text)
        made.append((folder, expected(text, "verdict")[0]))
    return made


def without(modules: set[str]) -> Catalogue:
    return Catalogue(
        [c for c in FULL.calls if c.module not in modules], [u for u in FULL.uses if u.module not in modules]
    )


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.just(set(MODULES)), st.sets(st.sampled_from(MODULES), min_size=1)))
def test_removal_never_adds_pure_sql(applications: list[tuple[Path, str]], removed: set[str]) -> None:
    catalogue = without(removed)
    for folder, verdict in applications:
        (job,) = classify(folder, catalogue=catalogue).jobs
        if job.verdict == "pure_sql":
            assert verdict == "pure_sql", folder.parent.name


class Watched(Catalogue):
    """The whole catalogue, remembering the lines that were asked for and found."""

    def __init__(self) -> None:
        super().__init__(FULL.calls, FULL.uses)
        self.used: set[Entry | Use] = set()

    def lookup(self, module: str, function: str, arity: int) -> Entry | None:
        found = super().lookup(module, function, arity)
        self.used |= {found} if found else set()
        return found

    def is_harmless_use(self, module: str) -> bool:
        self.used |= {u for u in self.uses if u.module == module}
        return super().is_harmless_use(module)

    def aliases_of_use(self, module: str) -> tuple[str, ...]:
        self.used |= {u for u in self.uses if u.module == module}
        return super().aliases_of_use(module)


def test_no_line_taken_out_by_itself_adds_pure_sql(applications: list[tuple[Path, str]]) -> None:
    """Every line that a case looks at, one by one; a line that none looks at cannot change an answer."""
    tried = 0
    for folder, verdict in applications:
        if verdict == "pure_sql":
            continue
        watched = Watched()
        classify(folder, catalogue=watched)
        for line in watched.used:
            rest = Catalogue([c for c in FULL.calls if c != line], [u for u in FULL.uses if u != line])
            (job,) = classify(folder, catalogue=rest).jobs
            assert job.verdict != "pure_sql", (folder.parent.name, line)
            tried += 1
    assert tried > 200


def test_an_empty_catalogue_leaves_no_worker_pure(applications: list[tuple[Path, str]]) -> None:
    empty = Catalogue([])
    assert {classify(folder, catalogue=empty).jobs[0].verdict for folder, _ in applications} <= {
        "needs_review",
        "app_logic",
    }
