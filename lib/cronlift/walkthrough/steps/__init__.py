"""The nine steps of the page, one module each, in the order they are taken."""

from __future__ import annotations

from cronlift.walkthrough.steps.base import Panel
from cronlift.walkthrough.steps.classify import Classify
from cronlift.walkthrough.steps.connect import Connect
from cronlift.walkthrough.steps.generate import Generate
from cronlift.walkthrough.steps.hand_over import HandOver
from cronlift.walkthrough.steps.install import Install
from cronlift.walkthrough.steps.inventory import Inventory
from cronlift.walkthrough.steps.record import Record
from cronlift.walkthrough.steps.schedule import Schedule
from cronlift.walkthrough.steps.verify import Verify

STEPS: tuple[type[Panel], ...] = (
    Connect, Inventory, Classify, Schedule, Generate, Install, Verify, HandOver, Record,
)  # fmt: skip
