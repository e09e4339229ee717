"""People, products, companies and titles: different by arithmetic, the same in all columns of a group, and recognized in existing rows."""

from itertools import product
from typing import NoReturn

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.hashing import draw, stream
from parloader.generation.values.compositions import Turns, taken_numbers
from parloader.generation.values.scattered_pairs import number_of, scattered
from parloader.plans.compositions import FAMILIES, FORMS, parts, source
from parloader.plans.generators import Generator, Provider, Unique, UniqueKind
from parloader.plans.locales import LOCALES, plain, spelling
from parloader.plans.unique import capacity

MANY = 10_000_000

UNIQUE = [*sorted(set(FORMS) - {"slug"})]

locales = st.sampled_from(LOCALES) | st.just("world") | st.lists(st.sampled_from(LOCALES), min_size=2, max_size=4).map(tuple)


def context(seed: int = 0, offset: int = 0, column: str = "c") -> ColumnContext:
    return ColumnContext(seed=seed, table="t", column=column, rows=1, offset=offset, pick=no_parents)


def no_parents(*_: object) -> NoReturn:
    raise AssertionError


def values(generator: Generator, numbers: list[int], seed: int = 0, offset: int = 0, column: str = "c") -> list[str]:
    frame = pl.DataFrame({"i": pl.Series(numbers, dtype=pl.Int64)})
    return frame.select(expression(generator, context(seed, offset, column)).alias("v"))["v"].to_list()


@given(st.integers(1, 900), st.integers(1, 900), st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(0, 9))
def test_a_number_is_found_from_its_pair(rows: int, columns: int, turns: list[int], seed: int) -> None:
    numbers = [turn * rows * columns + turn % (rows * columns) for turn in turns]

    def bits(k: int, number: pl.Expr) -> pl.Expr:
        return draw(number, stream(seed, "t", "c", str(k)))

    frame = scattered(pl.DataFrame({"number": pl.Series(numbers, dtype=pl.Int64)}), rows, columns, bits)
    assert frame["a"].is_between(0, rows - 1).all()
    assert frame["b"].is_between(0, columns - 1).all()
    assert number_of(frame, rows, columns, bits).to_list() == numbers


def test_each_pair_occurs_once_in_a_turn() -> None:
    frame = scattered(pl.DataFrame({"number": pl.int_range(3 * 35, eager=True)}), 7, 5, lambda k, n: draw(n, stream(1, "", "", str(k))))
    pairs = list(frame.select("turn", "a", "b").rows())
    assert sorted(pairs) == list(product(range(3), range(7), range(5)))
    assert pairs != sorted(pairs)


@given(st.lists(st.sampled_from(LOCALES), min_size=1, max_size=9), st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_locales_take_turns_and_a_row_is_found_from_its_turn(names: list[str], numbers: list[int]) -> None:
    turns = Turns(tuple(names), lambda purpose, number: draw(number, stream(3, "t", "c", purpose)))
    frame = pl.DataFrame({"n": pl.Series(numbers, dtype=pl.Int64)})
    locale, number = turns.of(pl.col("n"))
    frame = frame.with_columns(locale=locale, number=number)
    assert frame.select(back=turns.number(pl.col("locale"), pl.col("number")))["back"].to_list() == numbers
    block = pl.DataFrame({"n": pl.int_range(len(names), eager=True)}).select(locale=turns.of(pl.col("n"))[0])["locale"]
    assert sorted(turns.names[k] for k in block) == sorted(names)


@pytest.mark.parametrize("locale", LOCALES)
def test_names_of_a_locale_differ_in_every_collation(locale: str) -> None:
    """The pair of a person's names is unique, so their address is."""
    people = parts("person", locale)
    for spelled in (people.first_spelled, people.last_spelled, people.last_female_spelled):
        assert len(set(spelled)) == len(spelled)
        assert all(name and set(name) <= set("abcdefghijklmnopqrstuvwxyz") for name in spelled)
    assert 0 < people.women < len(people.first)


def test_no_two_locales_share_a_last_name() -> None:
    spelled, shown = dict[str, str](), dict[str, str]()
    for locale in LOCALES:
        people = parts("person", locale)
        for name in (*people.last_spelled, *people.last_female_spelled):
            assert spelled.setdefault(name, locale) == locale, name
        for name in filter(None, map(plain, people.last)):
            assert shown.setdefault(name, locale) == locale, name


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"person"}))
def test_no_two_compositions_are_equal_in_any_collation(family: str) -> None:
    found: dict[str, tuple[str, str, str]] = {}
    for locale in dict.fromkeys(source(family, each) for each in LOCALES):
        of = parts(family, locale)
        for first, last in product(of.first, of.last):
            text = of.form.replace("{first}", first).replace("{last}", last).casefold()
            assert not text[-1].isdigit()  # a number follows
            key = "".join(c for c in text if c.isalnum())
            assert found.setdefault(key, (locale, first, last)) == (locale, first, last)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNIQUE), locales, st.sampled_from([0, 20, 30, 60]), st.integers(0, 5), st.integers(0, MANY))
def test_unique_texts_differ_fit_and_are_recognized(form: str, locale: str | tuple[str, ...], length: int, seed: int, start: int) -> None:
    unique = Unique(form=UniqueKind(form), locale=locale, length=length)
    if not (most := capacity(unique)):
        assert length, "without a limit there are texts"
        return
    numbers = [n % most for n in (*range(start, start + 40), 0, most - 1, start // 2)]
    texts = values(unique, numbers, seed)
    assert len({text.casefold() for text in texts}) == len(set(numbers))
    assert all(len(text) <= length for text in texts if length)
    upper = [text.upper() for text in texts]
    assert set(numbers) <= set(taken_numbers(unique, context(seed), upper).to_list())


def test_numbers_occur_only_when_all_names_have_occurred() -> None:
    unique = Unique(form=UniqueKind.EMAIL, locale="vi_VN")
    people = parts("person", "vi_VN").count
    assert people < 10_000
    texts = values(unique, list(range(2 * people)))
    assert len(set(texts)) == 2 * people
    assert not any(c.isdigit() for text in texts[:people] for c in text)
    assert all("2@" in text for text in texts[people:])


def test_other_texts_are_no_compositions() -> None:
    unique = Unique(form=UniqueKind.EMAIL, locale="en_US")
    assert taken_numbers(
        unique, context(), ["", "@", "x@example.com", "smith@example.com", "a.b.c@example.org", "12@example.com"]
    ).is_empty()


@given(locales, st.integers(0, 4), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_columns_of_a_group_are_about_one_person(locale: str | tuple[str, ...], seed: int, offset: int) -> None:
    rows = list(range(30))

    def column(name: str) -> list[str]:
        return values(Provider(name=name, locale=locale, group="p"), rows, seed, offset, column=name)

    first, last, full, email = (column(name) for name in ("first_name", "last_name", "name", "email"))
    username = values(Unique(form=UniqueKind.USERNAME, locale=locale, group="p"), rows, seed, offset, column="u")
    for n in rows:
        assert first[n] in full[n]
        assert last[n] in full[n]
        assert email[n].startswith(username[n].rstrip("0123456789"))
        assert email[n].endswith(("@example.com", "@example.org", "@example.net"))
        if full[n].isascii():
            assert spelling(first[n]) in email[n]
            assert spelling(last[n]) in email[n]


def test_another_seed_another_table_and_another_group_give_other_people() -> None:
    rows = list(range(20))
    some = values(Provider(name="name", locale="de_DE", group="p"), rows)
    assert some != values(Provider(name="name", locale="de_DE", group="p"), rows, seed=1)
    assert some != values(Provider(name="name", locale="de_DE", group="q"), rows)
    assert some == values(Provider(name="name", locale="de_DE", group="p"), rows, column="other")
    assert some[3:] == values(Provider(name="name", locale="de_DE", group="p"), rows[3:])


def test_the_first_people_of_docs_generators() -> None:
    """docs/generators.md gives these, so that anyone can compute a row."""
    found = values(Unique(form=UniqueKind.EMAIL, locale="en_US"), [0, 1, 2, 1_000_000], seed=42)
    assert found == RECORDED


RECORDED = ["beth.davis@example.org", "ralph.jenkins@example.com", "andrea.mason@example.com", "allison.west9@example.net"]
