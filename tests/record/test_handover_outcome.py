"""What a run folder says of an act on gates."""

import pytest

from cronlift.model.handover import Hand, Handover, Look
from cronlift.record import brief, outcome


def act(**fields):
    hands = (Hand(job="oban:Shop.A", before="shut", after="started"),)
    return Handover.model_validate(
        {"plan_hash": "abc", "verb": "start", "applied": True, "at": "", "jobs": hands} | fields
    )


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        ({}, 0, "start: 1 job started"),
        ({"applied": False}, 0, "start: shown only; afterwards: 1 job started"),
        ({"complete": False}, 4, "start is not over: 1 job started; run it again"),
        ({"looks": (Look(name="clocks", well=False, text=""),)}, 1, "start: 1 look not well, nothing changes hands"),
    ],
)
def test_an_act_has_an_outcome(fields, code, said):
    found = outcome.of(act(**fields))
    assert (found.exit_code, found.sentence) == (code, said)


def test_the_same_words_about_several_jobs_are_said_once():
    names = [f"oban:Shop.{letter}" for letter in "ABCDE"]
    seen = act(
        jobs=tuple(Hand(job=name, before="shut", after="started") for name in names),
        looks=(
            Look(name="pg_cron", well=True, text="in time"),
            *(Look(name="cron-meta", job=name, well=True, text="known by its rows") for name in names),
            Look(name="clocks", job=names[1], well=False, text="9 s apart"),
        ),
        notes=(*(f"{name}: from noon on" for name in names[:4]), f"{names[4]}: from one on", "next: deploy"),
    )
    assert brief.looks(seen) == [
        (False, "oban:Shop.B: 9 s apart"), (True, "in time"), (True, "5 jobs: known by its rows"),
    ]  # fmt: skip
    assert brief.notes(seen) == ["4 jobs: from noon on", "oban:Shop.E: from one on", "next: deploy"]
    few = act(jobs=seen.jobs, notes=tuple(f"{name}: from noon on" for name in names[:2]))
    assert brief.notes(few) == ["oban:Shop.A, oban:Shop.B: from noon on"]
