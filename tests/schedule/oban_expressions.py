"""Random Oban expressions for tests and benchmarks: all forms Oban reads, none it refuses."""

from __future__ import annotations

from random import Random

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_COMMON = (
    "* * * * *", "*/5 * * * *", "*/15 * * * *", "0 * * * *", "0 */6 * * *", "30 2 * * *", "0 5 * * SUN",
    "0 5 1-7 * SUN", "0 0 13 * FRI",
    "0 9-17 * * MON-FRI", "0 0 1 */3 *", "@daily", "@hourly", "@weekly", "@monthly", "@yearly",
    "0 0 */2 * MON", "5/10 * * * *", "0 22,23,0,1 * * *", "0 0 8-14 * 2", "59 23 28-31 * *",
)  # fmt: skip


def _item(chance: Random, place: int) -> str:
    low, high = BOUNDS[place]
    first, second = sorted((chance.randint(low, high), chance.randint(low, high)))
    step = chance.randint(1, high + 5)
    names = {3: _MONTHS, 4: _WEEKDAYS}.get(place)
    if names and chance.random() < 0.3:
        return f"{names[first - low]}-{names[second - low]}" if chance.random() < 0.4 else names[first - low]
    forms = (str(first), str(first), f"{first}-{second}", f"{first}-{second}/{step}", f"*/{step}", f"{first}/{step}")
    return chance.choice(forms)


def random_oban(chance: Random) -> str:
    """An expression that fires at least once in some year."""
    if chance.random() < 0.1:
        return chance.choice(_COMMON)
    fields = []
    for place in range(5):
        if chance.random() < (0.35, 0.35, 0.55, 0.7, 0.55)[place]:
            fields.append("*")
        else:
            fields.append(",".join(_item(chance, place) for _ in range(chance.choice((1, 1, 1, 2, 3)))))
    if fields[2] != "*" and fields[3] != "*":
        fields[3] = "*"  # days a month does not have: cases of their own
    return " ".join(fields)
