"""SQL files of applications are split as the servers' own clients split them."""

import pytest
from schemas_debian import NOT_RUN
from schemas_sources import own_schemas, statements


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
        ("SELECT \\\n1, '\\\n';", ["SELECT  \n1, '\\\n'"]),
    ],
)
def test_statements(text: str, expected: list[str]) -> None:
    assert list(statements(text)) == expected


def test_what_is_for_the_server_and_not_for_the_database_is_not_run() -> None:
    for statement in (
        "create table t (a INT)",
        "ALTER TABLE t ADD b INT",
        "INSERT INTO users VALUES (1)",
        "SET @a = 1",
        "CREATE FUNCTION f",
    ):
        assert not NOT_RUN.match(statement)
    for statement in ("CREATE DATABASE d", "use d", "GRANT ALL ON d.* TO u", "drop database d", "CREATE USER u", "SET GLOBAL a = 1"):
        assert NOT_RUN.match(statement)


def test_our_schemas_say_what_they_are_for() -> None:
    schemas = own_schemas()
    assert {kind for schema in schemas for kind in schema.kinds} == {"mariadb", "mysql"}
    assert all(schema.about for schema in schemas)
    assert len({(schema.name, kind) for schema in schemas for kind in schema.kinds}) == sum(len(schema.kinds) for schema in schemas)
