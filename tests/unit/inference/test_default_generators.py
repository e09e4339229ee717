"""Default generators: plausible values within the type and the domain."""

import json
from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.column_values import (
    LETTERS,
    ROWS,
    as_timestamp,
    assert_allowed,
    assert_unique,
    dated,
    dated_column,
    fits_type,
    integer,
    number,
    numbers,
    ranges,
    rows,
    text,
    texts,
    within,
)

from parloader.inference.default_generators import enumerable_values, enumerated, generator
from parloader.inference.unique_columns import unique_generator
from parloader.plans.generators import Choice, Const, Provider, Random, Spread, Uniform, UniqueKind
from parloader.plans.unique import capacity
from parloader.schema.checks.domains import Domain
from parloader.schema.checks.predicates import Matches
from parloader.schema.model import ColumnSchema, ColumnType


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()))
def test_numbers_are_within_the_type_and_the_domain(column: ColumnSchema, domain: Domain) -> None:
    made = generator(column, domain)
    if domain == Domain():
        assert made is not None
    assume(made is not None)
    for value in rows(made):
        assert fits_type(column, number(value)), value
        assert within(domain, value, number), value


@settings(max_examples=60, deadline=None)
@given(numbers(), st.one_of(st.just(Domain()), ranges()), st.integers(1, 4))
def test_enumerated_numbers_are_distinct(column: ColumnSchema, domain: Domain, every: int) -> None:
    count = enumerable_values(column, domain)
    assume(count is not None)
    assert count is not None
    values = rows(enumerated(column, domain, every, min(count, 20)), every * min(count, 20) * 2)
    firsts = values[: every * min(count, 20)]
    assert len(set(firsts)) == min(count, 20)
    assert values == firsts * 2
    assert all(firsts[k] == firsts[k - k % every] for k in range(len(firsts)))
    assert all(fits_type(column, number(value)) and within(domain, value, number) for value in firsts)


@settings(max_examples=60, deadline=None)
@given(dated())
def test_dates_and_timestamps_are_within_the_type_and_the_domain(given: tuple[ColumnSchema, Domain]) -> None:
    column, domain = given
    made = generator(column, domain)
    if domain.low is None or domain.high is None:
        assert made or (column.kind is ColumnType.TIMESTAMP)
    uniques = assert_unique(column, domain)
    for value in rows(made) + uniques:
        assert within(domain, value, as_timestamp), value
        if column.kind is ColumnType.TIMESTAMP:
            assert datetime(1970, 1, 1) < as_timestamp(value) <= datetime(2038, 1, 19, 3, 14, 7)


@settings(max_examples=60, deadline=None)
@given(texts())
def test_texts_are_within_the_type_and_the_domain(given: tuple[ColumnSchema, Domain]) -> None:
    made = generator(*given)
    assume(made is not None)
    for value in rows(made):
        assert_allowed(*given, value)


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


def test_booleans_are_0_or_1() -> None:
    assert set(rows(generator(integer("x", type_text="tinyint(1)")))) == {0, 1}
    assert set(rows(generator(integer("is_open", type_text="tinyint")))) == {0, 1}


def test_amounts_are_not_negative_and_have_cents() -> None:
    column = ColumnSchema(name="total_price", kind=ColumnType.DECIMAL, type_text="decimal(12,4)", precision=12, scale=4)
    assert generator(column) == Uniform(low="1.00", high="9999.00")


@pytest.mark.parametrize(
    ("name", "provider"), [("email", "email"), ("first_name", "first_name"), ("city", "city"), ("meta", "json"), ("retry_kwargs", "json")]
)
def test_the_name_guides_texts(name: str, provider: str) -> None:
    assert generator(text(name, 255)) == Provider(name=provider)


def test_values_in_a_domain_are_plausible_if_possible() -> None:
    assert generator(text("email", 255), Domain(min_length=3)) == Provider(name="email")
    at_sign = Matches(column="email", parts=((LETTERS + "@.0123456789-_", 0, None),), whole=True)
    made = generator(text("email", 255), Domain(matches=at_sign))
    assert all(set(value) <= set(LETTERS + "@.0123456789-_") for value in rows(made))
    assert generator(integer("age", 0, 255), Domain(low=21)) == Uniform(low=21, high=90)
    assert generator(integer("age", 0, 255), Domain(low=200)) == Uniform(low=200, high=255)


def test_a_text_column_gets_uuids_if_its_pattern_allows_them() -> None:
    pattern = Matches(column="uuid", parts=(("0123456789abcdef-", 36, 36),), whole=True)
    assert generator(text("uuid", 36, fixed=True), Domain(matches=pattern)) == Random(form="uuid")
    found = unique_generator(text("uuid", 36, fixed=True), Domain(matches=pattern))
    assert found
    assert found.form is UniqueKind.UUID


def test_char_32_and_char_36_hold_uuids() -> None:
    """Django's UUIDField is CHAR(32), SQLAlchemy's too; other applications have CHAR(36). They read nothing else."""
    for column in (text("translation_key", 32, fixed=True), text("uuid", 32), text("token", 32, fixed=True), text("uuid", 35)):
        for made in (generator(column), unique_generator(column)):
            assert all(len(str(value)) == 32 and str(UUID(str(value))).replace("-", "") == value for value in rows(made)), column
    for column in (text("translation_key", 36, fixed=True), text("uuid", 36), text("uuid", 255)):
        for made in (generator(column), unique_generator(column)):
            assert all(str(UUID(str(value))) == value for value in rows(made)), column
    assert generator(text("email", 32, fixed=True)) == Provider(name="email", length=32)
    assert generator(text("code", 31, fixed=True)) == Random(form="letters", length=31)
    assert generator(text("code", 32)) == Random(form="letters", least=1, length=10)
    only_letters = Domain(matches=Matches(column="key", parts=((LETTERS, 0, None),), whole=True))
    assert all(set(value) <= set(LETTERS) for value in rows(generator(text("key", 32, fixed=True), only_letters)))


def test_characters_missing_in_the_charset_are_left_out() -> None:
    column = ColumnSchema(name="c", kind=ColumnType.TEXT, type_text="varchar", length=9, charset="latin1")
    assert generator(column, Domain(values=("é", "日", "a"))) == Choice(values=("é", "a"))


def test_timestamps_follow_their_names() -> None:
    assert generator(dated_column("created_at")) == Spread(start="2024-01-01T00:00:00Z", span_seconds=31_536_000, unit="s")
    assert min(rows(generator(dated_column("expires_at")))) > max(rows(generator(dated_column("created_at"))))
    births = rows(generator(dated_column("date_of_birth", ColumnType.DATE)))
    assert date(1950, 1, 1) <= min(births) < max(births) <= date(2005, 12, 31)


def test_null_is_generated_only_if_required_and_possible() -> None:
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
def test_number_of_distinct_values(column: ColumnSchema, count: int | None) -> None:
    assert enumerable_values(column) == count
    if count:
        assert len(set(rows(enumerated(column, Domain(), 1, count), count))) == count
    with pytest.raises(ValueError, match="different values"):
        enumerated(column, Domain(), 1, (count or 0) + 1)


def test_other_types() -> None:
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


@pytest.mark.parametrize("name", ["email", "url", "path", "settings_json", "naïve", "user_agent", "notes"])
def test_a_charset_that_lacks_ascii_characters_gets_texts_without_them(name: str) -> None:
    """swe7 has no @ and no braces."""
    column = ColumnSchema(name=name, kind=ColumnType.TEXT, type_text="varchar", length=100, charset="swe7")
    unique = unique_generator(column)
    assert unique is not None
    for made in (generator(column), unique):
        assert made is not None
        values = [str(value) for value in rows(made)]
        assert values
        assert all(value.isascii() and not set(value) & set("@[\\]^`{|}~") for value in values)
