"""Runs the tests that talk to a server on every pair of PostgreSQL and pg_cron, and in both ways pg_cron runs jobs.

    make test-pairs                                  all but what `make test` has run on this machine
    make test-pairs PAIRS="17-workers" ARGS=tests/verify

A pair is a major version of PostgreSQL and ``socket`` (pg_cron connects as a client) or ``workers`` (background
workers): 15 comes with pg_cron 1.4, 17 with 1.6, each from the Debian release that has it. Which tests talk to a
server is derived from their fixtures (conftest.py, the mark ``server``).
"""

from __future__ import annotations

import os
import subprocess
import sys

from cronlift.errors import CronliftError
from cronlift.sandbox import binaries, releases
from cronlift.sandbox.account import server_account
from cronlift.sandbox.private_server import WORKERS_VARIABLE

MODES = {"socket": "off", "workers": "on"}
NEVER_RUN = ("ecto", "elixir", "generate", "proof", "sql")
"""Folders of whose tests pg_cron runs nothing: PostgreSQL's version matters to them, the way pg_cron runs jobs does
not, so they are left out where only that differs from a pair that has run."""


def all_pairs() -> list[str]:
    """Every pair there is."""
    return [f"{major}-{mode}" for major in releases.RELEASES for mode in MODES]


def usual() -> str:
    """The pair that the tests run on when nothing is asked for."""
    return f"{binaries.find(server_account(), print).major}-socket"


def run(pair: str, arguments: list[str]) -> int:
    """Run the tests on one pair; pytest's exit code."""
    major, mode = pair.split("-")
    own = {binaries.MAJOR_VARIABLE: major, WORKERS_VARIABLE: MODES[mode]}
    print(f"\n=== {pair}: {' '.join(f'{k}={v}' for k, v in own.items())} pytest -m server", flush=True)
    command = [sys.executable, "-m", "pytest", "-m", "server", *arguments]
    if mode == "workers" and not any(argument.startswith("tests") for argument in arguments):
        command += [f"--ignore=tests/{folder}" for folder in NEVER_RUN]
    environment = {**os.environ, **own}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code == 1 and "-n" in arguments:  # two processes on a small machine can be too slow for a real minute of pg_cron
        print(f"\n=== {pair}: what failed is run once more, alone; what is wrong fails again", flush=True)
        code = subprocess.run([*command, "-n", "0", "--last-failed"], env=environment, check=False).returncode
    return code


def main() -> int:
    """Run the pairs that PAIRS names, else all but the usual one; 1 where any of them failed."""
    known = all_pairs()
    try:
        pairs = os.environ.get("PAIRS", "").split() or [pair for pair in known if pair != usual()]
    except CronliftError as error:
        print(error, file=sys.stderr)
        return 1
    if unknown := [pair for pair in pairs if pair not in known]:
        print(f"no such pair: {' '.join(unknown)} (there are {' '.join(known)})", file=sys.stderr)
        return 2
    failed = [pair for pair in pairs if run(pair, sys.argv[1:]) != 0]
    print(f"\n{len(pairs)} pairs: {', '.join(pairs)}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
