"""New application periods lie after the existing ones, before them, or in the largest gap, and overlap with none."""

import pytest
from support.servers import Database

from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.row_ranges import IndexRange
from parloader.rows.free_periods import free_ends

pytestmark = pytest.mark.parametrize("server", ["mariadb"], indirect=True)

DAYS = Unique(form=UniqueKind.DATE, low=0, high=99)

SECONDS = Unique(form=UniqueKind.DATETIME, low=0, high=99)


@pytest.mark.parametrize(
    ("existing", "indices", "offset"),
    [
        ("('1970-01-03', '1970-01-11')", IndexRange(0, 80), 11),  # the first starts on the day on which the last one ends
        ("('1970-01-03', '1970-01-11')", IndexRange(5, 80), 6),
        ("('1970-01-03', '1970-01-11')", IndexRange(0, 90), None),
        ("('1970-02-20', '9999-12-31')", IndexRange(0, 51), 0),  # the last ends when the first existing one starts
        ("('1970-02-20', '9999-12-31')", IndexRange(0, 52), None),
        ("('1970-01-01', '1970-01-11'), ('1970-02-20', '9999-12-31'), ('1970-01-02', '1970-01-03')", IndexRange(0, 40), 11),
        ("('1970-01-01', '1970-01-11'), ('1970-02-20', '9999-12-31')", IndexRange(0, 41), None),
        ("('1960-01-01', '1961-01-11')", IndexRange(0, 100), 0),
    ],
)
def test_days(database: Database, existing: str, indices: IndexRange, offset: int | None) -> None:
    database.execute("CREATE TABLE t (a DATE, b DATE, PERIOD FOR p (a, b))", f"INSERT INTO t VALUES {existing}")
    with database.connection() as connection:
        assert free_ends(connection, "t", "a", "b", DAYS, indices).offset == offset


def test_a_fraction_of_a_second_counts(database: Database) -> None:
    database.execute(
        "CREATE TABLE t (a DATETIME(3), b DATETIME(3), PERIOD FOR p (a, b))", "INSERT INTO t VALUES ('1970-01-01', '1970-01-01 00:00:10.5')"
    )
    with database.connection() as connection:
        assert free_ends(connection, "t", "a", "b", SECONDS, IndexRange(0, 5)).offset == 12
