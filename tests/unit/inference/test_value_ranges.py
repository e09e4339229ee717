"""The allowed range of a column, in steps of its type."""

from decimal import Decimal
from fractions import Fraction

import pytest

from parloader.inference.value_ranges import Range, allowed_range, seconds_of
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

INTEGER = ColumnSchema(name="n", kind=ColumnType.INTEGER, type_text="int", min_value=-(2**31), max_value=2**31 - 1)

PRICE = ColumnSchema(name="p", kind=ColumnType.DECIMAL, type_text="decimal(10,2)", precision=10, scale=2)

DAY_SECONDS = 86_400


def dated(kind: ColumnType) -> ColumnSchema:
    return ColumnSchema(name="d", kind=kind, type_text=kind)


def test_open_bounds_of_numbers_are_excluded() -> None:
    domain = Domain(low=Decimal("0.5"), high=3, low_open=True, high_open=True)
    assert allowed_range(INTEGER, domain) == Range(unit=Fraction(1), low=1, high=2)
    assert allowed_range(PRICE, domain) == Range(unit=Fraction(1, 100), low=51, high=299)


def test_bounds_beyond_64_bits_are_exact() -> None:
    wide = ColumnSchema(name="w", kind=ColumnType.DECIMAL, type_text="decimal(65,2)", precision=65, scale=2)
    assert allowed_range(wide, Domain(low=-(10**40), high=7, high_open=True)) == Range(unit=Fraction(1, 100), low=1 - 10**18, high=699)
    assert allowed_range(INTEGER, Domain(low=10**40, low_open=True)) is None


def test_bounds_of_dates_and_timestamps_are_rounded_inwards() -> None:
    domain = Domain(low="2024-01-01 10:00:00", high="2024-03-01", high_open=True)
    first, last = seconds_of("2024-01-02") // DAY_SECONDS, seconds_of("2024-02-29") // DAY_SECONDS
    assert allowed_range(dated(ColumnType.DATE), domain) == Range(unit=Fraction(1), low=first, high=last)
    assert allowed_range(dated(ColumnType.DATETIME), domain) == Range(
        unit=Fraction(1), low=seconds_of("2024-01-01T10:00:00"), high=seconds_of("2024-02-29T23:59:59")
    )


@pytest.mark.parametrize(
    ("column", "low"), [(INTEGER, "x"), (dated(ColumnType.DATE), "10:00"), (dated(ColumnType.DATE), 5), (dated(ColumnType.TIME), "x")]
)
def test_a_bound_of_another_type_allows_nothing(column: ColumnSchema, low: int | str) -> None:
    assert allowed_range(column, Domain(low=low)) is None
