"""Values of existing rows, as plans have them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from parloader.rows.existing_rows import plan_value, typed_value


@pytest.mark.parametrize(
    ("value", "copied", "typed"),
    [
        (5, 5, 5),
        ("a", "a", "a"),
        (b"a", b"a", b"a"),
        (Decimal("1.50"), "1.50", Decimal("1.50")),
        (date(2024, 1, 31), "2024-01-31", date(2024, 1, 31)),
        (datetime(2024, 1, 31, 1, 2, 3), "2024-01-31 01:02:03", datetime(2024, 1, 31, 1, 2, 3)),
        (timedelta(hours=30), "30:00:00", "30:00:00"),
        ("0000-00-00", "0000-00-00", None),
        ("2024-00-00 00:00:00", "2024-00-00 00:00:00", None),
        ("2024-01-00", "2024-01-00", None),
        ("2024-01-01 or so", "2024-01-01 or so", "2024-01-01 or so"),
        (None, None, None),
    ],
)
def test_copied_values_are_text_and_those_to_compute_with_have_their_type(value: Any, copied: object, typed: object) -> None:
    assert plan_value(value) == copied
    assert typed_value(value) == typed
