"""wal2json for a test's server, or a word that there is none."""

from __future__ import annotations

import os

import pytest

from cronlift.errors import ServerError
from cronlift.sandbox import Sandbox
from cronlift.sandbox.plugins import provide_wal2json

MISSING = "wal2json cannot be had: the tests of the change stream did not run"


def have_wal2json(server: Sandbox) -> None:
    """Let ``server`` have wal2json; where it cannot be had the test is skipped (in CI: fails)."""
    try:
        provide_wal2json(server)
    except ServerError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{MISSING} ({error.what})")
