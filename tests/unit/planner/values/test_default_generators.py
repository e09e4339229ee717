"""Values by type: within the type and the domain, and unique where they have to be."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.planner.values.default_generators import enumerable_values, enumerated, generator
from parloader.planner.values.ordered_pairs import later, pairs
from parloader.planner.values.unique_columns import unique_generator
from parloader.plans.generators import Choice, Const, Generator, Provider, Random, Spread, Uniform, UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Matches
from parloader.schema.model import ColumnSchema, ColumnType

ROWS = 60

NAMES = ("id", "price", "is_active", "created_at", "email", "expires", "birthday", "code", "lat", "status", "clock", "uuid", "x")


def rows(made: Generator | None, count: int = ROWS) -> list[Any]:
    assert made is not None
    place = ColumnContext(seed=1, table="t", column="c", rows=count, pick=lambda pick, place: pl.lit(None))
    return pl.DataFrame({"i": range(count)}).select(expression(made, place).alias("c"))["c"].to_list()


def integer(name: str = "n", low: int = -128, high: int = 127, type_text: str = "int") -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.INTEGER, type_text=type_text, min_value=low, max_value=high)


def text(name: str = "x", length: int = 100, **more: Any) -> ColumnSchema:
    return ColumnSchema(name=name, kind=ColumnType.TEXT, type_text="varchar", length=length, charset="utf8mb4", **more)


def moment(name: str, kind: ColumnType = ColumnType.DATETIME) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, type_text=kind)


@st.composite
def numbers(draw: st.DrawFn) -> ColumnSchema:
    name = draw(st.sampled_from(NAMES))
    kind = draw(st.sampled_from([ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.REAL, ColumnType.BIT, ColumnType.YEAR]))
    bits = draw(st.sampled_from([8, 16, 24, 32, 64]))
    match kind:
        case ColumnType.INTEGER:
            low, high = draw(st.sampled_from([(0, 2**bits - 1), (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)]))
        case ColumnType.BIT:
            low, high = 0, 2 ** draw(st.integers(1, 64)) - 1
        case _:
            low, high = 1901, 2155
    precision = draw(st.integers(1, 65))
    scale = draw(st.integers(0, min(30, precision)))
    unsigned, single = draw(st.booleans()), draw(st.booleans())
    return ColumnSchema(
        name=name,
        kind=kind,
        type_text=kind,
        min_value=low,
        max_value=high,
        precision=precision,
        scale=scale,
        unsigned=unsigned,
        single=single,
    )


ends = st.one_of(
    st.none(),
    st.integers(-10, 300),
    st.integers(-(10**6), 10**6),
    st.decimals(-1000, 1000, places=2, allow_nan=False),
    st.decimals(0, 1, places=3),
)


@st.composite
def ranges(draw: st.DrawFn) -> Domain:
    return Domain(
        low=draw(ends),
        high=draw(ends),
        low_open=draw(st.booleans()),
        high_open=draw(st.booleans()),
        values=draw(st.one_of(st.none(), st.none(), st.lists(st.integers(-5, 300), min_size=1, max_size=5).map(tuple))),
        excluded=draw(st.lists(st.integers(-2, 260), max_size=3).map(tuple)),
    )


def within(domain: Domain, value: Any, read: Callable[[Any], Any]) -> bool:
    """The reference: whether the domain's ends, list and exclusions take the value."""
    exact = read(value)
    if domain.low is not None and (exact < read(domain.low) or (domain.low_open and exact == read(domain.low))):
        return False
    if domain.high is not None and (exact > read(domain.high) or (domain.high_open and exact == read(domain.high))):
        return False
    listed = domain.values is None or exact in [read(v) for v in domain.values]
    return listed and exact not in [read(v) for v in domain.excluded]


def number(value: Any) -> Decimal:
    return Decimal(value)


def held(column: ColumnSchema, value: Decimal) -> bool:
    """The reference: whether the type holds exactly this number."""
    if column.kind is ColumnType.DECIMAL:
        least = 0 if column.unsigned else -(10 ** (column.precision - column.scale))
        return bool(least <= value < 10 ** (column.precision - column.scale) and (Fraction(value) * 10**column.scale).denominator == 1)
    if column.kind is ColumnType.REAL:
        digits = len(value.normalize().as_tuple().digits)
        return Decimal(float(value)) == value and digits <= (6 if column.single else 15) and not (column.unsigned and value < 0)
    return bool(column.min_value <= value <= column.max_value and value == int(value))


def assert_unique(column: ColumnSchema, domain: Domain, count: int = ROWS) -> list[Any]:
    found = unique_generator(column, domain)
    assume(found is not None)
    assert found is not None
    values = rows(found, min(count, capacity(found)))
    assert len(set(values)) == len(values)
    last = rows(Const(value=None), 1) if capacity(found) < 1 else _last(found)
    return values + last


def _last(found: Any) -> list[Any]:
    """The form's last value, which has to be valid too."""
    place = ColumnContext(seed=1, table="t", column="c", rows=1, offset=capacity(found) - 1, pick=lambda pick, place: pl.lit(None))
    return pl.DataFrame({"i": [0]}).select(expression(found, place).alias("c"))["c"].to_list()


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()))
def test_numbers_are_within_the_type_and_the_domain(column: ColumnSchema, domain: Domain) -> None:
    made = generator(column, domain)
    if domain == Domain():
        assert made is not None
    assume(made is not None)
    for value in rows(made):
        assert held(column, number(value)), value
        assert within(domain, value, number), value


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()))
def test_unique_numbers_are_unique_and_within_the_type_and_the_domain(column: ColumnSchema, domain: Domain) -> None:
    for value in assert_unique(column, domain):
        assert held(column, number(value)), value
        assert within(domain, value, number), value


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()), st.integers(1, 4))
def test_enumerated_numbers_are_another_one_for_each_number(column: ColumnSchema, domain: Domain, every: int) -> None:
    count = enumerable_values(column, domain)
    assume(count is not None)
    assert count is not None
    values = rows(enumerated(column, domain, every, min(count, 20)), every * min(count, 20) * 2)
    firsts = values[: every * min(count, 20)]
    assert len(set(firsts)) == min(count, 20)
    assert values == firsts * 2
    assert all(firsts[k] == firsts[k - k % every] for k in range(len(firsts)))
    assert all(held(column, number(value)) and within(domain, value, number) for value in firsts)


MOMENTS = st.datetimes(datetime(1960, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


@st.composite
def dated(draw: st.DrawFn) -> tuple[ColumnSchema, Domain]:
    kind = draw(st.sampled_from([ColumnType.DATE, ColumnType.DATETIME, ColumnType.TIMESTAMP]))
    text = MOMENTS.map(lambda m: str(m.date()) if kind is ColumnType.DATE else str(m))
    domain = Domain(
        low=draw(st.none() | text),
        high=draw(st.none() | text),
        low_open=draw(st.booleans()),
        excluded=draw(st.lists(text, max_size=2).map(tuple)),
    )
    column = ColumnSchema(name=draw(st.sampled_from(NAMES)), kind=kind, type_text=kind, fraction_digits=draw(st.sampled_from([0, 3, 6])))
    return column, domain


def as_moment(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


@settings(max_examples=60, deadline=None)
@given(dated())
def test_dates_and_moments_are_within_the_type_and_the_domain(given: tuple[ColumnSchema, Domain]) -> None:
    column, domain = given
    made = generator(column, domain)
    if domain.low is None or domain.high is None:
        assert made or (column.kind is ColumnType.TIMESTAMP)
    uniques = assert_unique(column, domain)
    for value in rows(made) + uniques:
        assert within(domain, value, as_moment), value
        if column.kind is ColumnType.TIMESTAMP:
            assert datetime(1970, 1, 1) < as_moment(value) <= datetime(2038, 1, 19, 3, 14, 7)


LETTERS = "abcxyz"

CLASSES = st.sampled_from(
    ["abcdefghijklmnopqrstuvwxyz", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdefghijklmnopqrstuvwxyz_", "-", "@"]
)


@st.composite
def matched(draw: st.DrawFn) -> Matches:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        least = draw(st.integers(0, 5))
        parts.append((draw(CLASSES), least, draw(st.none() | st.integers(least, least + 6))))
    return Matches(column="x", parts=tuple(parts), whole=True)


@st.composite
def texts(draw: st.DrawFn) -> tuple[ColumnSchema, Domain]:
    length = draw(st.sampled_from([1, 2, 3, 5, 8, 12, 20, 40, 255, 2**32 - 1]))
    column = ColumnSchema(
        name=draw(st.sampled_from(NAMES)),
        kind=ColumnType.TEXT,
        type_text="varchar",
        length=length,
        fixed=draw(st.booleans()),
        charset=draw(st.sampled_from(["utf8mb4", "latin1", "ascii", "utf8mb3", "ucs2"])),
    )
    short = st.text(LETTERS, max_size=4)
    domain = Domain(
        min_length=draw(st.sampled_from([0, 0, 1, 3, 8])),
        max_length=draw(st.none() | st.integers(0, 60)),
        max_bytes=draw(st.none() | st.integers(1, 60)),
        values=draw(st.one_of(st.none(), st.none(), st.lists(short, min_size=1, max_size=4).map(tuple))),
        excluded=draw(st.lists(short, max_size=3).map(tuple)),
        matches=draw(st.none() | matched()),
        json=draw(st.sampled_from([False, False, False, True])),
    )
    return column, domain


def assert_taken(column: ColumnSchema, domain: Domain, value: str) -> None:
    most = min(n for n in (column.length, domain.max_length, 10**9) if n is not None)
    assert domain.min_length <= len(value) <= most
    assert domain.max_bytes is None or len(value) * (2 if column.charset == "ucs2" else 1) <= domain.max_bytes
    assert value.isascii()
    assert value == value.rstrip()
    assert domain.values is None or value in domain.values
    assert value.lower() not in [str(excluded).lower() for excluded in domain.excluded]
    if domain.json:
        json.loads(value)
    if domain.matches:
        pattern = "".join(f"[{re.escape(c)}]{{{least},{'' if most is None else most}}}" for c, least, most in domain.matches.parts)
        assert re.fullmatch(pattern, value)


@settings(max_examples=60, deadline=None)
@given(texts())
def test_texts_are_within_the_type_and_the_domain(given: tuple[ColumnSchema, Domain]) -> None:
    made = generator(*given)
    assume(made is not None)
    for value in rows(made):
        assert_taken(*given, value)


@settings(max_examples=60, deadline=None)
@given(texts(), st.none() | st.integers(1, 12))
def test_unique_texts_differ_within_the_prefix_whatever_the_case(given: tuple[ColumnSchema, Domain], prefix: int | None) -> None:
    found = unique_generator(*given, prefix)
    assume(found is not None)
    assert found is not None
    values = rows(found, min(ROWS, capacity(found)))
    assert len({value.lower()[:prefix] for value in values}) == len(values)
    for value in values + _last(found):
        assert_taken(*given, value)


@pytest.mark.parametrize("column", [text(length=1), text("name", 255), text("code", 2, fixed=True), text("email", 30), text("body", 65535)])
def test_every_text_without_a_domain_has_values(column: ColumnSchema) -> None:
    assert all(1 <= len(value) <= column.length for value in rows(generator(column)))
    found = unique_generator(column)
    assert found
    assert capacity(found) >= 36 ** min(column.length, 6)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("quantity", 1, 100),
        ("year", 1990, 2024),
        ("server_port", 1024, 65535),
        ("progress", 0, 100),
        ("x", 0, 1_000_000),
        ("created_at", 1704067200, 1735603199),
    ],
)
def test_the_name_guides_numbers(name: str, low: int, high: int) -> None:
    assert generator(integer(name, -(2**31), 2**31 - 1)) == Uniform(low=low, high=high)


def test_a_boolean_is_0_or_1_however_it_is_called() -> None:
    assert set(rows(generator(integer("x", type_text="tinyint(1)")))) == {0, 1}
    assert set(rows(generator(integer("is_open", type_text="tinyint")))) == {0, 1}


def test_amounts_are_not_negative_and_have_cents() -> None:
    column = ColumnSchema(name="total_price", kind=ColumnType.DECIMAL, type_text="decimal(12,4)", precision=12, scale=4)
    assert generator(column) == Uniform(low="1.00", high="9999.00")


@pytest.mark.parametrize(("name", "provider"), [("email", "email"), ("first_name", "first_name"), ("city", "city")])
def test_the_name_guides_texts(name: str, provider: str) -> None:
    assert generator(text(name, 255)) == Provider(name=provider)


def test_a_domain_keeps_what_is_plausible_where_it_can() -> None:
    assert generator(text("email", 255), Domain(min_length=3)) == Provider(name="email")
    at_sign = Matches(column="email", parts=((LETTERS + "@.0123456789-_", 0, None),), whole=True)
    made = generator(text("email", 255), Domain(matches=at_sign))
    assert all(set(value) <= set(LETTERS + "@.0123456789-_") for value in rows(made))
    assert generator(integer("age", 0, 255), Domain(low=21)) == Uniform(low=21, high=90)
    assert generator(integer("age", 0, 255), Domain(low=200)) == Uniform(low=200, high=255)


@pytest.mark.parametrize(
    ("parts", "first", "count"),
    [
        ((("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3, 3), ("-", 1, 1), ("0123456789", 4, 4)), "AAA-0000", 10_000),
        ((("0123456789", 5, None),), "00000", 10_000),
        (((LETTERS, 0, 1),), "a", 6),
        ((("sk-", 3, 3), ("0123456789abcdefghijklmnopqrstuvwxyz", 1, None)), "kkk00000000", 36**8),
    ],
)
def test_unique_texts_are_built_from_a_pattern(parts: Any, first: str, count: int) -> None:
    found = unique_generator(text("c0de", 20), Domain(matches=Matches(column="c0de", parts=parts, whole=True), min_length=1))
    assert found
    assert rows(found, 1) == [first]
    assert capacity(found) == count


def test_a_uuid_is_a_text_where_the_pattern_takes_it() -> None:
    pattern = Matches(column="uuid", parts=(("0123456789abcdef-", 36, 36),), whole=True)
    assert generator(text("uuid", 36, fixed=True), Domain(matches=pattern)) == Random(form="uuid")
    found = unique_generator(text("uuid", 36, fixed=True), Domain(matches=pattern))
    assert found
    assert found.form is UniqueKind.UUID


def test_where_a_collation_takes_letters_for_one_another_the_texts_are_numbers() -> None:
    found = unique_generator(text("code", 20, collation="utf8mb4_lithuanian_ci"))
    assert found
    assert capacity(found) == 10_000
    assert all(value.isdigit() for value in rows(found, 10_000))


def test_what_a_charset_does_not_have_is_left_out() -> None:
    column = ColumnSchema(name="c", kind=ColumnType.TEXT, type_text="varchar", length=9, charset="latin1")
    assert generator(column, Domain(values=("é", "日", "a"))) == Choice(values=("é", "a"))


def test_moments_follow_their_names() -> None:
    assert generator(moment("created_at")) == Spread(start="2024-01-01T00:00:00Z", span_seconds=31_536_000, unit="s")
    assert min(rows(generator(moment("expires_at")))) > max(rows(generator(moment("created_at"))))
    births = rows(generator(moment("date_of_birth", ColumnType.DATE)))
    assert date(1950, 1, 1) <= min(births) < max(births) <= date(2005, 12, 31)


def test_null_is_given_where_it_must_be_and_can_be() -> None:
    assert generator(replace_null(integer(), nullable=True), Domain(null=True)) == Const(value=None)
    assert generator(integer(), Domain(null=True)) is None
    assert generator(integer(), Domain(unsure=True)) is None
    assert unique_generator(integer(), Domain(null=True)) is None


def replace_null(column: ColumnSchema, *, nullable: bool) -> ColumnSchema:
    return ColumnSchema(
        name=column.name,
        kind=column.kind,
        type_text=column.type_text,
        min_value=column.min_value,
        max_value=column.max_value,
        nullable=nullable,
    )


@pytest.mark.parametrize(
    ("column", "count"),
    [
        (integer(low=0, high=255), 255),
        (integer(low=-128, high=127), 127),
        (ColumnSchema(name="b", kind=ColumnType.BIT, type_text="bit(1)", max_value=1), 2),
        (ColumnSchema(name="y", kind=ColumnType.YEAR, type_text="year", min_value=1901, max_value=2155), 255),
        (ColumnSchema(name="e", kind=ColumnType.ENUM, type_text="enum", values=("a", "b", "A")), 2),
        (ColumnSchema(name="s", kind=ColumnType.SET, type_text="set", values=("a", "b", "c")), 7),
        (ColumnSchema(name="b", kind=ColumnType.BYTES, type_text="binary(1)", length=1, fixed=True), 256),
        (text(length=1), 36),
        (ColumnSchema(name="j", kind=ColumnType.JSON, type_text="json", length=1000), None),
        (ColumnSchema(name="g", kind=ColumnType.GEOMETRY, type_text="point", geometry="point"), None),
        (ColumnSchema(name="o", kind=ColumnType.OTHER, type_text="?"), None),
    ],
)
def test_how_many_values_a_column_has(column: ColumnSchema, count: int | None) -> None:
    assert enumerable_values(column) == count
    if count:
        assert len(set(rows(enumerated(column, Domain(), 1, count), count))) == count
    with pytest.raises(ValueError, match="different values"):
        enumerated(column, Domain(), 1, (count or 0) + 1)


def test_the_other_kinds() -> None:
    assert generator(ColumnSchema(name="e", kind=ColumnType.ENUM, type_text="enum", values=("a", "b")), Domain(excluded=("A",))) == Choice(
        values=("b",)
    )
    assert "a,c" in rows(generator(ColumnSchema(name="s", kind=ColumnType.SET, type_text="set", values=("a", "b", "c"))))
    assert generator(ColumnSchema(name="v", kind=ColumnType.VECTOR, type_text="vector(3)", length=3)) == Provider(name="vector", length=3)
    assert generator(ColumnSchema(name="g", kind=ColumnType.GEOMETRY, type_text="point", geometry="point", srid=4326)) == Provider(
        name="point", srid=4326
    )
    assert generator(ColumnSchema(name="u", kind=ColumnType.UUID, type_text="uuid")) == Random(form="uuid")
    assert generator(ColumnSchema(name="o", kind=ColumnType.OTHER, type_text="?")) is None
    assert unique_generator(ColumnSchema(name="u", kind=ColumnType.UUID, type_text="uuid")).form is UniqueKind.UUID  # type: ignore[union-attr]
    for value in rows(generator(ColumnSchema(name="j", kind=ColumnType.JSON, type_text="json", length=10_000))):
        json.loads(value)
    times = rows(
        generator(ColumnSchema(name="t", kind=ColumnType.TIME, type_text="time"), Domain(low="08:00:00", high="17:30", high_open=True))
    )
    assert "08:00:00" <= min(times) < max(times) < "17:30:00"


def test_bytes_fill_a_binary_and_are_short_in_a_blob() -> None:
    assert {
        len(value)
        for value in rows(generator(ColumnSchema(name="b", kind=ColumnType.BYTES, type_text="binary(20)", length=20, fixed=True)))
    } == {20}
    assert {len(value) for value in rows(generator(ColumnSchema(name="b", kind=ColumnType.BYTES, type_text="blob", length=65535)))} <= set(
        range(1, 17)
    )
    found = unique_generator(ColumnSchema(name="b", kind=ColumnType.BYTES, type_text="varbinary(100)", length=100), Domain(), 4)
    assert len({value[:4] for value in rows(found)}) == ROWS


def test_pairs_by_name_and_kind() -> None:
    columns = [
        moment("created_at"),
        moment("updated_at", ColumnType.TIMESTAMP),
        moment("start_date", ColumnType.DATE),
        moment("end_date", ColumnType.DATE),
        moment("valid_from"),
        moment("valid_until"),
        integer("min_price"),
        integer("max_price"),
        text("first_name"),
        text("last_name"),
        integer("from_id"),
        integer("to_id"),
        moment("end_time", ColumnType.TIME),
        moment("start_time", ColumnType.DATE),
    ]
    assert pairs(columns) == (
        ("created_at", "updated_at"),
        ("start_date", "end_date"),
        ("valid_from", "valid_until"),
        ("min_price", "max_price"),
    )


def together(first: ColumnSchema, second: ColumnSchema, domain: Domain, first_domain: Domain, least: int) -> Sequence[tuple[Any, Any]]:
    pair = later(first, second, domain, first_domain, strict=least > 0)
    assume(pair is not None)
    assert pair is not None
    place = ColumnContext(seed=1, table="t", column="a", rows=ROWS, pick=lambda pick, place: pl.lit(None))
    frame = pl.DataFrame({"i": range(ROWS)}).with_columns(expression(pair.earlier, place).alias(first.name))
    later_values = frame.select(expression(pair.later, place).alias("b"))["b"].to_list()
    return list(zip(frame[first.name].to_list(), later_values, strict=True))


counts = numbers().filter(
    lambda column: (
        column.kind in (ColumnType.INTEGER, ColumnType.YEAR) or (column.kind is ColumnType.DECIMAL and column.precision - column.scale > 3)
    )
)

bounds = st.builds(
    Domain,
    low=st.none() | st.integers(-10, 50),
    high=st.none() | st.integers(60, 3000),
    low_open=st.booleans(),
    high_open=st.booleans(),
    excluded=st.lists(st.integers(-2, 260), max_size=3).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(counts, bounds, bounds, st.integers(0, 1))
def test_the_later_number_is_not_less_and_within_its_domain(column: ColumnSchema, domain: Domain, first: Domain, least: int) -> None:
    for a, b in together(column, column, domain, first, least):
        assert b >= a if not least else b > a
        assert held(column, number(b))
        assert within(domain, b, number)
        assert within(first, a, number)


@settings(max_examples=40, deadline=None)
@given(dated(), dated(), st.integers(0, 1))
def test_the_later_moment_is_not_before_and_within_its_domain(
    first: tuple[ColumnSchema, Domain], second: tuple[ColumnSchema, Domain], least: int
) -> None:
    for a, b in together(first[0], second[0], second[1], first[1], least):
        assert timedelta(seconds=least) <= b - a
        assert within(second[1], b, as_moment)
        assert within(first[1], a, as_moment)
