"""Where the files beside the code are: notebooks, the kit's SQL, the demo application.

In a checkout they lie at its top level; an installed wheel carries them in ``cronlift/_data``
(pyproject.toml, force-include).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

_PACKAGE = Path(__file__).resolve().parent


@cache
def root() -> Path:
    """The folder that holds ``notebooks/``, ``sql/`` and ``examples/``."""
    data = _PACKAGE / "_data"
    return data if data.is_dir() else _PACKAGE.parents[1]


@cache
def sql(name: str) -> LiteralString:
    """The text of ``sql/<name>.sql``. A shipped file counts as a literal: it is vouched for as code is."""
    text: Any = (root() / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return cast(LiteralString, text)
