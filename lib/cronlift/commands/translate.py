"""``cronlift translate``: one function to SQL, or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.stages.translate import translate

Name = Annotated[str, typer.Argument(metavar="MODULE.function/arity", help="The function to translate.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command("translate", help="Write one function's SQL down, or say why that cannot be done (reads source only).")
    def command(name: Name, app: options.App, env: options.Env = "prod", as_json: options.AsJson = False) -> int:
        found = translate(app, name, env)
        if as_json:
            output.json_document(found)
        elif found.translatable:
            typer.echo("\n".join(f"{s.strip().rstrip(';')};" for s in found.statements))
        else:
            rows = [(r.code, r.text, f"{r.file}:{r.line}") for r in found.reasons]
            output.table(("reason", "what", "where"), rows, title=f"{name} is not translated")
        return 0 if found.translatable else 1
