"""The walkthrough: the same stages as ``cronlift run``, step by step, for people in JupyterLab."""

from cronlift.walkthrough.page import Walkthrough
from cronlift.walkthrough.parameters import WalkthroughParameters

__all__ = ["Walkthrough", "WalkthroughParameters"]
