"""What the name of a column says of its numbers and moments. The last word that says something decides: a `status_count` is a count."""

import re
from enum import Enum

from parloader.plans.shape import Column, Kind

YEAR_SECONDS = 365 * 86_400


def words(name: str) -> tuple[str, ...]:
    """The words of a name in snake or camel case, in lower case."""
    return tuple(word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name))


def _each(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The least and the greatest plausible number
NUMBERS: dict[str, tuple[int, int]] = {}
for _names, _range in (
    ("quantity qty copies items pieces seats stock", (1, 100)),
    ("count total hits views visits downloads clicks num number likes", (0, 10_000)),
    ("age", (18, 90)),
    ("year", (1990, 2024)),
    ("month", (1, 12)),
    ("quarter", (1, 4)),
    ("week", (1, 52)),
    ("day dom", (1, 28)),
    ("weekday dow", (0, 6)),
    ("hour hours", (0, 23)),
    ("minute minutes second seconds", (0, 59)),
    ("port", (1024, 65_535)),
    ("percent percentage pct progress humidity", (0, 100)),
    ("rate ratio share probability confidence", (0, 1)),
    ("score", (0, 100)),
    ("rating stars", (1, 5)),
    ("priority severity level grade tier", (1, 5)),
    ("position sort order rank seq sequence ordering ordinal idx index depth", (1, 1_000)),
    ("size bytes filesize len length", (1, 10_000_000)),
    ("width height", (16, 4_096)),
    ("weight distance", (1, 1_000)),
    ("price amount cost fee subtotal cents salary payment charge revenue", (1, 9_999)),
    ("balance budget income", (0, 99_999)),
    ("tax discount vat interest commission", (0, 25)),
    ("latitude lat", (-90, 90)),
    ("longitude lng lon long", (-180, 180)),
    ("altitude elevation", (0, 3_000)),
    ("temperature temp", (-20, 40)),
    ("duration timeout interval ttl delay elapsed latency period", (1, 3_600)),
    ("version revision attempt attempts retries tries", (1, 20)),
    ("zip postcode postal", (10_000, 99_999)),
    ("floor floors room rooms", (1, 20)),
    ("status state type kind mode category gender", (0, 9)),
    ("id ref key", (1, 1_000_000)),
):
    NUMBERS |= dict.fromkeys(_names.split(), _range)

# Where a fraction is worth more than one digit after the point would tell
FINE = _each("latitude lat longitude lng lon rate ratio share probability confidence")
FLAG_FIRST = _each("is has can was should may allow allows enable use show hide")
FLAG_LAST = _each("flag enabled disabled active deleted visible hidden locked archived verified published default required public")
CLOCK = _each("clock at on since until time timestamp ts date created updated modified changed expires expiry deleted seen login")


def number_range(name: str) -> tuple[int, int] | None:
    return next((NUMBERS[word] for word in reversed(words(name)) if word in NUMBERS), None)


def is_fine(name: str) -> bool:
    return bool(FINE.intersection(words(name)))


def is_boolean(column: Column) -> bool:
    """BOOLEAN is TINYINT(1); others are meant so by their name."""
    if column.kind is not Kind.INTEGER or column.auto_increment or column.high > 255:
        return False
    parts = words(column.name) or ("",)
    return column.type_text.lower().startswith("tinyint(1)") or parts[0] in FLAG_FIRST or parts[-1] in FLAG_LAST


def is_clock(name: str) -> bool:
    """Whether a whole number of this name is a moment in seconds since 1970."""
    parts = words(name)
    return bool(parts) and parts[-1] in CLOCK


class Tense(Enum):
    """Where on the time line a moment of a name lies."""

    GROWING = "the later the row, the later the moment"
    ANY = "within the time of the plan"
    AHEAD = "after the time of the plan"
    BIRTH = "1950 to 2005"


_AHEAD = _each("expires expiry expiration expire expired until due deadline end ends ended ending finish to next planned renewal renews")
_BIRTH = _each("birth birthday birthdate dob born")
_GROWING = _each(
    "created creation create inserted added logged occurred recorded registered received started start begin issued ordered "
    "joined posted published submitted sent paid clock timestamp ts"
)


def tense(name: str) -> Tense:
    parts = frozenset(words(name))
    if parts & _BIRTH:
        return Tense.BIRTH
    if parts & _AHEAD:
        return Tense.AHEAD
    return Tense.GROWING if parts & _GROWING else Tense.ANY
