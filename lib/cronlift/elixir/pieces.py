"""Where the parts of a statement were written, for people who read source and SQL side by side."""

from __future__ import annotations

from cronlift.elixir import syntax as ast
from cronlift.elixir.evaluator import Findings
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import Origin, SqlEvent
from cronlift.model.verdict import Piece


class Places:
    """The places of one job's statements: of a query's clauses as it was built, of SQL text where the source holds it
    as one string."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._texts: dict[str, Span] | None = None

    def pieces(self, event: SqlEvent) -> tuple[Piece, ...]:
        """Where the statement's parts stand, the repository's call last."""
        origins = list(event.origins)
        text = self._text(event.sql) if event.sql is not None and not origins else None
        if text is not None:
            origins.append(Origin("text", text))
        return tuple(_piece(origin) for origin in (*dict.fromkeys(origins), Origin("call", event.span)))

    def _text(self, sql: str) -> Span | None:
        if self._texts is None:
            self._texts = {}
            bodies: list[object] = [clause.sections for clause in self._findings.visited.values()]
            for module in self._findings.modules.values():
                bodies += [value for values in module.attributes.values() for _, value in values]
            for node in ast.walk(bodies):
                if isinstance(node, ast.Text) and all(isinstance(part, str) for part in node.parts):
                    self._texts.setdefault("".join(map(str, node.parts)), node.span)
        return self._texts.get(sql)


def _piece(origin: Origin) -> Piece:
    span = origin.span
    return Piece(
        part=origin.part, file=span.file, line=span.line, end_line=span.end_line, start=span.start, end=span.end
    )
