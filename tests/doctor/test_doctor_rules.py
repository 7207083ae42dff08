"""Each rule: entries that trigger it, and near misses that nothing is said about. Cases in cases/<code>.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from clinic import QUIET, Clinic

from cronlift.doctor.rules import rules
from cronlift.model.diagnosis import Diagnosed

CASES = Path(__file__).parent / "cases"
# Rules about the server, tested on servers of their own in test_doctor_server.py, and about an application's folder
# (test_doctor_app.py).
OWN_SERVER = {
    "launcher-dead", "cloned-entries", "timezone-without-effect", "yearly-never-fires", "history-without-retention",
    "extension-in-public",
}  # fmt: skip
OTHERS = {"still-in-app"}


def test_every_rule_has_cases_and_a_page() -> None:
    cases = {path.stem for path in CASES.glob("*.yaml")}
    assert cases | OWN_SERVER | OTHERS == set(rules())
    pages = {path.stem for path in (Path(__file__).parents[2] / "docs" / "doctor").glob("*.md")} - {"README"}
    assert pages == set(rules())


@pytest.mark.parametrize("code", sorted(path.stem for path in CASES.glob("*.yaml")))
def test_trigger_and_near_miss(clinic: Clinic, code: str) -> None:
    case = yaml.safe_load((CASES / f"{code}.yaml").read_text(encoding="utf-8"))
    names = {"role": clinic.database.role, "database": clinic.database.name}
    if "setup" in case:
        clinic.database.execute(case["setup"])
    if "admin" in case:
        text = case["admin"]
        for key, value in names.items():
            text = text.replace("{" + key + "}", value)
        clinic.database.execute(text, user="postgres")
    trigger = [(entry, _put(clinic, entry, f"trigger {n}")) for n, entry in enumerate(case["trigger"])]
    near = [(entry, _put(clinic, entry, f"near miss {n}")) for n, entry in enumerate(case["near_miss"])]
    diagnosis = clinic.look()
    missed, alarms = [], []
    for entry, jobid in trigger:
        found = clinic.of(diagnosis, jobid)
        if not _found(code, entry, found):
            missed.append((entry, found))
    for entry, jobid in near:
        # Entries of one case often share a table and a minute, which is another rule's business.
        found = [f for f in clinic.of(diagnosis, jobid) if f.check not in {entry.get("may_have"), "collision"} - {code}]
        if found:
            alarms.append((entry, found))
    assert not missed, "\n".join(map(str, missed))
    assert not alarms, "\n".join(map(str, alarms))


def _put(clinic: Clinic, entry: dict[str, Any], name: str) -> int:
    columns = {k: entry[k] for k in ("role", "database") if k in entry}
    # Case entries that say nothing of their schedule never fire, and each has another minute: none collides.
    schedule = entry.get("schedule", f"{len(clinic.ids) % 60} {QUIET.split(maxsplit=1)[1]}")
    jobid = clinic.put(entry["command"], entry.get("name", name), schedule, **columns)
    if "runs" in entry:
        clinic.ran(jobid, **{"command": entry["command"], **entry["runs"]})
    return jobid


def _found(code: str, entry: dict[str, Any], found: list[Diagnosed]) -> bool:
    return any(
        (f.check == code or entry.get("any_code"))
        and entry.get("says", "") in f.message
        and entry.get("fix", "") in f.fix
        and f.severity == entry.get("severity", f.severity)
        for f in found
    )
