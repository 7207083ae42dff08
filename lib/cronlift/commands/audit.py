"""``cronlift audit``: look at a record, check that nothing in it was changed, list records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.model.document import SCHEMA_VERSION
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record import audit
from cronlift.record.audit import Difference
from cronlift.record.manifest import Manifest
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import tally
from cronlift.upkeep.drift import drift

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The run folder.")]
Seal = Annotated[str, typer.Option("--seal", help="The seal you kept elsewhere: notices a record rebuilt whole.")]

_WORDS = {
    "changed": "changed since it was sealed",
    "missing": "missing",
    "added": "added after it was sealed",
    "seal": "",
    "chain": "",
    "earlier": " (sealed over by a later command)",
    "database": "",
}


def register(app: typer.Typer) -> None:
    """Add the verb with its three commands."""
    group = typer.Typer(no_args_is_help=True, help="Look at records of runs, and check that nothing was changed.")
    group.command("show")(show)
    group.command("verify")(verify)
    group.command("list")(list_records)
    app.add_typer(group, name="audit")


def show(folder: Folder, as_json: options.AsJson = False) -> int:
    """What a run was, who ran it, when, on what."""
    run = RunFolder(folder)
    manifest = Manifest.from_file(run.manifest)
    if as_json:
        print(json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False))
        return 0
    target = manifest.target
    rows = [
        ("application", f"{manifest.inputs.app}, environment {manifest.inputs.env}"),
        ("revision", manifest.inputs.app_revision),
        ("run", f"{manifest.run_id}, number {manifest.sequence} in this folder"),
        ("who", f"{manifest.who} on {manifest.host}"),
        ("when", f"{manifest.started} to {manifest.finished}"),
        ("exit code", str(manifest.exit_code)),
        ("cronlift", f"{manifest.cronlift}, Python {manifest.python}"),
        ("database", _target(manifest)),
        ("plan", manifest.plan_hash or "none"),
        ("options", ", ".join(f"{k}={v}" for k, v in manifest.inputs.options.items()) or "none"),
        ("files", str(len(manifest.files))),
        ("jobs", tally(run).equation),
        (
            "before",
            f"{manifest.previous.run} {manifest.previous.sha256[:16]}" if manifest.previous else "no record",
        ),
        ("seal", manifest.seal),
    ]
    output.table(("", "RECORD"), [row for row in rows if target or row[0] != "plan"])
    return 0


def _target(manifest: Manifest) -> str:
    if manifest.target is None:
        return "none"
    t = manifest.target
    return (
        f"{t.database} (oid {t.database_oid}), pg_cron {t.pg_cron_version} in {t.cron_database}, "
        f"PostgreSQL {t.server_version}, system {t.system_identifier}"
    )


def verify(
    folder: Folder,
    seal: Seal = "",
    service: options.Service = None,
    dsn_env: options.DsnEnv = None,
    cron_database: options.CronDatabase = None,
    as_json: options.AsJson = False,
) -> int:
    """Name every file that was changed, removed or added since the record was sealed, a broken chain, and (where a
    database is named) every object in it that is not as the record says it was installed."""
    run = RunFolder(folder)
    differences = list(audit.verify(run, seal))
    if service or dsn_env:
        server = Server(service=service, dsn_env=dsn_env, cron_database=cron_database)
        differences += [Difference("database", one.text) for one in drift(run.read(Plan), server)]
    if as_json:
        found = [{"kind": d.kind, "what": d.what} for d in differences]
        print(json.dumps({"schema_version": SCHEMA_VERSION, "intact": not found, "differences": found}, indent=2))
    elif differences:
        for difference in differences:
            words = _WORDS[difference.kind]
            print(output.printable(f"{difference.what}{words if words.startswith(' ') else f': {words}'}".rstrip(": ")))
    else:
        manifest = Manifest.from_file(RunFolder(folder).manifest)
        print(f"intact: {len(manifest.files)} files as sealed {manifest.finished}\nseal: {manifest.seal}")
    return 1 if differences else 0


def list_records(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of run folders.")] = Path("runs"),
    as_json: options.AsJson = False,
) -> int:
    """The records below a folder, oldest first."""
    found = audit.records(folder)
    if as_json:
        data = [
            {
                "run": one.path.name,
                "manifest": one.manifest and one.manifest.model_dump(mode="json"),
                "problem": one.problem,
            }
            for one in found
        ]
        print(json.dumps({"schema_version": SCHEMA_VERSION, "records": data}, indent=2, ensure_ascii=False))
        return 0
    rows = [
        (
            one.path.name,
            m.finished,
            m.who,
            m.inputs.app,
            m.inputs.app_revision[:12],
            str(m.exit_code),
            m.seal[:16],
        )
        if (m := one.manifest)
        else (one.path.name, one.problem, "", "", "", "", "")
        for one in found
    ]
    output.table(("RUN", "FINISHED", "WHO", "APPLICATION", "REVISION", "EXIT", "SEAL"), rows)
    return 0
