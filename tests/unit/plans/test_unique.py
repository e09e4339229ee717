"""Unique values: different for each n, in the order of n, and decoded back to n."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parloader.errors import UsageError
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.generation.values.unique import first_values
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.unique import capacity, like_pattern, position_of, text_of, value_of

numbers = st.integers(-(10**6), 10**6)

uniques = st.one_of(
    st.builds(lambda low: Unique(form=UniqueKind.INTEGER, low=low, high=2**63 - 1 - 10**6), numbers),
    st.builds(lambda low, step: Unique(form=UniqueKind.INTEGER, low=low, high=low + 10**15, step=step), numbers, st.integers(2, 1000)),
    st.builds(lambda low, scale: Unique(form=UniqueKind.DECIMAL, low=low, high=10**15, scale=scale), numbers, st.integers(0, 20)),
    st.builds(
        lambda length, prefix, suffix: Unique(form=UniqueKind.TEXT, length=length, prefix=prefix, suffix=suffix),
        st.integers(1, 20),
        st.text("aZ9-_%|", max_size=4),
        st.text("aZ9-_%|", max_size=4),
    ),
    st.builds(
        lambda length, base: Unique(form=UniqueKind.TEXT, length=length, base=base, prefix="1"),
        st.integers(1, 12),
        st.sampled_from([2, 10, 16]),
    ),
    st.builds(
        lambda length, prefix: Unique(form=UniqueKind.BYTES, length=length + 2, prefix=prefix),
        st.integers(1, 12),
        st.sampled_from(["", "ff", "00A1"]),
    ),
    st.sampled_from([Unique(form=form) for form in (UniqueKind.UUID, UniqueKind.INET4, UniqueKind.INET6)]),
    st.just(Unique(form=UniqueKind.UUID, prefix="0123ABCD-0000-4000-9000-")),
    st.just(Unique(form=UniqueKind.UUID, prefix="00000000000040008000")),
    st.just(Unique(form=UniqueKind.DATE, low=-100_000, high=2_000_000)),
    st.just(Unique(form=UniqueKind.DATETIME, low=-(10**10), high=2 * 10**11)),
    st.just(Unique(form=UniqueKind.DATE, low=0, high=2_000_000, step=31)),
    st.just(Unique(form=UniqueKind.DATETIME, low=0, high=2 * 10**11, step=86_400)),
    st.just(Unique(form=UniqueKind.UUID, prefix="0" * 20)),
    st.just(Unique(form=UniqueKind.TIME, low=-3_000_000, high=3_000_000)),
)


def none(*_: object) -> pl.Expr:
    raise AssertionError


def made(unique: Unique, numbers: list[int]) -> list[Any]:
    """The generated values of these n."""
    place = ColumnContext(seed=1, table="t", column="c", rows=0, pick=none)
    frame = pl.DataFrame({"i": pl.Series(numbers, dtype=pl.Int64)})
    return frame.select(expression(unique, place).alias("value"))["value"].to_list()


def found(unique: Unique, value: Any) -> object:
    """The value as a driver returns it."""
    if unique.form != UniqueKind.TIME:
        return value
    sign, hours, minutes, seconds = re.fullmatch(r"(-?)(\d{2,}):(\d\d):(\d\d)", value).groups()  # type: ignore[union-attr]
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds)) * (-1 if sign else 1)


ORDER: dict[UniqueKind, Callable[[Any], Any]] = {
    UniqueKind.INET4: IPv4Address,
    UniqueKind.INET6: IPv6Address,
    UniqueKind.TEXT: str.casefold,
}


@given(unique=uniques, data=st.data())
def test_each_n_has_its_own_value_and_is_decoded_from_it(unique: Unique, data: st.DataObject) -> None:
    room = min(capacity(unique), 2**62)
    numbers = sorted(data.draw(st.sets(st.integers(0, room - 1) | st.integers(0, min(room - 1, 40)), min_size=1, max_size=20)))
    values = [found(unique, value) for value in made(unique, numbers)]
    assert [position_of(unique, value) for value in values] == numbers
    assert unique.form is not UniqueKind.TEXT or [text_of(unique, n) for n in numbers] == values
    if unique.form not in (UniqueKind.TEXT, UniqueKind.UUID):
        assert [value_of(unique, n) if unique.form is UniqueKind.BYTES else str(value_of(unique, n)) for n in numbers] == [
            value if unique.form is UniqueKind.BYTES else str(value) for value in made(unique, numbers)
        ]
    keys = [ORDER.get(unique.form, lambda value: value)(value) for value in values]
    assert all(one < other for one, other in pairwise(keys))


@given(unique=uniques)
def test_first_values_are_those_of_the_first_rows(unique: Unique) -> None:
    assert list(first_values(unique, 5)) == made(unique, [0, 1, 2, 3, 4])


def regex(like: str) -> str:
    """The regular expression of a LIKE pattern whose escape character is |."""
    wild = {"_": ".", "%": ".*"}
    return "".join(wild.get(token) or re.escape(token[-1]) for token in re.findall(r"\|.|.", like))


@given(unique=uniques)
def test_texts_match_their_pattern(unique: Unique) -> None:
    like = like_pattern(unique)
    if unique.form in (UniqueKind.TEXT, UniqueKind.UUID):
        assert like is not None
        assert all(re.fullmatch(regex(like), value) for value in made(unique, [0, capacity(unique) - 1]))
    else:
        assert like is None


def test_wildcards_in_prefix_and_suffix_are_escaped() -> None:
    assert like_pattern(Unique(form=UniqueKind.TEXT, length=2, prefix="a_%|", suffix="z")) == "a|_|%||__z"


@pytest.mark.parametrize(
    ("unique", "value", "expected"),
    [
        (Unique(form=UniqueKind.INTEGER, low=10, high=20), 9, None),
        (Unique(form=UniqueKind.INTEGER, low=10, high=20), 500, 490),
        (Unique(form=UniqueKind.INTEGER, low=10, high=20), Decimal("12.9"), 2),
        (Unique(form=UniqueKind.INTEGER, low=10, high=20), b"\x00\x0c", 2),
        (Unique(form=UniqueKind.DECIMAL, low=0, high=99, scale=1), Decimal("1.29"), 12),
        (Unique(form=UniqueKind.DECIMAL, low=0, high=99, scale=1), Decimal("-0.01"), None),
        (Unique(form=UniqueKind.TEXT, length=3, prefix="u-"), "U-00Z", 35),
        (Unique(form=UniqueKind.TEXT, length=3, prefix="u-"), "u-0010", None),
        (Unique(form=UniqueKind.TEXT, length=3, prefix="u-"), "u-0é1", 35 * 36 + 1),
        (Unique(form=UniqueKind.BYTES, length=3, prefix="ff"), b"\xfe\xff\xff", None),
        (Unique(form=UniqueKind.BYTES, length=3, prefix="ff"), b"\xff\x01", 255),
        (Unique(form=UniqueKind.BYTES, length=3, prefix="ff"), b"\xff\x01\x00\x07", 256),
        (Unique(form=UniqueKind.BYTES, length=3, prefix="00"), b"\x01", 65536),
        (Unique(form=UniqueKind.INET4), "9.255.255.255", None),
        (Unique(form=UniqueKind.INET6), "2001:db8::1", None),
        (Unique(form=UniqueKind.INET6), "2001:db8:1000:1000:1000:1001::", 61440**2 - 1),
        (Unique(form=UniqueKind.INET6), "fe80::1", 61440**3),
        (Unique(form=UniqueKind.DATE, low=0, high=9), date(1970, 1, 3), 2),
        (Unique(form=UniqueKind.DATETIME, low=0, high=9), datetime(1970, 1, 1, 0, 0, 3, 999_999), 3),
        (Unique(form=UniqueKind.VALUES, values=("b", "a")), "a", 1),
        (Unique(form=UniqueKind.VALUES, values=("b", "a")), "c", None),
    ],
)
def test_a_value_of_another_form_counts_as_the_next_lower_one(unique: Unique, value: object, expected: int | None) -> None:
    assert position_of(unique, value) == expected


@pytest.mark.parametrize(
    ("unique", "size"),
    [
        (Unique(form=UniqueKind.INTEGER, low=-1, high=1), 3),
        (Unique(form=UniqueKind.INTEGER, low=2, high=1), 0),
        (Unique(form=UniqueKind.TEXT, length=0, prefix="only"), 1),
        (Unique(form=UniqueKind.TEXT, length=4), 36**4),
        (Unique(form=UniqueKind.TEXT, length=30), 2**63 - 1),
        (Unique(form=UniqueKind.BYTES, length=2, prefix="ff"), 256),
        (Unique(form=UniqueKind.VALUES, values=(1, 2)), 2),
        (Unique(form=UniqueKind.TIME, low=0, high=86_399), 86_400),
    ],
)
def test_capacity(unique: Unique, size: int) -> None:
    assert capacity(unique) == size


def test_too_few_values_are_refused_with_what_fits() -> None:
    place = ColumnContext(seed=1, table="t", column="c", rows=300, offset=56, pick=none)
    with pytest.raises(
        UsageError,
        match=r"table t, column c: 300 rows need unique values, but the bytes form has only 256 \(56 are in use\)\. Load at most 200 rows",
    ):
        expression(Unique(form=UniqueKind.BYTES, length=1), place)


def test_the_offset_is_where_n_begins() -> None:
    place = ColumnContext(seed=1, table="t", column="c", rows=2, offset=36, pick=none)
    frame = pl.DataFrame({"i": [0, 1]}).select(expression(Unique(form=UniqueKind.TEXT, length=2, prefix="x"), place).alias("c"))
    assert frame["c"].to_list() == ["x10", "x11"]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("0000-00-00", None),
        ("0000-12-31", None),
        ("0001-01-00", None),
        ("2024-00-00", date(2023, 12, 31)),
        ("2024-03-00", date(2024, 2, 29)),
        ("2024-02-31", date(2024, 2, 29)),
    ],
)
def test_a_date_that_is_none_follows_the_last_one_before_it(text: str, last: date | None) -> None:
    """The driver returns these as text."""
    days = Unique(form=UniqueKind.DATE, low=-800_000, high=2_932_896)
    assert position_of(days, text) == (None if last is None else position_of(days, last))
    seconds = Unique(form=UniqueKind.DATETIME, low=-800_000 * 86_400, high=2_932_896 * 86_400)
    at_end = None if last is None else position_of(seconds, datetime(last.year, last.month, last.day, 23, 59, 59))
    assert position_of(seconds, f"{text} 10:00:00") == at_end
