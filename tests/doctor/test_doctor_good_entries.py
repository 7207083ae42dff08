"""Entries that public documentation recommends: the doctor has nothing to say of them."""

from __future__ import annotations

from pathlib import Path

import yaml
from clinic import Clinic

GOOD = yaml.safe_load((Path(__file__).parent / "good_entries.yaml").read_text(encoding="utf-8"))


def test_there_are_enough_of_them() -> None:
    assert len(GOOD["entries"]) >= 40
    assert all(entry["from"] for entry in GOOD["entries"])


def test_no_false_alarm(clinic: Clinic) -> None:
    clinic.database.execute(GOOD["setup"].replace("CREATE EXTENSION IF NOT EXISTS pg_stat_statements;", _STATEMENTS))
    for entry in GOOD["entries"]:
        place = {"database": "postgres", "role": "postgres"} if entry.get("home") else {}
        clinic.put(entry["command"], entry.get("name"), entry["schedule"], **place)
    diagnosis = clinic.look()
    assert diagnosis.checked == len(GOOD["entries"])
    assert not diagnosis.findings, "\n".join(map(str, diagnosis.findings))


# The extension itself is contrib's, which a minimal server has not.
_STATEMENTS = "CREATE VIEW pg_stat_statements AS SELECT 1::bigint AS queryid, 1::bigint AS calls;"
