"""Texts of locales: as many words or sentences as wanted, within a length, and slugs."""

from typing import NoReturn

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.plans.generators import COUNTED, OF_LOCALES, PROVIDERS, Const, Generator, Normal, Provider, Slug, Uniform
from parloader.plans.locales import LOCALES, locale_data


def no_parents(*_: object) -> NoReturn:
    raise AssertionError


def values(generator: Generator, numbers: list[int], texts: list[str] | None = None) -> list[str]:
    context = ColumnContext(seed=3, table="t", column="c", rows=len(numbers), pick=no_parents)
    frame = pl.DataFrame({"i": pl.Series(numbers, dtype=pl.Int64), **({} if texts is None else {"title": texts})})
    return frame.select(expression(generator, context).alias("v"))["v"].to_list()


@pytest.mark.parametrize("name", OF_LOCALES)
def test_every_provider_has_values_in_every_locale(name: str) -> None:
    for locale in LOCALES:
        found = values(Provider(name=name, locale=locale), list(range(20)))
        assert all(value is not None and str(value) for value in found)
    if name not in PROVIDERS:
        assert values(Provider(name=name), [0, 1]) == values(Provider(name=name, locale="en_US"), [0, 1])


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(LOCALES), st.integers(0, 20), st.integers(0, 10**9))
def test_a_text_has_as_many_words_as_wanted(locale: str, count: int, start: int) -> None:
    words = set(locale_data(locale)["word"])
    found = values(Provider(name="words", locale=locale, count=Const(value=count)), list(range(start, start + 9)))
    for text in found:
        assert len(text.split()) >= count if any(" " in word for word in words) else len(text.split()) == count


def test_the_count_may_be_distributed_and_rows_do_not_depend_on_their_batch() -> None:
    generator = Provider(name="text", locale="en_US", count=Normal(mean=4, deviation=2, low=1))
    all_rows = values(generator, list(range(300)))
    lengths = {text.count(".") + text.count("?") for text in all_rows}
    assert min(lengths) == 1
    assert max(lengths) >= 7
    assert values(generator, list(range(100, 200))) == all_rows[100:200]
    assert values(generator, [250]) == all_rows[250:251]


def test_no_sentence_occurs_twice_in_a_text() -> None:
    for text in values(Provider(name="text", locale="en_US", count=Const(value=30)), list(range(50))):
        sentences = text.split(". ")
        assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("length", [5, 40, 200])
def test_texts_fit_into_their_length(name: str, length: int) -> None:
    found = values(Provider(name=name, locale="de_DE", length=length, count=Uniform(low=1, high=9)), list(range(200)))
    assert all(0 < len(text) <= length for text in found)


def test_paragraphs_are_apart() -> None:
    (text,) = values(Provider(name="paragraph", locale="en_US", count=Const(value=3)), [0])
    assert len(text.split("\n\n")) == 3


def test_slugs() -> None:
    titles = ["A Beginner's Guide to C++", "Étude No. 3 – Größe", "  Łódź/Kraków ", "日本", "x" * 9]
    assert values(Slug(column="title"), [0, 1, 2, 3, 4], titles) == [
        "a-beginners-guide-to-c",
        "etude-no-3-grosse",
        "lodz-krakow",
        "",
        "x" * 9,
    ]
    assert values(Slug(column="title", length=11), [0, 1, 2, 3, 4], titles)[0] == "a-beginners"
