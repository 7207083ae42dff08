"""Python's collector of cycles, made patient while a great many small objects are built that all stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 200_000  # objects between two looks; Python's own 700 means thousands of looks while an application is read
_lock = threading.Lock()
_within = 0
_before = gc.get_threshold()


@contextmanager
def patient() -> Iterator[None]:
    """Look for cycles far less often inside of this block (in all threads: there is one collector)."""
    global _within, _before
    with _lock:
        _within += 1
        if _within == 1:
            _before = gc.get_threshold()
            gc.set_threshold(_YOUNG, *_before[1:])
    try:
        yield
    finally:
        with _lock:
            _within -= 1
            if _within == 0:
                gc.set_threshold(*_before)
