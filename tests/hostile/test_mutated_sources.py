"""Mutated source trees go through inventory and classify without a traceback, a hang, or a document that cannot be
written. The suite tries 150; ``CRONLIFT_MUTATED_TREES=5000`` tries as many (about fifteen minutes)."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from mutations import mutated

from cronlift.errors import CronliftError
from cronlift.record.run_id import run_id
from cronlift.stages.classify import classify
from cronlift.stages.inventory import inventory

TREES = int(os.environ.get("CRONLIFT_MUTATED_TREES", "150"))
AT_MOST = 60
"""Seconds for one tree, on a machine that does other things as well; a tree takes 0.2."""


class Hang(BaseException):
    """Not an Exception: nothing on the way may catch it."""


@contextmanager
def _watched() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(AT_MOST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.timeout(max(600, TREES))
def test_no_mutation_gives_a_traceback_or_a_hang(tmp_path: Path) -> None:
    wrong: dict[int, str] = {}
    verdicts: set[str] = set()
    for number in range(TREES):
        folder = mutated(tmp_path / "tree", number)
        try:
            with _watched():
                found = inventory(folder)
                judged = classify(folder, inventory=found)
                run_id(folder, "prod")
                for document in (found, judged):
                    document.to_json().encode()
                verdicts |= {job.verdict for job in judged.jobs}
        except CronliftError as error:
            assert error.do, error
        except (Exception, Hang) as error:
            wrong[number] = repr(error)
        shutil.rmtree(folder)
    assert wrong == {}
    assert verdicts >= {"pure_sql", "app_logic", "needs_review", "startup"}  # the mutations left something to read
