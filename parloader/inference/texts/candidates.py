"""Generators of texts that a column may get by its role, and whether it accepts all of their values."""

from dataclasses import replace
from typing import NoReturn

import polars as pl

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.values.places import CITY, PHONE, POSTCODE, STATE, TIME_ZONE
from parloader.generation.values.texts import USUAL_COUNTS
from parloader.inference.texts import text_columns
from parloader.plans.compositions import FAMILY_OF, locales_of, parts, slug, source
from parloader.plans.generators import Const, Generator, Provider, Scalar, Slug, Unique, UniqueKind
from parloader.plans.locales import LOCALES, locale_data
from parloader.plans.unique import capacity
from parloader.schema.checks.automata import allows
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

SAMPLED = 2_000
"""Values that are tested if the column does not accept every text of their length."""

COORDINATE_DIGITS = 6

MAX_LONGEST = 255  # characters, if a text has several sentences

HOUSE = 8  # characters of a house number and what is around it

FIELDS = {"city": CITY, "state": STATE, "postcode": POSTCODE, "phone": PHONE, "time_zone": TIME_ZONE}
"""Provider → its field of a place."""


def is_plain(generator: Generator) -> bool:
    """Whether the generator is one of texts or numbers that says nothing of other columns."""
    return not isinstance(generator, Const) and all(
        type(each).__name__ not in ("When", "Pick", "After", "Expr") for each in generator.walk()
    )


def unique(column: ColumnSchema, form: str, locale: str | tuple[str, ...], group: str | None) -> list[Unique]:
    """A different value in each row."""
    found = Unique(form=UniqueKind(form), locale=locale, group=group)
    return [Unique(form=found.form, locale=locale, group=group, length=_limit(column, longest(form, locale) + 4))]


def unique_slug(column: ColumnSchema, of: str, locale: str | tuple[str, ...], group: str) -> list[Unique]:
    """The slug of the group's name, product, company or title."""
    return [Unique(form=UniqueKind.SLUG, of=of, locale=locale, group=group, length=_limit(column, longest(of, locale) + 4))]


def provided(column: ColumnSchema, provider: str, locale: str | tuple[str, ...], group: str | None) -> list[Provider]:
    """A value of the provider, as long as the column allows."""
    if column.kind is ColumnType.TEXT:
        if provider in ("latitude", "longitude"):
            return []
        return [Provider(name=provider, locale=locale, group=group, length=_limit(column, longest(provider, locale)))]
    if provider in ("latitude", "longitude") and column.kind in (ColumnType.DECIMAL, ColumnType.REAL):
        digits = column.scale if column.kind is ColumnType.DECIMAL else 2 if column.single else COORDINATE_DIGITS
        return [Provider(name=provider, locale=locale, group=group, length=0 if digits >= COORDINATE_DIGITS else digits)] if digits else []
    return []


def _limit(column: ColumnSchema, longest: int) -> int:
    return column.length if 0 < column.length < longest else 0


def longest(provider: str, locale: str | tuple[str, ...]) -> int:
    """Characters of the provider's longest value, or more."""
    if (family := FAMILY_OF.get(provider)) is not None:
        return max(max(parts(family, source(family, each)).longest) for each in locales_of(locale)) + (12 if provider == "email" else 0)
    data = [locale_data(each) for each in locales_of(locale)]
    if provider in FIELDS:
        return max(len(place[FIELDS[provider]]) for each in data for place in each["places"])
    if provider == "street":
        return max(len(street) for each in data for street in each["street"]) + HOUSE
    if provider == "address":
        return sum(longest(part, locale) for part in ("street", "postcode", "city")) + len(",  ")
    values = [each.get(provider, ()) for each in data]
    if provider == "locale" or all(isinstance(each, str) for each in values):
        return max(len(str(each)) for each in (*values, LOCALES[0]))
    return MAX_LONGEST if provider in USUAL_COUNTS else max((len(value) for each in values for value in each), default=MAX_LONGEST)


def listed(provider: str) -> tuple[str, ...]:
    """The values of a list of the first locale; empty: it has none."""
    values = locale_data("en_US").get(provider, ())
    return tuple(values) if isinstance(values, list) else ()


def have_different_slugs(values: tuple[Scalar, ...]) -> bool:
    slugs = {slug(str(value)) for value in values}
    return len(slugs) == len(values) and "" not in slugs


def fits(column: ColumnSchema, domain: Domain, generator: Generator, table: str, needed: int) -> bool:
    """Whether the column accepts the values of the generator. `needed`: how many different ones there must be."""
    if isinstance(generator, Unique) and capacity(generator) < needed:
        return False
    if column.kind not in (ColumnType.TEXT, ColumnType.JSON):
        return domain == Domain() or (domain.null is False and domain == Domain(null=False))
    size = text_columns.lengths(column, domain)
    if size is None:
        return False
    if isinstance(generator, Unique) and text_columns.mixes_letters(column):
        return False
    if isinstance(generator, Slug):
        return text_columns.is_limited_by_length_only(domain) and size.min <= 1 and size.max >= column.length
    samples = _samples(generator, table, column.name)
    apart = replace(domain, matches=None, several=False)
    unlimited = text_columns.is_limited_by_length_only(domain)
    return all(
        size.min <= len(text) <= (column.length or size.max)
        and len(text) <= max(size.max, text_columns.MAX_LENGTH if domain.max_length is domain.max_bytes is None else 0)
        and text_columns.fits_charset(column, text)
        and (unlimited or (text_columns.accepts(apart, text) and allows(domain.all_patterns, text)))
        for text in samples
    )


def _samples(generator: Generator, table: str, column: str) -> list[str]:
    """Different values of rows at the beginning, and of rows in which names have a number."""
    context = ColumnContext(seed=0, table=table, column=column, rows=1, pick=_no_parents)
    starts = [0]
    if isinstance(generator, Unique) and generator.form in FAMILY_OF:
        starts += [start for start in (200_000, 20_000_000) if start + SAMPLED < capacity(generator)]
    if isinstance(generator, Unique) and generator.form is UniqueKind.CODE:
        starts = [0]
    rows = [i for start in starts for i in range(start, start + min(SAMPLED, _count(generator)))]
    frame = pl.DataFrame({"i": pl.Series(rows, dtype=pl.Int64)})
    return [str(value) for value in frame.select(expression(generator, context).alias("v"))["v"].unique().to_list()]


def _count(generator: Generator) -> int:
    return min(SAMPLED, capacity(generator)) if isinstance(generator, Unique) else SAMPLED


def _no_parents(*_: object) -> NoReturn:
    raise AssertionError("a text picks no parent rows")
