"""The shop (shops.py) is a fixture here."""

from shops import shop

__all__ = ["shop"]
