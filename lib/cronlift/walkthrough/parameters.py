"""The walkthrough's parameters: where it starts; the page's fields change them."""

from __future__ import annotations

from pathlib import Path

from cronlift.notebook.parameters import ServerParameters, resolve


class WalkthroughParameters(ServerParameters):
    app: str
    env: str
    decisions: str
    proof_service: str
    proof_dsn_env: str

    @property
    def folder_of_app(self) -> Path:
        return resolve(self.app)

    @property
    def decisions_file(self) -> Path | None:
        return resolve(self.decisions) if self.decisions else None
