"""Why no SQL comes of a query: what is not known here, and what Ecto or PostgreSQL itself refuses."""

from __future__ import annotations


class NoSqlError(Exception):
    """A query that does not become SQL: a stable ``code`` and a sentence."""

    code = "ecto-query"

    def __init__(self, text: str, code: str = "") -> None:
        self.text = text
        self.code = code or type(self).code
        super().__init__(text)


class NotKnownError(NoSqlError):
    """Something the statement depends on is not known, or not followed."""


class RaisesError(NoSqlError):
    """The application's own call fails: there is no SQL for it."""

    code = "ecto-raises"
