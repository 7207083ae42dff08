"""The verb: what it prints, its exit codes, its formats, suppressions."""

from __future__ import annotations

import json

import pytest
from clinic import Clinic

from cronlift.commands.main import main

TABLE = "CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL)"


def test_json_is_the_contract(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.database.execute(TABLE)
    jobid = clinic.put("DELETE FROM evnts WHERE at < now()", "purge")
    assert main(["doctor", "--json"]) == 1
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["schema_version"] == 1
    (finding,) = document["findings"]
    assert {k: finding[k] for k in ("jobid", "jobname", "severity", "check")} == {
        "jobid": jobid, "jobname": "purge", "severity": "error", "check": "missing-relation",
    }  # fmt: skip
    assert finding["message"].startswith('it fails at every run: relation "evnts" does not exist')
    assert finding["fix"] == f"SELECT cron.alter_job({jobid}, command := $$DELETE FROM events WHERE at < now()$$);"


def test_the_fix_works_when_it_is_pasted(clinic: Clinic) -> None:
    clinic.database.execute(TABLE)
    clinic.put("DELETE FROM evnts WHERE at < now()", "purge")
    (finding,) = clinic.look().findings
    with clinic.database.admin("postgres") as connection:
        connection.execute(finding.fix.encode())
    assert clinic.look().findings == ()


def test_warnings_alone_are_no_error(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.database.execute(TABLE)
    clinic.put("DELETE FROM events WHERE id = NULL", "never")
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "never (job " in out
    assert "warning  never-true" in out
    assert "1 entry looked at: 1 warning in 1 place" in out


def test_nothing_wrong(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.database.execute(TABLE)
    clinic.put("DELETE FROM events WHERE at < now()", "purge")
    assert main(["doctor"]) == 0
    assert "1 entry looked at: nothing wrong found" in capsys.readouterr().out


def test_github_annotations(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.put("DELETE FROM evnts", "a,b:c")
    assert main(["doctor", "--format", "github"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error title=cronlift missing-relation%3A a%2Cb%3Ac::it fails at every run: relation")
    assert "%0A" in line


def test_what_is_allowed_is_still_listed(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.database.execute(TABLE)
    clinic.put("DELETE FROM events WHERE id = NULL -- cronlift: allow never-true kept until May", "kept")
    clinic.put("DELETE FROM events WHERE id = NULL AND id > 0 -- cronlift: allow never-true", "no reason")
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(s["jobname"], s["reason"]) for s in document["suppressed"]] == [("kept", "kept until May")]
    assert [f["jobname"] for f in document["findings"]] == ["no reason"]
    assert any("gives no reason" in note for note in document["notes"])


def test_no_server_is_the_environments_fault(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PGHOST", "/nonexistent")
    assert main(["doctor", "--json"]) == 3
    assert capsys.readouterr().out == ""


def test_a_name_cannot_steer_the_terminal(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinic.put("DELETE FROM nowhere", "evil\x1b[2Jname")
    main(["doctor"])
    assert "\x1b[2J" not in capsys.readouterr().out
