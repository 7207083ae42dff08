"""The walkthrough's parameters: where it starts; the page's fields change them."""

from __future__ import annotations

from cronlift.notebook.parameters import ServerParameters


class WalkthroughParameters(ServerParameters):
    app: str
    env: str
    decisions: str
