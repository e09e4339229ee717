"""Codes: texts of a pattern, some with check digits. Number n of a pattern is one code, and each code has one number.

In a pattern, # is a digit, % a digit from 1 to 9, ? a capital letter, & a capital letter or a digit (without 0, 1, I, O and Q). A backslash makes
the next character stand for itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from parloader.errors import UsageError

DIGITS = "0123456789"

ALPHABETS = {
    "#": DIGITS,
    "%": "123456789",
    "?": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "&": "23456789ABCDEFGHJKLMNPRSTUVWXYZ",
}
"""Placeholder → the characters that it stands for."""

CHECK = "="
"""A check character, in the patterns of NAMED."""


@dataclass(frozen=True)
class Scheme:
    """A code that has a name."""

    pattern: str
    check: str  # how the check characters follow from the others: generation/values/codes.py


NAMED = {
    # GS1 leaves numbers that begin with 2 (in a UPC with 4) to the stores: no product of a manufacturer has them
    "ean13": Scheme("2###########=", "ean"),
    "ean8": Scheme("2######=", "ean"),
    "upc": Scheme("4##########=", "ean"),
    "isbn13": Scheme("978#########=", "ean"),
    "isbn10": Scheme("#########=", "isbn10"),
    # Numbers of test cards and test devices
    "credit_card": Scheme("400000#########=", "luhn"),
    "imei": Scheme("00101#########=", "luhn"),
    # Bank codes that begin with 0 belong to no bank
    "iban": Scheme("DE==0#################", "iban"),
    "iban_de": Scheme("DE==0#################", "iban"),
    "iban_fr": Scheme("FR==00000#################0", "iban"),
    "iban_es": Scheme("ES==0000################", "iban"),
    "iban_it": Scheme("IT==X00000################0", "iban"),
    "iban_pl": Scheme("PL==0000####################", "iban"),
    "iban_nl": Scheme("NL==TEST0#########", "iban"),
    "iban_gb": Scheme("GB==TEST00############", "iban"),
    # ISO 6346 for containers, UPU S10 for parcels, ISO 3779 for vehicles
    "container": Scheme("???U######=", "container"),
    "tracking": Scheme("RR########=US", "s10"),
    "vin": Scheme("1ZZ&&&##=&&######", "vin"),
}
"""Name of a code → its scheme."""


@dataclass(frozen=True)
class Pattern:
    """A code's places: at each one the characters that may be there; empty for a check character."""

    places: tuple[str, ...]
    check: str | None = None

    @property
    def varying(self) -> tuple[int, ...]:
        """The places with several characters."""
        return tuple(k for k, place in enumerate(self.places) if len(place) > 1)

    @property
    def halves(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The varying places, divided so that both parts have about equally many values."""
        places = self.varying
        sizes = [len(self.places[k]) for k in places]
        middle = min(range(len(places) + 1), key=lambda k: max(prod(sizes[:k]), prod(sizes[k:])))
        return places[:middle], places[middle:]

    def count(self, places: tuple[int, ...]) -> int:
        """How many values these places have together."""
        return prod(len(self.places[k]) for k in places)

    @property
    def characters(self) -> tuple[str, ...]:
        """All characters that may be at each place."""
        return tuple(place or f"{DIGITS}X" for place in self.places)


@lru_cache(maxsize=256)
def parse(pattern: str) -> Pattern:
    """The pattern, or the one of this name. UsageError: it is not valid."""
    scheme = NAMED.get(pattern)
    places: list[str] = []
    characters = iter(scheme.pattern if scheme else pattern)
    for character in characters:
        if character == "\\":
            character = next(characters, "")
            if not character:
                raise UsageError(f"the pattern {pattern!r} ends with a backslash", "Write the backslash twice")
            places.append(character)
        elif character == CHECK and scheme:
            places.append("")
        else:
            places.append(ALPHABETS.get(character, character))
    return Pattern(tuple(places), scheme.check if scheme else None)


def capacity(pattern: str) -> int:
    """How many codes the pattern has."""
    parsed = parse(pattern)
    return parsed.count(parsed.varying)
