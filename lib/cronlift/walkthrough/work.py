"""One thing at a time, away from the kernel's own thread, so that the page never freezes.

A callback only starts something; while it runs, the page hears every half second how long it has taken and what
was reported (``notebook/progress.py``).
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cronlift.errors import CronliftError
from cronlift.notebook import progress

TICK = 0.5
"""Seconds between two looks at the progress."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Watched:
    """What a job is given: ``environment`` for the kernels it starts, ``tell`` for its own reports, and
    ``stopped``, which says whether somebody pressed Stop."""

    environment: Mapping[str, str]
    tell: Callable[[str], None]
    stopped: Callable[[], bool]


class Work:
    """The page's one worker."""

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._stop = threading.Event()

    @property
    def busy(self) -> bool:
        return self._one.locked()

    def stop(self) -> None:
        """Ask the running job to end; only jobs that wait for something listen."""
        self._stop.set()

    def start(
        self,
        job: Callable[[Watched], None],
        *,
        starting: Callable[[], None],
        heard: Callable[[float, list[Event]], None],
        ended: Callable[[str], None],
    ) -> threading.Thread | None:
        """Run ``job`` in a thread; None where something runs already.

        ``starting`` is called first; ``heard`` gets the seconds so far and the new events; ``ended`` the error in
        words, empty where there is none.
        """
        if not self._one.acquire(blocking=False):
            return None
        self._stop.clear()
        starting()
        thread = threading.Thread(target=self._run, args=(job, heard, ended), daemon=True)
        thread.start()
        return thread

    def _run(
        self,
        job: Callable[[Watched], None],
        heard: Callable[[float, list[Event]], None],
        ended: Callable[[str], None],
    ) -> None:
        said = ""
        with tempfile.TemporaryDirectory(prefix="cronlift-progress-") as folder:
            path = Path(folder) / "events"
            over = threading.Event()
            listener = threading.Thread(target=self._listen, args=(path, heard, over), daemon=True)
            listener.start()

            def tell(text: str) -> None:
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(progress.line(text=text))

            try:
                job(Watched({progress.FILE: str(path)}, tell, self._stop.is_set))
            except CronliftError as error:
                said = str(error)
            except Exception as error:  # a bug of ours must be seen on the page, and must not leave it locked
                said = f"a bug in cronlift: {type(error).__name__}: {error}"
            finally:
                over.set()
                listener.join()
                self._one.release()
        ended(said)

    @staticmethod
    def _listen(path: Path, heard: Callable[[float, list[Event]], None], over: threading.Event) -> None:
        follower, started = progress.Follower(path), time.monotonic()
        while True:
            last = over.is_set()
            heard(time.monotonic() - started, list(follower.events()))
            if last:
                return
            over.wait(TICK)
