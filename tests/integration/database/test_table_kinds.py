"""Kinds of tables, and the keys and CHECKs that only one of the servers has, are read from both."""

from support.servers import Database, create_table, read_tables

from parloader.schema.model import TableType, UniqueKey, quote_identifier

HOSTILE = "o'd`d \"\\%s,é"

Q = quote_identifier(HOSTILE)

UTF8_BIN = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"


def test_keys_that_only_one_server_has(database: Database) -> None:
    """MariaDB: UNIQUE on a long text, by a hash. MySQL: key parts that are expressions."""
    statement, unique_keys = {
        "mariadb": ("CREATE TABLE t (a LONGTEXT, b BLOB, UNIQUE x (a, b))", (UniqueKey(name="x", columns=("a", "b")),)),
        "mysql": (
            "CREATE TABLE t (a VARCHAR(9), b INT, UNIQUE x (b, (LOWER(a))), UNIQUE y ((b + 1)))",
            (UniqueKey(name="x", columns=("b",), expressions=("lower(`a`)",)), UniqueKey(name="y", columns=(), expressions=("(`b` + 1)",))),
        ),
    }[database.server.kind]
    assert create_table(database, statement).unique_keys == unique_keys


def test_checks(database: Database) -> None:
    """In MariaDB several CHECKs may have the same name (in other tables, and of a column and its table); MySQL has CHECKs that are not enforced."""
    mariadb = database.server.kind == "mariadb"
    database.execute(
        "CREATE TABLE t (a INT CHECK (a > 5), b INT, CONSTRAINT ck CHECK (a < b), CONSTRAINT `cké` CHECK (b < 9), CONSTRAINT b CHECK (b > 7))",
        f"CREATE TABLE u (a VARCHAR(9), CONSTRAINT {'ck' if mariadb else 'cku'} CHECK (a <> 'é'))",
        "CREATE TABLE v (a INT, CONSTRAINT twice CHECK (a > 1)" + (")" if mariadb else ", CONSTRAINT no CHECK (a > 2) NOT ENFORCED)"),
    )
    found = read_tables(database, "t", "u", "v")
    checks = {name: {check.name: check.clause.strip("()") for check in table.checks} for name, table in found.items()}
    assert checks == {
        "t": {"a" if mariadb else "t_chk_1": "`a` > 5", "b": "`b` > 7", "ck": "`a` < `b`", "cké": "`b` < 9"},
        "u": {"ck": "`a` <> 'é'"} if mariadb else {"cku": "`a` <> _utf8mb4\\'é\\'"},
        "v": {"twice": "`a` > 1"},
    }


TABLE_TYPES = {
    "mariadb": {
        "CREATE TABLE {0} (id INT PRIMARY KEY, u INT UNIQUE) WITH SYSTEM VERSIONING": TableType.SYSTEM_VERSIONED,
        """CREATE TABLE {0} (id INT PRIMARY KEY, u INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
        e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(s, e), UNIQUE (u)) WITH SYSTEM VERSIONING""": TableType.SYSTEM_VERSIONED,
        "CREATE SEQUENCE {0}": TableType.SEQUENCE,
        "CREATE VIEW {0} AS SELECT 1 AS a": TableType.VIEW,
        "CREATE TABLE {0} (a INT)": TableType.TABLE,
    },
    "mysql": {"CREATE VIEW {0} AS SELECT 1 AS a": TableType.VIEW, "CREATE TABLE {0} (a INT)": TableType.TABLE},
}


def test_types_of_tables(database: Database) -> None:
    types = TABLE_TYPES[database.server.kind]
    database.execute(*(statement.format(f"t{n}") for n, statement in enumerate(types)))
    found = read_tables(database, *(f"t{n}" for n in range(len(types))))
    assert [table.table_type for table in found.values()] == list(types.values())
    for table in found.values():
        if table.table_type is TableType.SYSTEM_VERSIONED:
            assert [(key.name, key.columns) for key in table.unique_keys] == [("PRIMARY", ("id",)), ("u", ("u",))]
            assert [c.name for c in table.columns if not c.generated] == ["id", "u"]
