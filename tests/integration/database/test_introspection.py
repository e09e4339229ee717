"""Everything that decides whether a row is valid is read from both servers, whatever the names of tables and columns."""

from dataclasses import replace

import pytest
from support.servers import Database, create_table, read_tables

from parloader.database import introspection, sql
from parloader.schema.model import (
    Check,
    ColumnSchema,
    ColumnType,
    ForeignKey,
    TableSchema,
    Trigger,
    UniqueKey,
    quote_identifier,
)

HOSTILE = "o'd`d \"\\%s,é"

Q = quote_identifier(HOSTILE)


def without_texts(columns: tuple[ColumnSchema, ...]) -> tuple[ColumnSchema, ...]:
    """The columns without the texts of types and defaults, which differ between the servers."""
    return tuple(replace(column, type_text="", default=None) for column in columns)


def integer(name: str, *, bits: int = 32, unsigned: bool = False, nullable: bool = True) -> ColumnSchema:
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return ColumnSchema(
        name=name, kind=ColumnType.INTEGER, type_text="", nullable=nullable, min_value=low, max_value=high, unsigned=unsigned
    )


def text(name: str, length: int, *, charset: str = "utf8mb4", fixed: bool = False) -> ColumnSchema:
    collation = f"{charset}_bin"
    return ColumnSchema(
        name=name, kind=ColumnType.TEXT, type_text="", nullable=True, length=length, fixed=fixed, charset=charset, collation=collation
    )


def of_kind(name: str, kind: ColumnType) -> ColumnSchema:
    return ColumnSchema(name=name, kind=kind, type_text="", nullable=True)


UTF8_BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def test_numbers(database: Database) -> None:
    found = create_table(
        database,
        """CREATE TABLE t (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a TINYINT(1), b BOOL, c TINYINT UNSIGNED, d SMALLINT,
        e MEDIUMINT UNSIGNED, f INT(5) UNSIGNED ZEROFILL, g BIGINT, h BIT(9), i YEAR, j DECIMAL(10,3) UNSIGNED, k DECIMAL, l FLOAT,
        m FLOAT(7,3), n DOUBLE UNSIGNED, o BIT(64))""",
    )
    decimal, real = of_kind("", ColumnType.DECIMAL), of_kind("", ColumnType.REAL)
    assert without_texts(found.columns) == (
        replace(integer("id", bits=64, unsigned=True, nullable=False), auto_increment=True),
        integer("a", bits=8),
        integer("b", bits=8),
        integer("c", bits=8, unsigned=True),
        integer("d", bits=16),
        integer("e", bits=24, unsigned=True),
        integer("f", unsigned=True),
        integer("g", bits=64),
        replace(of_kind("h", ColumnType.BIT), max_value=511),
        replace(of_kind("i", ColumnType.YEAR), min_value=1901, max_value=2155),
        replace(decimal, name="j", precision=10, scale=3, unsigned=True),
        replace(decimal, name="k", precision=10),
        replace(real, name="l", single=True),
        replace(real, name="m", single=True, precision=7, scale=3),
        replace(real, name="n", unsigned=True),
        replace(of_kind("o", ColumnType.BIT), max_value=2**64 - 1),
    )
    assert found.column("j").type_text == "decimal(10,3) unsigned"


def test_texts_bytes_and_timestamps(database: Database) -> None:
    found = create_table(
        database,
        f"""CREATE TABLE t (a CHAR(5), b VARCHAR(20), c VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin, d TINYTEXT, e TEXT,
        f TEXT CHARACTER SET latin1 COLLATE latin1_bin, g TEXT CHARACTER SET ucs2 COLLATE ucs2_bin, h MEDIUMTEXT, i LONGTEXT, j BINARY(4),
        k VARBINARY(16), l TINYBLOB, m BLOB, n LONGBLOB, o DATE, p DATETIME(3), q TIMESTAMP NULL, r TIME(6),
        s ENUM('a','it''s','x,y','b\\\\c','','ü\n)') , u SET('a','"b"')) {UTF8_BIN}""",
    )
    blob = replace(of_kind("", ColumnType.BYTES), length=65535)
    chosen = ColumnSchema(name="", kind=ColumnType.ENUM, type_text="", nullable=True, charset="utf8mb4", collation="utf8mb4_bin")
    assert without_texts(found.columns) == (
        text("a", 5, fixed=True),
        text("b", 20),
        text("c", 20, charset="latin1"),
        text("d", 63),
        text("e", 16383),
        text("f", 65535, charset="latin1"),
        text("g", 32767, charset="ucs2"),
        text("h", 4194303),
        text("i", 4194303),
        replace(blob, name="j", length=4, fixed=True),
        replace(blob, name="k", length=16),
        replace(blob, name="l", length=255),
        replace(blob, name="m"),
        replace(blob, name="n", length=2**24 - 1),
        of_kind("o", ColumnType.DATE),
        replace(of_kind("p", ColumnType.DATETIME), fraction_digits=3),
        of_kind("q", ColumnType.TIMESTAMP),
        replace(of_kind("r", ColumnType.TIME), fraction_digits=6),
        replace(chosen, name="s", values=("a", "it's", "x,y", "b\\c", "", "ü\n)")),
        replace(chosen, name="u", kind=ColumnType.SET, values=("a", '"b"')),
    )


def test_a_text_column_holds_its_stated_length(database: Database) -> None:
    found = create_table(database, f"CREATE TABLE t (a TINYTEXT, b TEXT, c VARCHAR(20), d TEXT CHARACTER SET utf8mb3) {UTF8_BIN}")
    values = ["€" * c.length if c.charset == "utf8mb3" else "😀" * c.length for c in found.columns]
    with database.connection() as connection:
        sql.execute(connection, "INSERT INTO t VALUES %s", tuple(values))
        assert sql.row(connection, "SELECT * FROM t") == tuple(values)


def test_values_that_information_schema_cannot_represent_are_left_out(database: Database) -> None:
    found = create_table(database, f"CREATE TABLE t (a ENUM('x','😀'), b ENUM('?')) {UTF8_BIN}")
    assert [c.values for c in found.columns] == [("x",), ("?",)]


OWN_TYPES = {
    "mariadb": """CREATE TABLE t (a UUID, b INET4, c INET6, d JSON, e LONGTEXT CHECK (json_length(e) > 0), g GEOMETRY, p POINT REF_SYSTEM_ID=4326,
        mp GEOMETRYCOLLECTION)""",
    "mysql": "CREATE TABLE t (v VECTOR(3), d JSON, e LONGTEXT CHECK (json_length(e) > 0), g GEOMETRY, p POINT SRID 4326, mp GEOMETRYCOLLECTION)",
}


def test_types_of_one_server(database: Database) -> None:
    kind = database.server.kind
    found = create_table(database, OWN_TYPES[kind])
    first = {
        "mariadb": (of_kind("a", ColumnType.UUID), of_kind("b", ColumnType.INET4), of_kind("c", ColumnType.INET6)),
        "mysql": (replace(of_kind("v", ColumnType.VECTOR), length=3),),
    }
    geometry = of_kind("", ColumnType.GEOMETRY)
    assert tuple(
        replace(c, charset="", collation="", length=c.length * (c.kind is ColumnType.VECTOR)) for c in without_texts(found.columns)
    ) == (
        *first[kind],
        of_kind("d", ColumnType.JSON),
        of_kind("e", ColumnType.TEXT),
        replace(geometry, name="g", geometry="geometry"),
        replace(geometry, name="p", geometry="point", srid=4326),
        replace(geometry, name="mp", geometry="geometrycollection"),
    )
    assert len(found.checks) == 1  # without MariaDB's CHECK for JSON


DEFAULTS = {
    "INT DEFAULT 7": "7",
    "DECIMAL(5,2) DEFAULT -1.5": "-1.50",
    "INT": None,
    "INT DEFAULT NULL": None,
    "INT NOT NULL": None,
    "BOOL DEFAULT TRUE": "1",
    "VARCHAR(20) DEFAULT 'abc'": "abc",
    "VARCHAR(20) DEFAULT 'NULL'": "NULL",
    "VARCHAR(20) NOT NULL DEFAULT ''": "",
    "VARCHAR(20) DEFAULT 'current_timestamp()'": "current_timestamp()",
    "VARCHAR(20) DEFAULT 'it''s \\\\ \"x\"\né %'": 'it\'s \\ "x"\né %',
    "VARCHAR(20) DEFAULT ('it''s \\\\')": "it's \\",
    "TEXT DEFAULT ('é')": "é",
    "INT DEFAULT (NULL)": None,
    "INT DEFAULT (3)": "3",
    "DATE DEFAULT '2020-01-02'": "2020-01-02",
    "DATETIME DEFAULT '2020-01-02 03:04:05'": "2020-01-02 03:04:05",
    "ENUM('a','b''c') DEFAULT 'b''c'": "b'c",
    "SET('a','b') DEFAULT 'a,b'": "a,b",
    "BIT(3) DEFAULT b'101'": "b'101'",
    "INT AS (1) VIRTUAL": None,
}

EXPRESSIONS = {
    "DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)": "current_timestamp(3)",
    "VARCHAR(40) NOT NULL DEFAULT (UUID())": "uuid()",
    "INT DEFAULT (1 + 2)": "(1 + 2)",
}


def test_defaults(database: Database) -> None:
    columns = ", ".join(f"c{n} {definition}" for n, definition in enumerate([*DEFAULTS, *EXPRESSIONS]))
    found = [column.default for column in create_table(database, f"CREATE TABLE t ({columns}) {UTF8_BIN}").columns]
    assert found[: len(DEFAULTS)] == list(DEFAULTS.values())
    assert [str(default).lower() for default in found[len(DEFAULTS) :]] == list(EXPRESSIONS.values())


def test_generated_and_invisible_columns(database: Database) -> None:
    found = create_table(
        database,
        "CREATE TABLE t (id INT PRIMARY KEY, v INT AS (id + 1) VIRTUAL, s INT AS (id + 2) STORED, i INT INVISIBLE, d TIMESTAMP DEFAULT NOW())",
    )
    assert [(c.name, c.generated) for c in found.columns] == [("id", False), ("v", True), ("s", True), ("i", False), ("d", False)]
    assert [c.name for c in found.columns if c.requires_value] == ["id"]


def test_on_update_comments_and_indexes(database: Database) -> None:
    found = create_table(
        database,
        """CREATE TABLE t (id INT PRIMARY KEY COMMENT 'it''s \\\\ ü', a DATETIME(3) DEFAULT NOW(3) ON UPDATE NOW(3), b TIMESTAMP NOT NULL DEFAULT NOW(),
        c VARCHAR(20), KEY two (b, a), FULLTEXT KEY words (c)) COMMENT 'of %'""",
    )
    assert [(column.name, column.on_update, column.comment) for column in found.columns] == [
        ("id", False, "it's \\ ü"),
        ("a", True, ""),
        ("b", False, ""),
        ("c", False, ""),
    ]
    assert found.comment == "of %"
    assert found.indexes == (("b", "a"), ("c",))


@pytest.fixture(params=["", "NO_BACKSLASH_ESCAPES"])
def sql_mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_an_entire_schema_with_hostile_names(database: Database, sql_mode: str) -> None:
    other = f"{database.target.database}_other"
    database.execute(
        f"CREATE DATABASE {other}",
        f"CREATE TABLE {other}.far (id INT PRIMARY KEY)",
        *(
            statement.replace("%", "%%")
            for statement in (
                f"""CREATE TABLE {Q} ({Q} INT PRIMARY KEY, a INT NOT NULL, v VARCHAR(50), {quote_identifier("u" + HOSTILE)} INT,
                UNIQUE KEY {quote_identifier("u" + HOSTILE)} (a, {quote_identifier("u" + HOSTILE)}), UNIQUE KEY pre (v(10), a), KEY no (v),
                CONSTRAINT {quote_identifier("c" + HOSTILE)} CHECK ({Q} > 3)) {UTF8_BIN}""",
                f"""CREATE TABLE child (id INT PRIMARY KEY, h INT, a INT, b INT, parent INT, far INT,
                CONSTRAINT {quote_identifier("f" + HOSTILE)} FOREIGN KEY (h) REFERENCES {Q} ({Q}),
                CONSTRAINT two FOREIGN KEY (b, a) REFERENCES {Q} (a, {quote_identifier("u" + HOSTILE)}),
                CONSTRAINT self FOREIGN KEY (PARENT) REFERENCES child (ID), CONSTRAINT out_there FOREIGN KEY (far) REFERENCES {other}.far (id))""",
                "CREATE TABLE aside (id INT)",
                f"CREATE TRIGGER {quote_identifier('t' + HOSTILE)} BEFORE INSERT ON {Q} FOR EACH ROW SET NEW.a = 1",
                f"CREATE TRIGGER later AFTER UPDATE ON {Q} FOR EACH ROW SET @a = 1",
            )
        ),
    )
    with database.connection() as connection:
        sql.execute(
            connection, "SET SESSION sql_mode = CONCAT(@@sql_mode, %s)", f",{sql_mode}"
        )  # set by the test: configure_session keeps it
        try:
            found = introspection.read_with_parents(connection, ["child"])
            assert introspection.read_tables(connection, found) == found
            assert introspection.read_with_parents(connection, [HOSTILE]) == {HOSTILE: found[HOSTILE]}
            assert (
                introspection.read_with_parents(connection, ["none"])
                == introspection.read_tables(connection, ["none", "'"])
                == introspection.read_tables(connection, [])
                == {}
            )
        finally:
            sql.execute(connection, f"DROP TABLE child, {other}.far")
            sql.execute(connection, f"DROP DATABASE {other}")
    clause = found[HOSTILE].checks[0].clause
    assert quote_identifier(HOSTILE).replace("\\", "").replace("'", "") in clause.replace("\\", "").replace(
        "'", ""
    )  # MySQL escapes its text
    id_ = integer("id", nullable=False)
    expected = {
        HOSTILE: TableSchema(
            name=HOSTILE,
            columns=(
                integer(HOSTILE, nullable=False),
                integer("a", nullable=False),
                text("v", 50),
                integer("u" + HOSTILE),
            ),
            unique_keys=(
                UniqueKey(name="PRIMARY", columns=(HOSTILE,)),
                UniqueKey(name="pre", columns=("v", "a"), prefixes=(10, None)),
                UniqueKey(name="u" + HOSTILE, columns=("a", "u" + HOSTILE)),
            ),
            indexes=(("v",),),
            checks=(Check(name="c" + HOSTILE, clause=clause),),
            triggers=(Trigger(name="later", event="UPDATE"), Trigger(name="t" + HOSTILE, event="INSERT")),
        ),
        "child": TableSchema(
            name="child",
            columns=(id_, *(integer(name) for name in ("h", "a", "b", "parent", "far"))),
            unique_keys=(UniqueKey(name="PRIMARY", columns=("id",)),),
            indexes=(("h",), ("far",), ("parent",), ("b", "a")),
            foreign_keys=(
                ForeignKey(name="f" + HOSTILE, columns=("h",), parent=HOSTILE, referenced=(HOSTILE,)),
                ForeignKey(name="out_there", columns=("far",), parent=f"`{other}`.`far`", referenced=("id",)),
                ForeignKey(name="self", columns=("parent",), parent="child", referenced=("id",)),
                ForeignKey(name="two", columns=("b", "a"), parent=HOSTILE, referenced=("a", "u" + HOSTILE)),
            ),
        ),
    }
    there = f"`{other}`.`far`"
    expected[there] = TableSchema(name=there, columns=(id_,), unique_keys=(UniqueKey(name="PRIMARY", columns=("id",)),))
    assert {name: replace(table, columns=without_texts(table.columns), sorted_indexes=()) for name, table in found.items()} == expected


def test_names_are_compared_as_the_server_compares_them(database: Database) -> None:
    """Names that differ in case or accents are different tables, although MariaDB's information_schema ignores both."""
    if database.value("SELECT @@lower_case_table_names"):
        pytest.skip("table names on this server are case-insensitive")
    database.execute("CREATE TABLE t (a INT)", "CREATE TABLE T (b INT)", "CREATE TABLE `é` (c INT)", "CREATE TABLE e (d INT)")
    found = read_tables(database, "T", "e", "E")
    assert {name: [c.name for c in table.columns] for name, table in found.items()} == {"T": ["b"], "e": ["d"]}


def test_read_with_parents_follows_chains_and_cycles(database: Database) -> None:
    database.execute(
        "CREATE TABLE a (id INT PRIMARY KEY, c INT)",
        "CREATE TABLE b (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES a (id))",
        "CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES b (id))",
        "ALTER TABLE a ADD FOREIGN KEY (c) REFERENCES c (id)",
        "CREATE TABLE below (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES c (id))",
    )
    with database.connection() as connection:
        assert set(introspection.read_with_parents(connection, ["b"])) == {"a", "b", "c"}
        assert set(introspection.read_with_parents(connection, ["below"])) == {"a", "b", "c", "below"}


def test_indexes_that_find_rows_by_their_values(database: Database) -> None:
    """No index for words or shapes, and no key that MariaDB keeps as hashes."""
    by_expression = ", KEY e (b, (a + 1), c)" if database.server.kind == "mysql" else ", KEY e (b), UNIQUE KEY h (d)"
    database.execute(
        "CREATE TABLE t (a INT, b INT, c VARCHAR(500), d TEXT, g POINT NOT NULL, PRIMARY KEY (b, a), KEY p (c(10)), FULLTEXT KEY f (c), SPATIAL KEY s (g)"
        f"{by_expression})"
    )
    table = read_tables(database, "t")["t"]
    assert sorted(table.sorted_indexes) == [("b",), ("b", "a"), ("c",)]
    assert [table.is_indexed(columns) for columns in (["a", "b"], ["b"], ["a"], ["c"], ["d"], ["b", "c"])] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]
