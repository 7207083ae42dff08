"""Alternatives to asking again and again: what sets a job off when its tables change. Proposals, never a default."""
