"""The sections (do, rescue, …) of a definition, converted when first looked at: most functions are never reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cronlift.elixir import syntax as ast

Sections = dict[str, "ast.Block | tuple[ast.Clause, ...]"]


class LazySections(Sections):
    """A dictionary that is made by ``make`` at the first question but whether there is anything (there always is)."""

    def __init__(self, make: Callable[[], Sections]) -> None:
        super().__init__()
        self._make: Callable[[], Sections] | None = make

    def _fill(self) -> None:
        if self._make is not None:
            make, self._make = self._make, None
            super().update(make())

    def __getitem__(self, key: str) -> ast.Block | tuple[ast.Clause, ...]:
        self._fill()
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._fill()
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._fill()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self._fill()
        return super().__iter__()

    def keys(self) -> Any:
        self._fill()
        return super().keys()

    def values(self) -> Any:
        self._fill()
        return super().values()

    def items(self) -> Any:
        self._fill()
        return super().items()

    def __len__(self) -> int:
        self._fill()
        return super().__len__()

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        self._fill()
        return super().__eq__(other)

    __hash__ = None
