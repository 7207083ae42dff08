"""The record of a run: its folder, the manifest that notices changes, and the page people read."""
