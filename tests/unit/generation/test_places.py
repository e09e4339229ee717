"""Places: every column of a row is about the same one."""

import re
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.values.places import PLACES
from parloader.plans.compositions import locales_of
from parloader.plans.generators import OF_LOCALES, Provider
from parloader.plans.locales import LOCALES, locale_data

CLASSES = {"#": "[0-9]", "%": "[1-9]", "@": "[A-Z]"}


def no_parents(*_: object) -> NoReturn:
    raise AssertionError


def column(name: str, locale: Any, rows: int, seed: int = 0, offset: int = 0, length: int = 0) -> list[Any]:
    context = ColumnContext(seed=seed, table="t", column=name, rows=rows, offset=offset, pick=no_parents)
    generator = Provider(name=name, locale=locale, group="home", length=length)
    frame = pl.DataFrame({"i": pl.int_range(rows, dtype=pl.Int64, eager=True)})
    return frame.select(expression(generator, context).alias("v"))["v"].to_list()


def matches(pattern: str, text: str) -> bool:
    return re.fullmatch("".join(CLASSES.get(c, re.escape(c)) for c in pattern), text) is not None


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(LOCALES) | st.just("world") | st.just(("ja_JP", "fr_FR", "vi_VN")), st.integers(0, 9), st.integers(0, 10**9))
def test_the_columns_of_a_group_are_about_one_place(locale: Any, seed: int, offset: int) -> None:
    rows = 60
    of = partial(column, locale=locale, rows=rows, seed=seed, offset=offset)
    names = ("locale", "country", "country_code", "currency_code", "language", "language_code")
    facts = {name: of(name) for name in names}
    city, state, postcode, phone, zone, street, address = map(of, ("city", "state", "postcode", "phone", "time_zone", "street", "address"))
    latitude, longitude = of("latitude"), of("longitude")
    for n in range(rows):
        data = locale_data(facts["locale"][n])
        assert all(facts[name][n] == data[name] for name in names[1:])
        places = [each for each in data["places"] if (each[0], each[1], each[6]) == (city[n], state[n], zone[n])]
        assert any(
            matches(each[2], postcode[n])
            and matches(each[3], phone[n])
            and abs(latitude[n] - Decimal(each[4])) <= Decimal("0.04")
            and abs(longitude[n] - Decimal(each[5])) <= Decimal("0.04")
            for each in places
        )
        assert any(name in street[n] for name in data["street"])
        assert address[n] == f"{street[n]}, {postcode[n]} {city[n]}"


def test_every_locale_has_its_turn() -> None:
    found = column("locale", "world", 13)
    assert sorted(found) == sorted(locales_of("world"))


@pytest.mark.parametrize("name", PLACES)
def test_texts_fit_and_coordinates_have_digits(name: str) -> None:
    assert name in OF_LOCALES
    if name in ("latitude", "longitude"):
        assert all(-value.as_tuple().exponent == 2 for value in column(name, "world", 50, length=2))
    else:
        assert all(0 < len(value) <= 7 for value in column(name, "world", 50, length=7))


@pytest.mark.parametrize("locale", LOCALES)
def test_telephone_numbers_begin_with_the_code_of_the_country(locale: str) -> None:
    """And belong to nobody: the fictional ranges of the regulators, or an exchange or line of zeros that none assigns."""
    data = locale_data(locale)
    for place in data["places"]:
        assert place[3].startswith(f"{data['telephone_code']} ")
        fictional = re.search(r"555 01|7946 0|496 0|498 0|2018 0|9018 0|1632 960|23125|66969|99998|4710|90009|39200|040690| 99 00 | 61 91 | 53 01 "
            r"| 65 71 | 36 49 |0 00 |000|90000", place[3])  # fmt: skip
        assert fictional, place
