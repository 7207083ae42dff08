"""Every red state made on a real server by pg_cron itself, and seen: exit code, JSON, plot, metrics."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from watching import NEVER_MET, Ask, Ward, asking, fixed, names

from cronlift import sandbox as private
from cronlift.commands.main import main
from cronlift.monitor import plots
from cronlift.notebook import watching


@pytest.fixture
def ward(sandbox: object) -> Iterator[Ward]:
    """A server of this test's own: its launcher comes to harm. (``sandbox`` marks the test as one of a server.)"""
    name = f"pytest-{os.getpid()}-ward"
    try:
        yield Ward(private.up(name))
    finally:
        private.down(name, remove=True)


@pytest.fixture
def ask(ward: Ward, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    return asking(ward.sandbox.environment, monkeypatch, capsys)


@pytest.mark.timeout(420)
def test_every_red_state(ward: Ward, ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    """Two real minutes of pg_cron. What takes longer to come about is moved back in time in its record.

    Where the launcher waits for a run (1.4 with background workers) that is what blocks it, and it takes three."""
    # --- nothing is wrong yet; what never ran cannot be called overdue, since nothing shows how old the entry is
    good = ward.put("good", "SELECT 1 FROM generate_series(1, 3)")
    said = ask()
    assert (said.code, said.codes("good", "attention")) == (0, {"not-running-yet"})

    failing = ward.put("failing", "SELECT 1/0")
    ward.put_by_hand("nonsense", "SELECT 1", "not a schedule")
    ward.put("february", "SELECT 1", "0 0 30 2 *")
    ward.put("quiet", "SELECT 1", NEVER_MET)
    blocks = ward.blocks
    long = 0 if blocks else ward.put("cronlift/shop/Long", "SELECT pg_sleep(400)")
    ward.wait(
        "count(DISTINCT jobid) = %(entries)s FROM cron.job_run_details WHERE jobid = ANY (%(ids)s) AND "
        "(status IN ('succeeded', 'failed') OR jobid = %(long)s AND start_time IS NOT NULL)",
        ids=[failing, long, good], long=long, entries=2 if blocks else 3,
    )  # fmt: skip

    # --- after the first minute
    said = ask("--history-rows", "1", "--grace", "30")
    assert said.code == 1
    assert said.codes("") == {"history-size"}
    assert said.codes("good") == set()
    assert said.codes("failing") == {"failing"}
    assert "division by zero" in said.text("failing", "failing")
    assert said.codes("nonsense") == said.codes("february") == {"never-ran"}
    assert said.codes("quiet") == set()
    assert said.entry("good")["succeeded"] >= 1
    assert said.entry("failing")["failures_in_a_row"] >= 1
    assert ask("--failures", "9", "--job", "failing").code == 0
    if blocks:
        long = ward.put("cronlift/shop/Long", "SELECT pg_sleep(400)")
        ward.wait("EXISTS (SELECT FROM cron.job_run_details WHERE jobid = %(id)s AND start_time IS NOT NULL)", id=long)
    assert names(ask("--owned")) == ["cronlift/shop/Long"]
    assert ask().entry("cronlift/shop/Long")["running_since"] is not None

    # --- a run without an end whose process is gone
    ward.admin(
        "INSERT INTO cron.job_run_details (jobid, runid, job_pid, command, status, start_time, database, username) "
        "VALUES (%(id)s, nextval('cron.runid_seq'), 2, 'SELECT 1', 'running', now(), 'demo', 'postgres')",
        id=good,
    )
    # While the launcher waits for a run, the ends of others are not written: no sign that they died.
    assert ask("--job", "good").codes("good") == (set() if blocks else {"died"})
    ward.admin("DELETE FROM cron.job_run_details WHERE job_pid = 2")

    # --- the launcher hangs (or waits): it is there, and the next minute passes it by
    launcher = ward.admin("SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'")[0][0]
    minute = ward.admin("SELECT date_trunc('minute', now()) + interval '1 minute'")[0][0]
    if not blocks:
        os.kill(launcher, signal.SIGSTOP)
    try:
        fresh = ward.put("fresh", "SELECT 1")
        ward.admin("UPDATE cron.job_run_details SET return_message = return_message WHERE jobid = %(id)s", id=failing)
        ward.wait_until(minute + timedelta(seconds=4))
        said = ask("--grace", "2")
        assert said.code == 1
        assert "launcher-blocked" in said.codes("")
        assert ("waits for the run of cronlift/shop/Long" in said.text("", "launcher-blocked")) is blocks
        assert "overdue" in said.codes("good")
        # A row was written after the entry, with a time before the firing: it was there, and did not run.
        assert fresh and "never-ran" in said.codes("fresh")
        assert said.codes("cronlift/shop/Long") == {"longer-than-period"}

        # --- the same ten minutes later
        ward.admin(
            "UPDATE cron.job_run_details SET start_time = start_time - interval '10 minutes', end_time = end_time - "
            "interval '10 minutes' WHERE end_time IS NOT NULL"
        )
        said = ask("--grace", "2")
        if blocks:  # the end of its second run is not written yet, and no sign that it died
            assert (said.codes("good"), said.entry("good")["last_status"]) == ({"overdue"}, "ended")
        else:
            assert said.codes("good") == {"overdue", "backlog"}
            assert said.entry("good")["waiting"] >= 10

        # --- the same in a plot, in metrics, and for people
        document = fixed(ward.sandbox, slot=timedelta(hours=3), window=timedelta(days=2))
        assert plots.words(document).endswith(": 1") or "failed runs by day: 20" in plots.words(document)
        assert "#cc3344" in plots.svg(plots.runs(document), "runs")  # a cell of which all runs failed
        assert "#ee6677" in plots.svg(plots.failures(document), "failures")
        assert "currentColor" in plots.svg(plots.failures(document), "failures")
        titles = watching.pictures(document).text
        assert ("the median" in titles) is any(job.p50_ms is not None for job in document.jobs)
        capsys.readouterr()
        assert main(["monitor", "--prometheus", "--grace", "2"]) == 1
        text = capsys.readouterr().out
        assert 'cronlift_signal{code="launcher-blocked",database="",job="",jobid="",severity="red"} 1.0' in text
        assert main(["monitor", "--grace", "2"]) == 1
        assert "launcher-blocked" in capsys.readouterr().out
    finally:
        os.kill(launcher, signal.SIGCONT)

    # --- the launcher is gone (one that waits takes no signal until the run has ended)
    if blocks:
        ward.admin(
            "SELECT pg_cancel_backend(job_pid) FROM cron.job_run_details WHERE jobid = %(id)s AND end_time IS NULL",
            id=long,
        )
    ward.admin("SELECT pg_terminate_backend(%(pid)s)", pid=launcher)
    ward.wait("count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'pg_cron launcher'")
    said = ask("--grace", "2")
    assert "launcher-dead" in said.codes("")
    assert said.document["launcher"]["alive"] is False
