"""Partitions are read from both servers, and the CHECKs made of them agree with what the server accepts."""

from collections.abc import Iterator

import pymysql
import pytest
from support.servers import Database, create_table

from parloader.database import sql
from parloader.schema.model import Partitioning, quote_identifier
from parloader.schema.partitioning import partition_checks

UTF8_BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


PARTITIONED: dict[str, tuple[str, tuple[str, ...]]] = {
    "RANGE (a) (PARTITION x VALUES LESS THAN (10), PARTITION y VALUES LESS THAN (20))": ("a INT", ("NULL", "-3", "19", "20")),
    "RANGE (a) (PARTITION x VALUES LESS THAN (18446744073709551615))": ("a BIGINT UNSIGNED", ("NULL", "0", str(2**64 - 2), str(2**64 - 1))),
    "RANGE (YEAR(a)) (PARTITION x VALUES LESS THAN (2020))": ("a DATETIME", ("NULL", "'2019-12-31 23:59:59'", "'2020-01-01'")),
    "RANGE (TO_DAYS(a)) (PARTITION x VALUES LESS THAN (TO_DAYS('2020-03-01')))": ("a DATE", ("'2020-02-29'", "'2020-03-01'")),
    "RANGE (TO_SECONDS(a)) (PARTITION x VALUES LESS THAN (TO_SECONDS('2020-03-01 00:00:09')))": (
        "a DATETIME",
        ("'2020-03-01 00:00:08'", "'2020-03-01 00:00:09'"),
    ),
    "RANGE (UNIX_TIMESTAMP(a)) (PARTITION x VALUES LESS THAN (UNIX_TIMESTAMP('2020-01-01 01:00:00')))": (
        "a TIMESTAMP",
        ("'2020-01-01 00:59:59'", "'2020-01-01 01:00:00'"),
    ),
    "RANGE COLUMNS (a, b) (PARTITION x VALUES LESS THAN (1, 'x'), PARTITION y VALUES LESS THAN (3, 'it''s\\\\,('))": (
        "a INT, b VARCHAR(9)",
        ("NULL, 'z'", "3, NULL", "2, 'z'", "3, 'it''s\\\\,'", "3, 'it''s\\\\,('", "4, NULL"),
    ),
    "RANGE COLUMNS (a, b) (PARTITION x VALUES LESS THAN (1, MAXVALUE))": ("a INT, b DATE", ("1, '2020-01-01'", "2, NULL")),
    "RANGE COLUMNS (a) (PARTITION x VALUES LESS THAN (MAXVALUE))": ("a INT", ("5",)),
    "RANGE (a + 1) (PARTITION x VALUES LESS THAN MAXVALUE)": ("a INT", ("5",)),
    "LIST (a) (PARTITION x VALUES IN (1, 2), PARTITION y VALUES IN (-5))": ("a INT", ("NULL", "-5", "1", "3")),
    "LIST (a) (PARTITION x VALUES IN (1, NULL))": ("a INT", ("NULL", "1", "3")),
    "LIST (YEAR(a)) (PARTITION x VALUES IN (2020, 2024), PARTITION y VALUES IN (2021))": (
        "a DATE",
        ("NULL", "'2019-12-31'", "'2020-01-01'", "'2021-12-31'", "'2022-01-01'", "'2024-06-01'"),
    ),
    "LIST COLUMNS (a) (PARTITION x VALUES IN ('a,(b', 'it''s\\\\é', NULL))": ("a VARCHAR(9)", ("NULL", "'a,(b'", "'it''s\\\\é'", "'a'")),
    "LIST COLUMNS (a, b) (PARTITION x VALUES IN ((1, NULL), (2, 3)))": ("a INT, b INT", ("1, NULL", "NULL, 3", "2, 3", "2, NULL", "1, 3")),
    "HASH (a) PARTITIONS 3": ("a INT", ("5",)),
}

NO_PARTITION_FOR_VALUE = 1526


def accepted(database: Database, rows: tuple[str, ...]) -> Iterator[bool]:
    with database.connection() as connection:
        for n, row in enumerate(rows):
            try:
                sql.execute(connection, f"INSERT INTO t VALUES ({n}, {row})")
                yield True
            except pymysql.MySQLError as error:
                if error.args[0] != NO_PARTITION_FOR_VALUE:
                    raise
                yield False


@pytest.mark.parametrize("definition", PARTITIONED)
def test_partition_checks_agree_with_the_server(database: Database, definition: str) -> None:
    columns, rows = PARTITIONED[definition]
    table = create_table(database, f"CREATE TABLE t (n INT, {columns}) {UTF8_BIN} PARTITION BY {definition}")
    clauses = [check.clause for check in partition_checks(table)]
    database.execute(
        f"CREATE TABLE plain (n INT, {columns}) {UTF8_BIN}",
        f"INSERT INTO plain VALUES {', '.join(f'({n}, {row})' for n, row in enumerate(rows))}",
    )
    condition = " AND ".join(f"(({clause}) IS NOT FALSE)" for clause in clauses) or "TRUE"
    allowed = [bool(holds) for (holds,) in database.rows(f"SELECT {condition} FROM plain ORDER BY n")]
    assert allowed == list(accepted(database, rows))


def test_partitioning(database: Database) -> None:
    name = quote_identifier("ü`")
    table = create_table(
        database,
        f"""CREATE TABLE t ({name} INT, d DATE) PARTITION BY RANGE ({name}) SUBPARTITION BY HASH (TO_DAYS(d)) SUBPARTITIONS 2
        (PARTITION b VALUES LESS THAN (10), PARTITION a VALUES LESS THAN MAXVALUE)""",
    )
    assert table.partitioning == Partitioning(method="RANGE", expression=name, bounds=("10", "MAXVALUE"))
