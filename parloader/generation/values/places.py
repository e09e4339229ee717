"""Places: city, state, postal code, telephone number, coordinates and country of a row agree in all columns of a group."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from parloader.generation.context import INDEX, ColumnContext
from parloader.generation.hashing import below, between, draw_number, stream
from parloader.generation.values.compositions import LOCALE_NUMBER, Compositions
from parloader.generation.values.numbers import decimal
from parloader.plans.generators import Provider
from parloader.plans.locales import locale_data

COUNTRY = {
    "country": "country",
    "country_code": "country_code",
    "currency_code": "currency_code",
    "language": "language",
    "language_code": "language_code",
}
"""Provider → the key in a locale's file."""

CITY, STATE, POSTCODE, PHONE, LATITUDE, LONGITUDE, TIME_ZONE = range(7)  # of a line in scripts/locales/places.txt

SAMPLES = 100  # postal codes and telephone numbers of a place

LARGEST = 8  # rows in the largest city, to one in a small town

CHARACTERS = {"#": "0123456789", "%": "123456789", "@": "ABDEFGHJLNPQRSTUWXYZ"}

HOUSES = 199  # numbers in a street

SPREAD = 40_000  # millionths of a degree, about 4 km, around the centre of a city

DEGREE_DIGITS = 6


def _sample(pattern: str, number: int) -> str:
    constant = stream(0, "places", pattern, str(number))
    return "".join(CHARACTERS[c][draw_number(k, constant) % len(CHARACTERS[c])] if c in CHARACTERS else c for k, c in enumerate(pattern))


@lru_cache(maxsize=16)
def _places(locale: str) -> tuple[tuple[str, ...], ...]:
    """The places of the locale; large cities, which come first, several times."""
    places = [tuple(place) for place in locale_data(locale)["places"]]
    return tuple(place for k, place in enumerate(places) for _ in range(max(1, LARGEST // (k + 1))))


@lru_cache(maxsize=64)
def _samples(locale: str, field: int) -> pl.Series:
    return pl.Series([_sample(place[field], number) for place in _places(locale) for number in range(SAMPLES)], dtype=pl.String)


PLACES = (*COUNTRY, "address", "city", "latitude", "locale", "longitude", "phone", "postcode", "state", "street", "time_zone")
"""The providers of a place."""


def place(generator: Provider, context: ColumnContext) -> pl.Expr:
    """String; coordinates: Decimal, with `length` digits (0: six)."""
    found = _Place(generator, context)
    value = found.value(generator.name, generator.length)
    if generator.name in ("latitude", "longitude"):
        return found.row.evaluated(value, pl.Decimal(38, min(generator.length or DEGREE_DIGITS, DEGREE_DIGITS)), names=False)
    if generator.length:
        value = value.str.slice(0, generator.length).str.strip_chars_end(" ,")
    return found.row.evaluated(value, pl.String(), names=False)


class _Place:
    def __init__(self, generator: Provider, context: ColumnContext) -> None:
        self._context, self._group = context, generator.group
        self.row = Compositions("person", generator.locale, context, generator.group)
        self._locales = self.row.turns.names

    def value(self, name: str, length: int) -> pl.Expr:
        match name:
            case "locale":
                return self._by_locale(lambda locale: [locale])
            case "city" | "state" | "time_zone":
                field = {"city": CITY, "state": STATE, "time_zone": TIME_ZONE}[name]
                return self._by_locale(lambda locale: [each[field] for each in _places(locale)], self._number)
            case "postcode" | "phone":
                number = self._number * SAMPLES + self._below(name, SAMPLES)
                return self._by_locale(lambda locale: _samples(locale, POSTCODE if name == "postcode" else PHONE), number)
            case "street":
                return self._street()
            case "address":
                postcode, city = self.value("postcode", 0), self.value("city", 0)
                return pl.concat_str(self._street(), pl.lit(", "), postcode, pl.lit(" "), city)
            case "latitude" | "longitude":
                return self._degrees(name, length or DEGREE_DIGITS)
            case _:
                return self._by_locale(lambda locale: [locale_data(locale)[COUNTRY[name]]])

    def _below(self, purpose: str, count: int | pl.Expr) -> pl.Expr:
        return below(self._context.random_bits(f"place/{purpose}", group=self._group), count)

    @property
    def _number(self) -> pl.Expr:
        """The number of the place in its locale."""
        return self._below("number", self._constant(lambda locale: len(_places(locale))))

    def _constant(self, of: Callable[[str], int]) -> int | pl.Expr:
        """A number of the row's locale."""
        return self.row.of_locale([of(locale) for locale in self._locales])

    def _by_locale(self, values: Callable[[str], Any], number: pl.Expr | None = None) -> pl.Expr:
        return self.row.of_locales([list(values(locale)) for locale in self._locales], INDEX * 0 if number is None else number)

    def _street(self) -> pl.Expr:
        count = self._constant(lambda locale: len(locale_data(locale)["street"]))
        street = self._by_locale(lambda locale: locale_data(locale)["street"], self._below("street", count))
        number = (self._below("house", HOUSES) + 1).cast(pl.String)
        forms = [locale_data(locale)["street_form"] for locale in self._locales]
        result: pl.Expr | None = None
        for form in dict.fromkeys(forms):
            before, _, after = form.partition("{street}")
            pieces = [pl.lit(before.partition("{number}")[k]) for k in (0, 2)], [pl.lit(after.partition("{number}")[k]) for k in (0, 2)]
            first = [pieces[0][0], number, pieces[0][1]] if "{number}" in before else [pl.lit(before)]
            last = [pieces[1][0], number, pieces[1][1]] if "{number}" in after else [pl.lit(after)]
            text = pl.concat_str(*first, street, *last)
            locales = [k for k, each in enumerate(forms) if each == form]
            result = text if result is None else pl.when(LOCALE_NUMBER.is_in(locales)).then(text).otherwise(result)
        assert result is not None
        return result

    def _degrees(self, name: str, digits: int) -> pl.Expr:
        field = LATITUDE if name == "latitude" else LONGITUDE
        lists = [[int(Decimal(each[field]).scaleb(DEGREE_DIGITS)) for each in _places(locale)] for locale in self._locales]
        starts = [sum(map(len, lists[:k])) for k in range(len(lists))]
        at = self._number + self.row.of_locale(starts)
        centre = pl.lit(pl.Series([value for each in lists for value in each], dtype=pl.Int64)).gather(at)
        near = centre + between(self._context.random_bits(f"place/{name}", group=self._group), -SPREAD, SPREAD)
        return decimal(near // 10 ** max(0, DEGREE_DIGITS - digits), min(digits, DEGREE_DIGITS))
