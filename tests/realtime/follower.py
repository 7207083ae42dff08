"""A consumer in a process of its own that stops for ever at a named step, to be killed there: follower.py JSON."""

from __future__ import annotations

import json
import sys
import time

from cronlift.postgres.server import Server
from cronlift.realtime.consumer import Consumer, Watched
from cronlift.realtime.slot import Slot


def main() -> None:
    """``stop_at``: the step (and after how many times it was reached) where it hangs; '' for none."""
    asked = json.loads(sys.argv[1])
    reached: dict[str, int] = {}

    def said(step: str, words: str) -> None:
        reached[step] = reached.get(step, 0) + 1
        print(f"{step} {words}", flush=True)
        if [step, reached[step]] == asked["stop_at"]:
            print("HERE", flush=True)
            time.sleep(600)

    watched = Watched(asked["call"], Slot(asked["slot"], (("public", asked["table"]),)), asked["next_due"])
    Consumer(Server(), asked["database"], watched, 0.1, said).follow()


if __name__ == "__main__":
    main()
