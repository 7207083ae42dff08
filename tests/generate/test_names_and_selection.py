"""Default names, chosen names, and which jobs a plan is for."""

import pytest
from building import DELETE, classified, decision, step
from hypothesis import given
from hypothesis import strategies as st

from cronlift.errors import UsageError
from cronlift.generate import names
from cronlift.generate.selection import select
from cronlift.model.decision import Decisions
from cronlift.model.verdict import Classification

PURE = classified("Shop.CartWorker", step(DELETE))
OTHER = classified("Shop.OtherWorker", step(DELETE))
LOGIC = classified("Shop.MailWorker", verdict="app_logic")


@pytest.mark.parametrize(
    ("job", "name"),
    [
        ("oban:Shop.CartWorker", "cart_worker_job"),
        ("oban:Shop.Jobs.HTTPCacheV2Worker", "http_cache_v2_worker_job"),
        ("oban:Shop.BackupWorker#daily", "backup_worker_daily_job"),
        ("oban:Shop.BackupWorker[type=Daily,keep=7]", "backup_worker_type_daily_keep_7_job"),
    ],
)
def test_procedure_names(job, name):
    assert names.procedure_name(job) == name


def test_cron_names():
    assert names.cron_name("shop", "oban:Shop.CartWorker") == "cronlift/shop/Shop.CartWorker"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_names_fit_and_stay_different(text):
    short = names.shortened(text)
    assert len(short.encode()) <= 63
    assert short == text or names.shortened(text + "x") != short


def ids(*jobs, decisions=None, wanted=()):
    return [job.id for job in select(Classification(app="shop", env="prod", jobs=jobs), decisions, wanted)]


def test_every_pure_sql_by_default():
    assert ids(PURE, LOGIC, OTHER) == [PURE.id, OTHER.id]


def test_what_decisions_approve():
    approved = OTHER.model_copy(update={"approved": True})
    assert ids(PURE, approved) == [OTHER.id]
    chosen = Decisions(schema_version=1, jobs={PURE.id: decision(PURE)})
    assert ids(PURE, OTHER, decisions=chosen) == [PURE.id]
    kept = Decisions(schema_version=1, jobs={PURE.id: decision(PURE, move=False)})
    assert ids(PURE, OTHER, decisions=kept) == [OTHER.id]


def test_the_jobs_named():
    assert ids(PURE, OTHER, wanted=[OTHER.id]) == [OTHER.id]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [("oban:Shop.MailWorker", "its verdict is app_logic"), ("oban:Shop.CartWorkr", "there is no job")],
)
def test_what_cannot_be_named(wanted, says):
    with pytest.raises(UsageError, match=says):
        ids(PURE, LOGIC, wanted=[wanted])


def test_a_stale_decision():
    stale = decision(PURE).model_copy(update={"code_hash": "of older code"})
    with pytest.raises(UsageError, match="other code"):
        ids(PURE, decisions=Decisions(schema_version=1, jobs={PURE.id: stale}))
