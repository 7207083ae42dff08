"""Every act on the gates stays on record: who, when, from which tick on, before and after."""

import re

import pytest

from cronlift.errors import SafetyError
from cronlift.model.handover import Hand, Handover, Look
from cronlift.model.plan import Managed, Plan
from cronlift.record import acts, audit
from cronlift.record.owners import owners

GATE = Managed(relation="public.oban_jobs", args={})
JOB = "oban:Shop.Jobs.Baskets"
AT = "2026-01-02T03:30:00Z"
BACK = "2026-01-03T03:30:00Z"


def handover(folder, verb, before, after, **fields):
    hand = Hand(job=JOB, before=before, after=after, pg_from=AT, pg_until=fields.pop("pg_until", None))
    values = {"plan_hash": folder.read(Plan).hash, "verb": verb, "applied": True, "at": "2026-01-02T03:04:05Z"}
    return Handover(**values, jobs=(hand,), **fields)


def words(folder):
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", folder.page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def test_no_act_is_written_over_by_a_later_one(finished):
    look = Look(name="clocks", job=JOB, well=True, text="cron rows come 0.2 s after their tick")
    steps = [("start", "shut", "started"), ("complete", "started", "completed"), ("run-now", "completed", "completed")]
    for verb, before, after in steps:
        with finished.writing():
            acts.act(finished, lambda _, v=verb, b=before, a=after: handover(finished, v, b, a, looks=(look,)))
    assert sorted(p.name for p in (finished.path / "acts").iterdir()) == [
        "001_start.json", "002_complete.json", "003_run_now.json",
    ]  # fmt: skip
    assert [a.handover.verb for a in acts.acts(finished)] == ["start", "complete", "run-now"]
    assert all(a.who and a.host for a in acts.acts(finished))
    page = words(finished)
    for text in ("Who runs them", "start", "complete", "run-now", AT, "cron rows come 0.2 s after their tick"):
        assert text in page
    assert audit.verify(finished) == ()


def test_an_act_that_is_cut_off_is_on_record_and_its_end_has_the_same_number(finished):
    def cut_off(record):
        record(handover(finished, "start", "shut", "started", complete=False, notes=("begun",)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), finished.writing():
        acts.act(finished, cut_off)
    (kept,) = acts.acts(finished)
    assert (kept.handover.complete, kept.handover.notes) == (False, ("begun",))
    assert "not over" in words(finished)

    def finish(record):
        record(handover(finished, "start", "shut", "started", complete=False))
        return handover(finished, "start", "shut", "started")

    with finished.writing():
        acts.act(finished, finish)
    assert [a.handover.complete for a in acts.acts(finished)] == [False, True]


def test_a_look_and_a_refusal_leave_nothing(finished):
    def refused(record):
        raise SafetyError("no")

    with finished.writing():
        acts.act(
            finished, lambda _: handover(finished, "start", "shut", "started").model_copy(update={"applied": False})
        )
        with pytest.raises(SafetyError):
            acts.act(finished, refused)
    assert acts.acts(finished) == ()


@pytest.mark.parametrize(
    ("state", "until", "said"),
    [
        (None, None, "the application"),
        ("shut", None, "the application"),
        ("started", None, f"pg_cron, from {AT} on"),
        ("completed", None, "pg_cron; the application no longer sends it"),
        ("paused", None, "nobody: it is paused"),
        ("rolled_back", BACK, f"the application, from {BACK} on"),
        ("disarmed", None, "nobody in this copy"),
    ],
)
def test_who_runs_a_managed_job(finished, state, until, said):
    plan = finished.read(Plan)
    managed = plan.jobs[0].model_copy(update={"managed": GATE})
    plan = plan.model_copy(update={"jobs": (managed,)})
    hands = {JOB: Hand(job=JOB, before="shut", after=state, pg_from=AT, pg_until=until)} if state else {}
    evidence = {"jobs": {managed.cron_name: {"gate": {"succeeded": 3, "turned_away": 2, "last_turned_away": AT}}}}
    (owner,) = owners(plan, hands, installed=True, evidence=evidence)
    assert owner.who == said
    assert owner.counted == f"runs by pg_cron: 3 succeeded; rows of the application's turned away: 2, the last for {AT}"
    (gone,) = owners(plan, hands, installed=False)
    assert gone.who == "the application, where it is deployed with the entry"


def test_a_plain_job_has_no_gate(finished):
    (owner,) = owners(finished.read(Plan), {}, installed=True)
    assert (owner.state, owner.who) == ("none", "pg_cron; the application, too, until it is deployed without the entry")
