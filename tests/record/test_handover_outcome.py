"""What a run folder says of an act on gates."""

import pytest

from cronlift.model.handover import Hand, Handover, Look
from cronlift.record import outcome


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
