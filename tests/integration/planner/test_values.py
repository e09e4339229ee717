"""The servers take the values made for every type and size, in strict mode, and the unique ones are unique to their collations."""

import polars as pl
from support.servers import Database

from parloader.database import sql
from parloader.database.introspection import read_tables
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.planner.values.default_generators import generator
from parloader.planner.values.unique_columns import unique_generator
from parloader.plans.generators import Generator
from parloader.plans.unique import capacity
from parloader.schema.model import ColumnSchema, ColumnType

ROWS = 300

MOST_KEYS = 60  # of a table: 64 on both servers

TYPES = """TINYINT; TINYINT UNSIGNED; TINYINT(1); SMALLINT; MEDIUMINT UNSIGNED; INT; BIGINT; BIGINT UNSIGNED; DECIMAL(2,2); DECIMAL(1,0) UNSIGNED;
DECIMAL(10,2); DECIMAL(65,30); DECIMAL(65,0); FLOAT; FLOAT UNSIGNED; FLOAT(7,1); DOUBLE; DOUBLE(9,2); BIT(1); BIT(8); BIT(64); YEAR; DATE; DATETIME; DATETIME(6);
TIMESTAMP NULL; TIMESTAMP(3) NULL; TIME; TIME(3); CHAR(1); CHAR(2); CHAR(40); VARCHAR(1); VARCHAR(5); VARCHAR(20); VARCHAR(255);
VARCHAR(50) CHARACTER SET latin1; CHAR(3) CHARACTER SET ascii; VARCHAR(100) CHARACTER SET utf8mb3; VARCHAR(30) CHARACTER SET ucs2;
VARCHAR(30) COLLATE utf8mb4_bin;
VARCHAR(30) COLLATE utf8mb4_roman_ci; CHAR(3) COLLATE utf8mb4_lithuanian_ci; CHAR(2) COLLATE utf8mb4_danish_ci;
TINYTEXT; TEXT; MEDIUMTEXT; LONGTEXT; BINARY(1); BINARY(16); BINARY(20); VARBINARY(3); VARBINARY(64);
TINYBLOB; BLOB; LONGBLOB; ENUM('a','B','it''s'); SET('one'); SET('a','b','c','d','e','f','g'); JSON; GEOMETRY; POINT; LINESTRING; POLYGON; MULTIPOINT;
MULTILINESTRING; MULTIPOLYGON; GEOMETRYCOLLECTION"""

OF_MARIADB = "UUID; INET6; INET4"

OF_MYSQL = "VECTOR(3); POINT SRID 4326; POLYGON SRID 4326"

# Names that guide; each with a type it is often seen with
NAMED = """email VARCHAR(100); username VARCHAR(30); url TEXT; phone VARCHAR(20); created_at TIMESTAMP NULL; updated_at DATETIME; birthday DATE;
expires INT; clock INT UNSIGNED; price DECIMAL(8,2); lat DECIMAL(8,6); lng DOUBLE; is_open TINYINT; uuid CHAR(36); sku CHAR(8); country_code CHAR(2);
name VARCHAR(10); description LONGTEXT; port SMALLINT UNSIGNED; age TINYINT; zip MEDIUMINT; duration TIME; ip VARCHAR(45)"""


def every_type(database: Database) -> dict[str, str]:
    """Column name → its definition."""
    types = f"{TYPES};{OF_MARIADB if database.server.kind == 'mariadb' else OF_MYSQL}".split(";")
    definitions = [f"c{number} {text.strip()}" for number, text in enumerate(types)] + [text.strip() for text in NAMED.split(";")]
    return {definition.split()[0]: definition for definition in definitions}


def created(database: Database, table: str, *definitions: str) -> tuple[ColumnSchema, ...]:
    database.execute(f"CREATE TABLE {table} ({', '.join(definitions)}) ROW_FORMAT=DYNAMIC")
    with database.connection() as connection:
        return read_tables(connection, [table])[table].columns


def values(made: Generator, rows: int) -> list[object]:
    place = ColumnContext(seed=1, table="t", column="c", rows=rows, pick=lambda pick, place: pl.lit(None))
    return pl.DataFrame({"i": range(rows)}).select(expression(made, place).alias("c"))["c"].to_list()


def insert(database: Database, table: str, of: dict[str, list[object]]) -> None:
    with database.connection() as connection:
        assert "STRICT" in sql.value(connection, "SELECT @@sql_mode")
        connection.begin()
        with connection.cursor() as cursor:
            for row in zip(*of.values(), strict=True):
                cursor.execute(f"INSERT INTO {table} ({', '.join(of)}) VALUES ({', '.join(['%s'] * len(of))})", row)
                assert cursor.warning_count == 0, sql.rows(connection, "SHOW WARNINGS")
        connection.commit()
    assert database.value(f"SELECT COUNT(*) FROM {table}") == ROWS


def test_every_type_is_filled(database: Database) -> None:
    columns = created(database, "every_type", *every_type(database).values())
    made = {column.name: generator(column) for column in columns}
    assert not [column.type_text for column in columns if made[column.name] is None]
    insert(database, "every_type", {name: values(found, ROWS) for name, found in made.items() if found})


def test_unique_values_are_taken_by_a_unique_key(database: Database) -> None:
    definitions = every_type(database)
    columns = created(database, "every_type", *definitions.values())
    prefixes = {column.name: 10 for column in columns if column.type_text.lower().endswith(("text", "blob"))}
    found = {column.name: made for column in columns if (made := unique_generator(column, prefix=prefixes.get(column.name)))}
    assert {column.kind for column in columns if column.name not in found} == {ColumnType.JSON, ColumnType.GEOMETRY} | (
        {ColumnType.VECTOR} if database.server.kind == "mysql" else set()
    )
    for number, start in enumerate(range(0, len(found), MOST_KEYS)):
        part = dict(list(found.items())[start : start + MOST_KEYS])
        keys = [f"UNIQUE ({name}{f'({prefixes[name]})' if name in prefixes else ''})" for name in part]
        created(database, f"unique_{number}", *(definitions[name] for name in part), *keys)
        of: dict[str, list[object]] = {}
        for name, made in part.items():
            some = values(made, min(ROWS, capacity(made)))
            of[name] = some + [None] * (ROWS - len(some))
        insert(database, f"unique_{number}", of)
