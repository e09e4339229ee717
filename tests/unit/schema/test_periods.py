"""Keys WITHOUT OVERLAPS are told from ordinary ones by the statement that creates their table, which is read only if there can be one."""

from dataclasses import replace

import pytest
from support.small_schemas import integer, table, unique

from parloader.schema.model import ColumnSchema, ColumnType
from parloader.schema.periods import with_periods

DAY = ColumnSchema(name="since", kind=ColumnType.DATE, type_text="date")

STAY = table("stay", integer("room"), DAY, replace(DAY, name="until"), keys=(unique("room", "until", "since"),))

STATEMENT = """CREATE TABLE `stay` (
  PERIOD FOR `p` (`since`, `until`),
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_room_until_since` (`room`,`p` WITHOUT OVERLAPS)
)"""


def test_a_key_without_overlaps_has_a_period() -> None:
    key = with_periods({"stay": STAY}, lambda _: STATEMENT)["stay"].unique_keys[-1]
    assert (key.period, key.compared) == (("since", "until"), ("room",))


@pytest.mark.parametrize(
    "statement",
    [STATEMENT.replace(" WITHOUT OVERLAPS", ""), STATEMENT.replace("uq_", "other_"), "", STATEMENT.replace("UNIQUE KEY", "KEY")],
)
def test_an_ordinary_key_has_none(statement: str) -> None:
    key = with_periods({"stay": STAY}, lambda _: statement)["stay"].unique_keys[-1]
    assert (key.period, key.compared) == (None, key.columns)


def test_a_primary_key_may_be_one() -> None:
    primary = replace(STAY, unique_keys=(replace(STAY.unique_keys[-1], name="PRIMARY"),))
    statement = STATEMENT.replace("PRIMARY KEY (`id`),\n  UNIQUE KEY `uq_room_until_since`", "PRIMARY KEY")
    assert with_periods({"stay": primary}, lambda _: statement)["stay"].unique_keys[0].period == ("since", "until")


@pytest.mark.parametrize(
    "until", [replace(DAY, nullable=True), replace(DAY, kind=ColumnType.DATETIME, type_text="datetime"), integer("until")]
)
def test_the_statement_is_not_read_for_other_keys(until: ColumnSchema) -> None:
    def unexpected(_: str) -> str:
        raise AssertionError

    other = replace(STAY, columns=(*STAY.columns[:-1], replace(until, name="until")))
    assert with_periods({"stay": other, "plain": table("plain")}, unexpected) == {"stay": other, "plain": table("plain")}
