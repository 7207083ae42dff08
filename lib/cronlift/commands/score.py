"""``cronlift score``: how well the reader agrees with jobs that people labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.postgres.server import Server
from cronlift.stages.score import read_labels, score

Labels = Annotated[Path, typer.Option("--labels", help="A JSON list of labelled jobs (docs/score.md).")]
Apps = Annotated[Path, typer.Option("--apps", help="The folder that holds the labelled applications.")]

Prepare = Annotated[
    bool, typer.Option("--prepare", help="Have PostgreSQL prepare every statement, in a disposable database.")
]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command("score", help="Compare inventory and verdicts with labelled applications (reads source only).")
    def command(
        labels: Labels,
        apps: Apps,
        env: options.Env = "prod",
        prepare: Prepare = False,
        service: options.Service = None,
        dsn_env: options.DsnEnv = None,
        as_json: options.AsJson = False,
    ) -> int:
        known = read_labels(labels)
        if prepare:
            with Server(service=service, dsn_env=dsn_env).connect(read_only=False) as connection:
                found = score(known, apps, env, database=connection)
        else:
            found = score(known, apps, env)
        if as_json:
            output.json_document(found)
            return 1 if found.false_pure else 0
        rows = []
        for one in found.apps:
            raw = [j for j in one.jobs if j.raw_pure]
            rows.append(
                (
                    one.app, str(len(one.jobs)), str(sum(j.verdict is not None for j in one.jobs)),
                    str(len(one.unlabelled)), str(sum(j.false_pure for j in one.jobs)),
                    f"{sum(j.raw_pure_found for j in raw)}/{len(raw)}",
                    f"{sum(j.verdict == j.label == 'pure_sql' for j in one.jobs)}"
                    f"/{sum(j.label == 'pure_sql' for j in one.jobs)}",
                )
            )  # fmt: skip
        output.table(("application", "labels", "found", "unlabelled", "false pure", "raw found", "pure found"), rows)
        for job in found.jobs:
            if job.verdict is None:
                output.say(f"not found: {job.worker} ({job.place})")
            if job.false_pure:
                output.say(f"FALSE PURE: {job.worker} ({job.place}), labelled {job.label}")
        for one in found.apps:
            for name in one.unlabelled:
                output.say(f"no label: {one.app} {name}")
        for one in found.apps:
            for asked in one.prepared:
                if asked.accepted is not True:
                    output.say(f"not prepared: {one.app} {asked.job} ({asked.file}:{asked.line}): {asked.why}")
        if prepare:
            said = [asked.accepted for one in found.apps for asked in one.prepared]
            output.say(f"PREPARE accepted {said.count(True)} of {len(said) - said.count(None)} queries")
        for name in found.absent:
            output.say(f"no application: {name}")
        output.say(
            f"recall {found.recall:.3f}, false pure {len(found.false_pure)}, raw SQL {found.raw_pure_recall:.3f}, "
            f"pure jobs {len(found.pure)}: {sum(j.verdict == 'pure_sql' for j in found.pure)} as pure_sql, "
            f"{sum(j.pure_found for j in found.pure)} found"
        )
        return 1 if found.false_pure else 0
