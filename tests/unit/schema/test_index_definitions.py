from dataclasses import replace

import pytest

from parloader.schema.index_definitions import deferrable, definitions
from parloader.schema.model import ColumnSchema, ColumnType, ForeignKey, Partitioning, TableSchema, UniqueKey

STATEMENT = """CREATE TABLE `t` (
  `id` int NOT NULL,
  `a` int DEFAULT NULL COMMENT 'KEY `x` (`a`)',
  `b` int GENERATED ALWAYS AS ((`a` * 2)) VIRTUAL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`a`),
  KEY `a` (`a`) COMMENT 'it''s, 50%',
  KEY `p``id` (`pid`,`x``y`(5) DESC) /*!80000 INVISIBLE */,
  KEY `f` (`b`,((`a` + 1))),
  SPATIAL KEY `g` (`g`),
  KEY `back` (`a`) COMMENT 'a \\\\ b',
  KEY `b` (`b`) USING BTREE,
  FULLTEXT KEY `c` (`c`),
  CONSTRAINT `t_p` FOREIGN KEY (`pid`) REFERENCES `p` (`id`)
) ENGINE=InnoDB"""


def test_definitions_are_the_lines_of_the_server() -> None:
    found = definitions(STATEMENT, virtual_last=False)
    assert [index.name for index in found] == ["u", "a", "p`id", "f", "g", "back", "b", "c"]
    assert [index.name for index in found if index.is_plain] == ["a", "p`id", "b"]
    assert [index.name for index in found if index.apart] == ["u", "c"]
    assert [index.name for index in definitions(STATEMENT, virtual_last=True) if index.apart] == ["u", "f", "b", "c"]
    assert found[2].columns == ("pid", "x`y")
    assert found[2].text == "KEY `p``id` (`pid`,`x``y`(5) DESC) /*!80000 INVISIBLE */"


def integer(name: str, **more: bool) -> ColumnSchema:
    return replace(ColumnSchema(name=name, kind=ColumnType.INTEGER, type_text="int"), **more)  # type: ignore[arg-type]


def table(**changes: object) -> TableSchema:
    columns = tuple(integer(name) for name in ("id", "a", "b", "pid"))
    return replace(TableSchema(name="t", columns=columns, unique_keys=(UniqueKey(name="PRIMARY", columns=("id",)),)), **changes)  # type: ignore[arg-type]


def create(*lines: str) -> str:
    return "CREATE TABLE `t` (\n" + ",\n".join(f"  {line}" for line in lines) + "\n) ENGINE=InnoDB"


def deferred(schema: TableSchema, statement: str, references: tuple[tuple[str, ...], ...] = (), *, virtual_last: bool = False) -> list[str]:
    indexes = definitions(statement, virtual_last=virtual_last)
    return [index.name for index in deferrable(schema, statement, indexes, references)]


ALL = create("KEY `a` (`a`)", "KEY `pid_a` (`pid`,`a`)", "KEY `a_pid` (`a`,`pid`)", "KEY `b` (`b`)")

TO_PARENT = ForeignKey(name="fk", columns=("pid",), parent="p", referenced=("id",))


@pytest.mark.parametrize(
    ("changes", "references", "names"),
    [
        ({}, (), "a pid_a a_pid b"),
        ({"foreign_keys": (TO_PARENT,)}, (), "a a_pid b"),
        ({"foreign_keys": (replace(TO_PARENT, columns=("PID", "A")),)}, (), "a b"),
        ({"foreign_keys": (TO_PARENT,), "unique_keys": (UniqueKey(name="u", columns=("pid", "b")),)}, (), "a pid_a a_pid b"),
        ({"foreign_keys": (TO_PARENT,), "unique_keys": (UniqueKey(name="u", columns=("pid",), prefixes=(3,)),)}, (), "a a_pid b"),
        ({"foreign_keys": (TO_PARENT,), "unique_keys": (UniqueKey(name="u", columns=("pid",), expressions=("1",)),)}, (), "a a_pid b"),
        ({}, (("b",),), "a pid_a a_pid"),
        ({}, (("id",),), "a pid_a a_pid b"),
        ({"engine": "MyISAM"}, (), ""),
        ({"partitioning": Partitioning(method="HASH", expression="id")}, (), ""),
        ({"columns": (integer("id"), integer("a", generated=True), integer("b"), integer("pid"))}, (), "b"),
        ({"columns": (integer("id"), integer("a", auto_increment=True), integer("b"), integer("pid"))}, (), "pid_a b"),
    ],
    ids=[
        "no constraint",
        "the child's columns",
        "in any order and case",
        "a unique key serves",
        "a unique prefix does not",
        "a unique expression does not",
        "referenced",
        "the primary key is referenced",
        "another engine",
        "partitioned",
        "generated columns",
        "AUTO_INCREMENT needs an index",
    ],
)
def test_indexes_that_a_constraint_needs_stay(changes: dict[str, object], references: tuple[tuple[str, ...], ...], names: str) -> None:
    assert deferred(table(**changes), ALL, references) == names.split()


def test_an_index_before_one_that_cannot_be_added_again_stays() -> None:
    statement = create("KEY `a` (`a`)", "KEY `f` (((`a` + 1)))", "KEY `b` (`b`)", "FULLTEXT KEY `c` (`c`)")
    assert deferred(table(), statement) == ["b"]
    assert deferred(table(), statement, virtual_last=True) == ["a", "b"]


def test_application_time_periods() -> None:
    assert deferred(table(), create("KEY `a` (`a`)", "PERIOD FOR `p` (`a`, `b`)")) == []


def test_a_unique_index_by_hashes_would_not_survive_the_statement() -> None:
    assert deferred(table(), create("UNIQUE KEY `u` (`b`) USING HASH COMMENT 'x'", "KEY `a` (`a`)")) == []
    assert deferred(table(), create("UNIQUE KEY `u` (`b`) USING BTREE", "KEY `a` (`a`) USING HASH")) == ["a"]
