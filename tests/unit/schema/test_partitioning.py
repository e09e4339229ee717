"""Partitions as CHECKs; tests/integration/database/test_introspection.py tests them on servers."""

import pytest

from parloader.schema.model import Check, ColumnSchema, ColumnType, Partitioning, TableSchema
from parloader.schema.partitioning import partition_checks

COLUMNS = (
    ColumnSchema(name="id", kind=ColumnType.INTEGER, type_text="int"),
    ColumnSchema(name="n", kind=ColumnType.INTEGER, type_text="int", nullable=True),
    ColumnSchema(name="big", kind=ColumnType.INTEGER, type_text="bigint unsigned", unsigned=True),
    ColumnSchema(name="day", kind=ColumnType.DATE, type_text="date"),
    ColumnSchema(name="at", kind=ColumnType.DATETIME, type_text="datetime", nullable=True),
    ColumnSchema(name="ts", kind=ColumnType.TIMESTAMP, type_text="timestamp"),
    ColumnSchema(name="s", kind=ColumnType.TEXT, type_text="varchar(9)", nullable=True),
    ColumnSchema(name="o`d", kind=ColumnType.INTEGER, type_text="int"),
)


def limits(method: str, expression: str, *bounds: str) -> tuple[Check, ...]:
    partitioning = Partitioning(method=method, expression=expression, bounds=bounds)
    return partition_checks(TableSchema(name="t", columns=COLUMNS, partitioning=partitioning))


@pytest.mark.parametrize(
    ("method", "expression", "bounds", "clause"),
    [
        ("RANGE", "`id`", ("10", "20"), "`id` < 20"),
        ("RANGE", "`ID`", ("20",), "`id` < 20"),
        ("RANGE", "`o``d`", ("-5",), "`o``d` < -5"),
        ("RANGE", "`big`", ("5", "-1"), "`big` < 18446744073709551615"),
        ("RANGE", "year(`day`)", ("2020", "2030"), "`day` < '2030-01-01'"),
        ("RANGE", "year(`day`)", ("800",), "`day` < '0800-01-01'"),
        ("RANGE", "to_days(`day`)", ("737790",), "`day` < '2020-01-01'"),
        ("RANGE", "to_seconds(`at`)", ("63745056007",), "`at` < '2020-01-01 00:00:07'"),
        ("RANGE", "unix_timestamp(`ts`)", ("1577836800",), "`ts` < '2020-01-01'"),
        ("RANGE", "floor(unix_timestamp(`ts`))", ("1577836801",), "`ts` < '2020-01-01 00:00:01'"),
        ("RANGE COLUMNS", "`s`", ("'it''s,\\\\'",), "(`s` < 'it''s,\\\\')"),
        ("RANGE COLUMNS", "`n`,`s`", ("1,'a'", "5,'x,)y'"), "(`n` < 5) OR (`n` = 5 AND `s` < 'x,)y')"),
        ("RANGE COLUMNS", "`n`,`s`", ("5,MAXVALUE",), "(`n` < 5) OR (`n` = 5)"),
        ("LIST", "`id`", ("1,2", "-5"), "`id` IN (1, 2, -5)"),
        ("LIST", "`n`", ("1,2",), "`n` IS NOT NULL AND `n` IN (1, 2)"),
        ("LIST", "`n`", ("NULL,1", "2"), "`n` IN (1, 2)"),
        ("LIST", "`n`", ("NULL",), "`n` IS NULL"),
        (
            "LIST",
            "year(`day`)",
            ("2021,2024", "2020"),
            "(`day` >= '2020-01-01' AND `day` < '2022-01-01') OR (`day` >= '2024-01-01' AND `day` < '2025-01-01')",
        ),
        ("LIST", "year(`at`)", ("2021",), "`at` IS NOT NULL AND ((`at` >= '2021-01-01' AND `at` < '2022-01-01'))"),
        ("LIST COLUMNS", "`s`", ("'a','b,c'", "NULL"), "`s` IN ('a', 'b,c')"),
        ("LIST COLUMNS", "`id`,`s`", ("(1,'x'),(2,NULL)",), "(`id` = 1 AND `s` IS NOT NULL AND `s` = 'x') OR (`id` = 2 AND `s` IS NULL)"),
    ],
)
def test_partitions_become_a_check(method: str, expression: str, bounds: tuple[str, ...], clause: str) -> None:
    assert limits(method, expression, *bounds) == (Check(name=f"PARTITION BY {method}", clause=clause),)


@pytest.mark.parametrize(
    ("method", "expression", "bounds"),
    [
        ("RANGE", "`id`", ("10", "MAXVALUE")),
        ("RANGE", "year(`day`)", ("10000",)),
        ("RANGE", "`id` + 1", ("10",)),
        ("RANGE", "(`id` + 1)", ("10",)),
        ("RANGE", "month(`day`)", ("10",)),
        ("RANGE", "year(`s`)", ("10",)),
        ("RANGE", "(year(`day`) * 100) + month(`day`)", ("202001",)),
        ("RANGE COLUMNS", "`n`,`s`", ("1,'a'", "MAXVALUE,MAXVALUE")),
        ("LIST", "`id`", ("0", "1,0")),  # MariaDB's DEFAULT
        ("LIST", "year(`day`)", ("2020", "0")),
        ("LIST COLUMNS", "`s`", ("'a'", "MAXVALUE")),
        ("HASH", "`id`", ()),
        ("LINEAR KEY", "", ()),
        ("SYSTEM_TIME", "unix_timestamp(`row_end`)", ("CURRENT",)),
    ],
)
def test_no_check_if_any_row_fits_or_the_partitioning_is_unsupported(method: str, expression: str, bounds: tuple[str, ...]) -> None:
    assert limits(method, expression, *bounds) == ()


def test_a_table_without_partitions() -> None:
    assert partition_checks(TableSchema(name="t", columns=COLUMNS)) == ()
