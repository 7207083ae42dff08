"""What the application's database says of managed jobs: the gate (who runs it), and the fence's alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Gate:
    """A row of ``cronlift.gate``. pg_cron owns firings t with ``since`` <= t < ``until`` while it is ``open``."""

    job: str
    state: str
    since: datetime | None
    until: datetime | None
    hits_after_complete: int = 0
    last_hit: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether pg_cron is to do the work."""
        return self.state in ("started", "completed")

    def owns(self, tick: datetime) -> bool:
        """Whether a firing is pg_cron's."""
        return self.since is not None and self.since <= tick and (self.until is None or tick < self.until)

    @property
    def words(self) -> str:
        """Why pg_cron does nothing at its firings."""
        return {
            "shut": "the application runs it: the handover has not started",
            "paused": "it is paused: neither side runs it",
            "rolled_back": "it was given back: the application runs it",
            "disarmed": "it was disarmed: this is another database than the one it was installed in",
        }.get(self.state, f"its gate is {self.state}")

    @property
    def do(self) -> str:
        """The command for it."""
        verb = {"shut": "start", "paused": "resume", "rolled_back": "start"}.get(self.state, "status")
        return f"cronlift jobs {verb} --job {self.job}"
