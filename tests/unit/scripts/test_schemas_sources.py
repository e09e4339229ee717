"""SQL files of applications are split as the servers' own clients split them."""

import pytest
from schemas_sources import MAKES_TABLES, own_schemas, statements


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT 1", ["SELECT 1"]),
        ("-- SELECT 1;\nSELECT 2; # SELECT 3;\n", ["SELECT 2"]),
        ("SELECT 5--1;", ["SELECT 5--1"]),
        ("SELECT ';--' , \";\", `a;``b`, 'it''s;', 'it\\';s';SELECT 2", ["SELECT ';--' , \";\", `a;``b`, 'it''s;', 'it\\';s'", "SELECT 2"]),
        ("CREATE TABLE /*_*/user (a INT) /*$wgDBTableOptions*/;", ["CREATE TABLE  user (a INT)"]),
        ("/*!40014 SET a=1 */;", ["/*!40014 SET a=1 */"]),
        ("DELIMITER $$\nBEGIN; x; END$$\ndelimiter ;\nSELECT 2;", ["BEGIN; x; END", "SELECT 2"]),
        ("CREATE TABLE t (\n  exp_delimiter INT\n);", ["CREATE TABLE t (\n  exp_delimiter INT\n)"]),
        (";;\n ; SELECT 1;;", ["SELECT 1"]),
    ],
)
def test_statements(text: str, expected: list[str]) -> None:
    assert list(statements(text)) == expected


def test_only_what_makes_tables_is_run() -> None:
    for statement in ("create table t (a INT)", "ALTER TABLE t ADD b INT", "CREATE UNIQUE INDEX i ON t (a)"):
        assert MAKES_TABLES.match(statement)
    for statement in ("INSERT INTO t VALUES (1)", "CREATE DATABASE d", "USE d", "DROP TABLE t", "CREATE FUNCTION f"):
        assert not MAKES_TABLES.match(statement)


def test_our_schemas_say_what_they_are_for() -> None:
    schemas = own_schemas()
    assert {kind for schema in schemas for kind in schema.kinds} == {"mariadb", "mysql"}
    assert all(schema.about for schema in schemas)
    assert len({(schema.name, kind) for schema in schemas for kind in schema.kinds}) == sum(len(schema.kinds) for schema in schemas)
