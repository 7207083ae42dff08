"""The walkthrough: the same stages as ``cronlift run``, one button each, for people in JupyterLab."""

from cronlift.walkthrough.panel import Walkthrough
from cronlift.walkthrough.parameters import WalkthroughParameters

__all__ = ["Walkthrough", "WalkthroughParameters"]
