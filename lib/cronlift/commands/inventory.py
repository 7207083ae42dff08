"""``cronlift inventory``: what the application schedules."""

from __future__ import annotations

import typer

from cronlift.commands import options, output
from cronlift.stages.inventory import inventory


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command("inventory", help="List every scheduled job of an application (reads its source only).")
    def command(
        app: options.App,
        env: options.Env = "prod",
        service: options.Service = None,
        dsn_env: options.DsnEnv = None,
        as_json: options.AsJson = False,
    ) -> int:
        from cronlift.postgres.server import Server

        if service or dsn_env:
            with Server(service=service, dsn_env=dsn_env).connect() as connection:
                found = inventory(app, env, connection=connection)
        else:
            found = inventory(app, env)
        if as_json:
            output.json_document(found)
            return 0
        rows = [
            (j.id, j.schedule or "at boot", f"{j.config.file}:{j.config.line}", j.config.condition or "")
            for j in found.jobs
        ]
        output.table(("job", "schedule", "configured", "condition"), rows)
        for place in found.not_analysed:
            output.say(f"not analysed: {place.file}:{place.line}: {place.why}")
        output.say(f"{len(found.jobs)} jobs, {len(found.not_analysed)} places not analysed")
        return 0
