"""In strict mode, the servers accept generated values for every type and size; unique values are unique in each collation."""

import polars as pl
from support.servers import Database

from parloader.database import sql
from parloader.database.introspection import read_tables
from parloader.generation.context import ColumnContext
from parloader.generation.expressions import expression
from parloader.inference.default_generators import generator
from parloader.inference.unique_columns import unique_generator
from parloader.plans.generators import Generator
from parloader.plans.unique import capacity
from parloader.schema.model import ColumnSchema, ColumnType

ROWS = 300

MAX_KEYS = 60  # per table; both servers allow 64

TYPES = """TINYINT; TINYINT UNSIGNED; TINYINT(1); SMALLINT; MEDIUMINT UNSIGNED; INT; BIGINT; BIGINT UNSIGNED; DECIMAL(2,2); DECIMAL(1,0) UNSIGNED;
DECIMAL(10,2); DECIMAL(65,30); DECIMAL(65,0); FLOAT; FLOAT UNSIGNED; FLOAT(7,1); DOUBLE; DOUBLE(9,2); BIT(1); BIT(8); BIT(64); YEAR; DATE; DATETIME; DATETIME(6);
TIMESTAMP NULL; TIMESTAMP(3) NULL; TIME; TIME(3); CHAR(1); CHAR(2); CHAR(40); VARCHAR(1); VARCHAR(5); VARCHAR(20); VARCHAR(255);
VARCHAR(50) CHARACTER SET latin1; CHAR(3) CHARACTER SET ascii; VARCHAR(100) CHARACTER SET utf8mb3; VARCHAR(30) CHARACTER SET ucs2;
VARCHAR(30) COLLATE utf8mb4_bin;
VARCHAR(30) COLLATE utf8mb4_roman_ci; CHAR(3) COLLATE utf8mb4_lithuanian_ci; CHAR(2) COLLATE utf8mb4_danish_ci;
TINYTEXT; TEXT; MEDIUMTEXT; LONGTEXT; BINARY(1); BINARY(16); BINARY(20); VARBINARY(3); VARBINARY(64);
TINYBLOB; BLOB; LONGBLOB; ENUM('a','B','it''s'); SET('one'); SET('a','b','c','d','e','f','g'); JSON; GEOMETRY; POINT; LINESTRING; POLYGON; MULTIPOINT;
MULTILINESTRING; MULTIPOLYGON; GEOMETRYCOLLECTION"""

MARIADB_TYPES = "UUID; INET6; INET4"

MYSQL_TYPES = "VECTOR(3); POINT SRID 4326; POLYGON SRID 4326"

# Column names from which the planner guesses a meaning, each with a type that is common for it
NAMED = """email VARCHAR(100); username VARCHAR(30); url TEXT; phone VARCHAR(20); created_at TIMESTAMP NULL; updated_at DATETIME; birthday DATE;
expires INT; clock INT UNSIGNED; price DECIMAL(8,2); lat DECIMAL(8,6); lng DOUBLE; is_open TINYINT; uuid CHAR(36); sku CHAR(8); country_code CHAR(2);
name VARCHAR(10); description LONGTEXT; port SMALLINT UNSIGNED; age TINYINT; zip MEDIUMINT; duration TIME; ip VARCHAR(45)"""


def every_type(database: Database) -> dict[str, str]:
    """Column name → its definition."""
    types = f"{TYPES};{MARIADB_TYPES if database.server.kind == 'mariadb' else MYSQL_TYPES}".split(";")
    definitions = [f"c{number} {text.strip()}" for number, text in enumerate(types)] + [text.strip() for text in NAMED.split(";")]
    return {definition.split()[0]: definition for definition in definitions}


def created(database: Database, table: str, *definitions: str) -> tuple[ColumnSchema, ...]:
    database.execute(f"CREATE TABLE {table} ({', '.join(definitions)}) ROW_FORMAT=DYNAMIC")
    with database.connection() as connection:
        return read_tables(connection, [table])[table].columns


def values(generated: Generator, rows: int) -> list[object]:
    context = ColumnContext(seed=1, table="t", column="c", rows=rows, pick=lambda pick, context: pl.lit(None))
    return pl.DataFrame({"i": range(rows)}).select(expression(generated, context).alias("c"))["c"].to_list()


def insert(database: Database, table: str, columns: dict[str, list[object]]) -> None:
    with database.connection() as connection:
        assert "STRICT" in sql.value(connection, "SELECT @@sql_mode")
        connection.begin()
        with connection.cursor() as cursor:
            for row in zip(*columns.values(), strict=True):
                cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", row)
                assert cursor.warning_count == 0, sql.rows(connection, "SHOW WARNINGS")
        connection.commit()
    assert database.value(f"SELECT COUNT(*) FROM {table}") == ROWS


def test_every_type_is_filled(database: Database) -> None:
    columns = created(database, "every_type", *every_type(database).values())
    generators = {column.name: generator(column) for column in columns}
    assert not [column.type_text for column in columns if generators[column.name] is None]
    insert(database, "every_type", {name: values(found, ROWS) for name, found in generators.items() if found})


def test_a_unique_key_accepts_unique_values(database: Database) -> None:
    definitions = every_type(database)
    columns = created(database, "every_type", *definitions.values())
    prefixes = {column.name: 10 for column in columns if column.type_text.lower().endswith(("text", "blob"))}
    generators = {column.name: unique for column in columns if (unique := unique_generator(column, prefix=prefixes.get(column.name)))}
    assert {column.kind for column in columns if column.name not in generators} == {ColumnType.JSON, ColumnType.GEOMETRY} | (
        {ColumnType.VECTOR} if database.server.kind == "mysql" else set()
    )
    for number, start in enumerate(range(0, len(generators), MAX_KEYS)):
        part = dict(list(generators.items())[start : start + MAX_KEYS])
        keys = [f"UNIQUE ({name}{f'({prefixes[name]})' if name in prefixes else ''})" for name in part]
        created(database, f"unique_{number}", *(definitions[name] for name in part), *keys)
        rows: dict[str, list[object]] = {}
        for name, unique in part.items():
            some = values(unique, min(ROWS, capacity(unique)))
            rows[name] = some + [None] * (ROWS - len(some))
        insert(database, f"unique_{number}", rows)
