"""Values of existing rows and generated ones have one type, in which neither is lost."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from parloader.generation.context import INDEX
from parloader.generation.existing_values import of_one_type, series_of
from parloader.generation.row_keys import keys_at
from parloader.plans.generators import Scalar
from parloader.plans.row_ranges import RowKeys

LARGEST = 2**64 - 1


@pytest.mark.parametrize(
    ("existing", "new", "expected"),
    [
        ([5, LARGEST], pl.Series([1, 2]), [5, LARGEST, 1, 2]),
        ([5, 7], pl.Series([1, 2]), [5, 7, 1, 2]),
        (["0000-00-00"], pl.Series([date(2024, 2, 29)]), ["0000-00-00", "2024-02-29"]),
        (["0000-00-00 00:00:00"], pl.Series([datetime(2024, 2, 29, 1, 2, 3)]), ["0000-00-00 00:00:00", "2024-02-29 01:02:03"]),
        (["a"], pl.Series(["b"]), ["a", "b"]),
        ([Decimal("5.5"), None, Decimal("0.25")], pl.Series([Decimal("1.00")]), [Decimal("5.5"), None, Decimal("0.25"), Decimal(1)]),
        ([datetime(2024, 1, 1)], pl.Series([datetime(2024, 2, 29, 1, 2, 3)]), [datetime(2024, 1, 1), datetime(2024, 2, 29, 1, 2, 3)]),
    ],
)
def test_neither_is_lost(existing: list[Scalar], new: pl.Series, expected: list[object]) -> None:
    first, others = of_one_type(series_of(existing), pl.lit(new), new.dtype)
    assert [*first, *pl.select(others).to_series()] == expected
    assert first.dtype == pl.select(others).to_series().dtype


@pytest.mark.parametrize("keys", [[3, 9, LARGEST], [3, 9], [-5, 1, 7], [*range(1, 40, 2), LARGEST], [*range(1, 40, 2)]])
def test_keys_are_as_they_are(keys: list[int]) -> None:
    """Computed, or looked up in a list; null if the index is null."""
    indices = pl.DataFrame({"i": pl.Series([*range(len(keys)), None], dtype=pl.Int64)})
    assert indices.select(keys_at(RowKeys.of(keys), INDEX)).to_series().to_list() == [*keys, None]
