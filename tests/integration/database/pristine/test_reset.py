"""What a test wrote is taken back, whatever it was."""

from dataclasses import replace

import pytest
from support.servers import quiet, until_gone

from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.driver import Connection
from parloader.database.pristine.definitions import programs
from parloader.database.pristine.mark import database_name
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import AnotherRun, Refused
from parloader.operations.reset import mark, reset

TABLES = (
    "CREATE TABLE shop (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, rating DOUBLE NULL)",
    """CREATE TABLE item (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, shop INT UNSIGNED NULL, price DECIMAL(8,2) NOT NULL,
        kind ENUM('', 'new', 'old') NULL, tags SET('a', 'b') NULL, flags BIT(5) NULL, doc JSON NULL, place POINT NULL,
        twice DECIMAL(9,2) AS (price * 2) STORED, changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        FOREIGN KEY (shop) REFERENCES shop (id) ON DELETE CASCADE ON UPDATE CASCADE)""",
    """CREATE TABLE code (code VARCHAR(10) NOT NULL, part INT NOT NULL, item INT UNSIGNED NULL, body BLOB NULL, PRIMARY KEY (code, part),
        FOREIGN KEY (item) REFERENCES item (id) ON DELETE SET NULL)""",
    "CREATE TABLE loose (a INT NULL, b VARCHAR(10) NULL, c DOUBLE NULL)",
)

ROWS = (
    "INSERT INTO shop (name, rating) VALUES ('one', 0), ('two', NULL), ('three', 2.5)",
    """INSERT INTO item (shop, price, kind, tags, flags, doc, place) VALUES (1, 1, '', 'a', b'1', '{"n": 1}', POINT(1, 2)),
        (1, 2, 'new', NULL, NULL, NULL, NULL), (2, 3, NULL, 'a,b', b'10101', '[]', NULL), (NULL, 4, 'old', '', b'0', NULL, POINT(0, 0))""",
    "INSERT INTO code VALUES ('a', 1, 1, X'00FF'), ('a', 2, 2, NULL), ('Zoë', 1, NULL, '')",
    "INSERT INTO loose VALUES (1, 'x', 1), (1, 'x', 1), (NULL, NULL, NULL)",
)


@pytest.fixture
def shop(connection: Connection) -> Connection:
    for statement in (*TABLES, *ROWS):
        sql.execute(connection, statement)
    return connection


def content(connection: Connection) -> dict[str, object]:
    """Everything in the database: definitions with their AUTO_INCREMENT, rows as they are stored, programs."""
    found: dict[str, object] = {}
    for name, kind in sql.rows(connection, "SHOW FULL TABLES"):
        found[name] = sql.row(connection, f"SHOW CREATE TABLE `{name}`")[1]
        if kind != "VIEW":
            columns = [row[0] for row in sql.rows(connection, f"SHOW COLUMNS FROM `{name}`")]
            shown = ", ".join(f"HEX(CONCAT(`{column}`))" for column in columns)
            found[f"{name}: rows"] = sorted(sql.rows(connection, f"SELECT {shown} FROM `{name}`"), key=str)
    triggers = """SELECT trigger_name, event_object_table, action_statement, action_order, definer, sql_mode FROM information_schema.triggers
        WHERE trigger_schema = DATABASE() ORDER BY 1"""
    routines = "SELECT routine_name, routine_type, routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1"
    return {**found, "triggers": sql.rows(connection, triggers), "routines": sql.rows(connection, routines)}


CHANGES = {
    "nothing": (),
    "an update": ("UPDATE item SET price = 9 WHERE id = 2",),
    "an update to equal letters": ("UPDATE shop SET name = 'ONE' WHERE id = 1", "UPDATE code SET code = 'A' WHERE code = 'a'"),
    "the sign of zero": ("UPDATE shop SET rating = -0e0 WHERE id = 1",),
    "each type": (
        "UPDATE item SET kind = NULL, tags = '', flags = b'11', place = POINT(2, 1) WHERE id = 1",
        """UPDATE item SET doc = '{"n": 1.0}' WHERE id = 1""",
        "UPDATE code SET body = X'00FE' WHERE part = 1",
    ),
    "an insert": ("INSERT INTO item (shop, price) VALUES (3, 7)",),
    "an insert that is deleted": ("INSERT INTO shop (name) VALUES ('gone')", "DELETE FROM shop WHERE name = 'gone'"),
    "an insert that is rolled back": ("BEGIN", "INSERT INTO shop (name) VALUES ('never')", "ROLLBACK"),
    "a delete that cascades": ("DELETE FROM shop WHERE id = 1",),
    "an update that cascades": ("UPDATE shop SET id = 10 WHERE id = 2",),
    "values that change places": (
        "UPDATE shop SET name = 'free' WHERE id = 1",
        "UPDATE shop SET name = 'one' WHERE id = 2",
        "UPDATE shop SET name = 'two' WHERE id = 1",
    ),
    "rows without a key": ("DELETE FROM loose WHERE a = 1 LIMIT 1", "INSERT INTO loose VALUES (NULL, NULL, NULL)"),
    "a letter without a key": ("UPDATE loose SET b = 'X' WHERE a = 1 LIMIT 1",),
    "TRUNCATE": ("SET foreign_key_checks = 0", "TRUNCATE TABLE shop", "TRUNCATE TABLE loose", "SET foreign_key_checks = 1"),
    "TRUNCATE, and the same rows again": ("TRUNCATE TABLE loose", ROWS[3]),
    "a new column": ("ALTER TABLE item ADD COLUMN extra INT NULL",),
    "a default": ("ALTER TABLE item ALTER price SET DEFAULT 3",),
    "a new index": ("CREATE INDEX price ON item (price)",),
    "a table that is dropped": ("DROP TABLE code",),
    "a table that is renamed": ("RENAME TABLE loose TO tight",),
    "a new table": ("CREATE TABLE added (id INT PRIMARY KEY, item INT UNSIGNED, FOREIGN KEY (item) REFERENCES item (id))",),
    "a new view": ("CREATE VIEW cheap AS SELECT id FROM item WHERE price < 3",),
    "a new trigger": ("CREATE TRIGGER noisy BEFORE INSERT ON item FOR EACH ROW SET NEW.price = 1", "DELETE FROM item"),
    "a new procedure": ("CREATE PROCEDURE nothing() BEGIN END",),
    "FLUSH and ANALYZE": ("UPDATE item SET price = 5", "FLUSH TABLES", "ANALYZE TABLE item"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_taken_back(shop: Connection, target: Target, change: str) -> None:
    mark(target)
    before = content(shop)
    for statement in CHANGES[change]:
        sql.execute(shop, statement)
    reset(target)
    assert content(shop) == before
    assert reset(target).rows == {}
    assert content(shop) == before


def test_only_what_was_touched_is_compared(shop: Connection, target: Target) -> None:
    mark(target)
    next_second(shop)
    reset(target)
    sql.execute(shop, "DELETE FROM shop WHERE id = 1")
    result = reset(target)
    assert result.known
    assert result.compared == ("code", "item", "shop")
    assert result.rows == {"code": 2, "item": 2, "shop": 1}


SAME_SECOND = ("SET timestamp = 1000000000",)

# Each: what is there at the mark, and what changes then. The clock stands still, as that of a test may: no moment tells what has changed.
QUIET_CHANGES = {
    "a referenced table that is renamed": ((), ("RENAME TABLE shop TO market",)),
    "a referenced column that is renamed": ((), ("ALTER TABLE shop CHANGE id number INT UNSIGNED AUTO_INCREMENT",)),
    "a counter in a comment": (
        ("CREATE TABLE told (id INT AUTO_INCREMENT PRIMARY KEY) COMMENT 'from AUTO_INCREMENT=5 on'",),
        ("ALTER TABLE told COMMENT 'from AUTO_INCREMENT=6 on'",),
    ),
    "two tables of one second that change places": (
        (*SAME_SECOND, "CREATE TABLE a (id INT PRIMARY KEY, n INT DEFAULT 1)", "CREATE TABLE b (id INT PRIMARY KEY, n INT DEFAULT 2)"),
        ("RENAME TABLE a TO c, b TO a, c TO b",),
    ),
    "a view in place of a table": ((), ("DROP TABLE loose", "CREATE VIEW loose AS SELECT 1 AS a")),
    "the account of a view": (
        ("CREATE VIEW cheap AS SELECT id FROM item",),
        ("CREATE OR REPLACE SQL SECURITY INVOKER VIEW cheap AS SELECT id FROM item",),
    ),
    "the check of a view": (
        ("CREATE VIEW cheap AS SELECT id FROM item WHERE id < 5",),
        ("CREATE OR REPLACE VIEW cheap AS SELECT id FROM item WHERE id < 5 WITH CHECK OPTION",),
    ),
    "a procedure in the same second": (
        (*SAME_SECOND, "CREATE PROCEDURE tell() SELECT 1"),
        (*SAME_SECOND, "DROP PROCEDURE tell", "CREATE PROCEDURE tell() SELECT 2"),
    ),
    "the order of triggers": (
        (
            "CREATE TRIGGER one BEFORE UPDATE ON item FOR EACH ROW SET NEW.price = 1",
            "CREATE TRIGGER two BEFORE UPDATE ON item FOR EACH ROW SET NEW.price = 2",
        ),
        ("DROP TRIGGER one", "CREATE TRIGGER one BEFORE UPDATE ON item FOR EACH ROW SET NEW.price = 1"),
    ),
}


@pytest.mark.parametrize("change", QUIET_CHANGES)
def test_a_change_of_which_the_server_keeps_no_time_is_taken_back(shop: Connection, target: Target, change: str) -> None:
    before_mark, after_mark = QUIET_CHANGES[change]
    for statement in before_mark:
        sql.execute(shop, statement)
    next_second(shop)
    mark(target)
    before = content(shop)
    next_second(shop)
    for statement in after_mark:
        sql.execute(shop, statement)
    reset(target)
    assert content(shop) == before
    again = reset(target)
    assert (again.rows, again.rebuilt, again.programs) == ({}, (), ())


def next_second(connection: Connection) -> None:
    """Waits until the server's clock shows another second: changes in the second of a look cannot be told from earlier ones."""
    sql.execute(connection, "DO SLEEP(CEIL(UNIX_TIMESTAMP(SYSDATE(6))) - UNIX_TIMESTAMP(SYSDATE(6)))")


PROGRAMS = (
    "CREATE VIEW first_view AS SELECT id FROM item",
    "CREATE VIEW a_view AS SELECT id FROM first_view",
    "CREATE TABLE log (text VARCHAR(40) NULL)",
    "CREATE TRIGGER second_trigger AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES ('ä inserted')",
    "CREATE TRIGGER first_trigger AFTER INSERT ON item FOR EACH ROW PRECEDES second_trigger INSERT INTO log VALUES ('first')",
    "CREATE TRIGGER deleting BEFORE DELETE ON item FOR EACH ROW INSERT INTO log VALUES ('deleted')",
    "CREATE PROCEDURE tell() SELECT 'ä'",
    "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 1",
)


@pytest.mark.parametrize(
    "changes",
    [
        ("DELETE FROM item WHERE id = 1", "INSERT INTO item (price) VALUES (3)"),
        ("DROP VIEW first_view", "DROP TRIGGER first_trigger", "DROP PROCEDURE tell"),
        (
            "CREATE OR REPLACE VIEW a_view AS SELECT 1 AS id",
            "DROP FUNCTION one",
            "CREATE FUNCTION one() RETURNS INT DETERMINISTIC RETURN 2",
        ),
    ],
)
def test_triggers_do_not_fire_and_come_back(shop: Connection, target: Target, changes: tuple[str, ...]) -> None:
    sql.execute(shop, "SET collation_connection = utf8mb4_bin")
    for statement in PROGRAMS:
        sql.execute(shop, statement)
    mark(target)
    before = content(shop)
    for statement in changes:
        sql.execute(shop, statement)
    reset(target)
    assert content(shop) == before


def test_packages_come_back(connection: Connection, target: Target) -> None:
    if connection.dialect.kind is ServerKind.MYSQL:
        pytest.skip("MySQL has none")

    def create(number: int) -> None:
        sql.execute(connection, "SET sql_mode = ORACLE")
        connection.query("CREATE OR REPLACE PACKAGE numbers AS FUNCTION one RETURN INT; END")
        connection.query(f"CREATE OR REPLACE PACKAGE BODY numbers AS FUNCTION one RETURN INT AS BEGIN RETURN {number}; END; END")
        sql.execute(connection, "SET sql_mode = DEFAULT")

    create(1)
    before = programs(connection)
    assert [program.kind for program in before] == ["PACKAGE", "PACKAGE BODY"]
    mark(target)
    create(2)
    assert reset(target).programs == ("package body numbers",)
    assert programs(connection) == before
    sql.execute(connection, "SET sql_mode = ORACLE")
    connection.query("CREATE OR REPLACE PACKAGE numbers AS FUNCTION one RETURN INT; FUNCTION two RETURN INT; END")
    sql.execute(connection, "SET sql_mode = DEFAULT")
    reset(target)
    assert programs(connection) == before


def test_a_restart_of_the_server_in_between(own_server: PrivateServer) -> None:
    with own_server.in_use(quiet), connected(own_server.target) as connection:
        for statement in (*TABLES, *ROWS):
            sql.execute(connection, statement)
        mark(own_server.target)
        before = content(connection)
        sql.execute(connection, "UPDATE item SET price = 9 WHERE id = 2")
        sql.execute(connection, "INSERT INTO shop (name) VALUES ('new')")
    until_gone(own_server.home)
    with own_server.in_use(quiet), connected(own_server.target) as connection:
        result = reset(own_server.target)
        assert not result.known
        assert set(result.rows) == {"item", "shop"}
        assert content(connection) == before
        assert reset(own_server.target).known
        next_second(connection)
        reset(own_server.target)
        assert reset(own_server.target).compared == ()


def test_uncommitted_changes_are_not_overlooked(shop: Connection, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parloader.database.pristine.transactions.PATIENCE_SECONDS", 0.1)
    mark(target)
    with connected(target) as other:
        other.begin()
        sql.execute(other, "UPDATE item SET price = 9 WHERE id = 2")
        for command in (mark, reset):
            with pytest.raises(AnotherRun, match=rf"^connection {other.thread_id()} has uncommitted changes"):
                command(target)
        other.rollback()
    reset(target)


def test_uncommitted_changes_of_a_connection_to_another_database(
    shop: Connection, target: Target, running: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each counts for the database in which the changes are."""
    monkeypatch.setattr("parloader.database.pristine.transactions.PATIENCE_SECONDS", 0.1)
    mark(target)
    with connected(replace(target, database="mysql")) as other:
        other.begin()
        sql.execute(other, f"UPDATE {sql.quote(target.database)}.item SET price = 9 WHERE id = 2")
        with pytest.raises(AnotherRun, match=rf"^connection {other.thread_id()} has uncommitted changes"):
            reset(target)
        other.rollback()
    hidden = sql.quote(database_name(target.database))
    with connected(replace(target, database="mysql")) as other:
        other.begin()
        sql.execute(other, f"INSERT INTO {hidden}.parloader_mark VALUES ('other', '{{}}')")
        reset(target)
        other.rollback()


def test_a_prepared_transaction_is_not_overlooked(shop: Connection, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no connection any more, and can be committed at any time."""
    monkeypatch.setattr("parloader.database.pristine.transactions.PATIENCE_SECONDS", 0.1)
    mark(target)
    with connected(target) as other:
        sql.execute(other, "XA START 'left'")
        sql.execute(other, "UPDATE item SET price = 9 WHERE id = 2")
        sql.execute(other, "XA END 'left'")
        sql.execute(other, "XA PREPARE 'left'")
    try:
        with pytest.raises(AnotherRun, match="prepared transaction"):
            reset(target)
    finally:
        sql.execute(shop, "XA ROLLBACK 'left'")
    reset(target)


def test_without_a_mark(target: Target) -> None:
    with pytest.raises(Refused, match="has no mark to go back to"):
        reset(target)


def test_another_server_is_refused(target: Target) -> None:
    with pytest.MonkeyPatch.context() as patched:  # it ends before the fixtures do
        patched.setattr(PrivateServer, "process", lambda _: None)
        for command in (mark, reset):
            with pytest.raises(Refused, match="is not a private server of parloader"):
                command(target)


def test_names_of_every_kind(connection: Connection, running: PrivateServer) -> None:
    """InnoDB encodes them."""
    database = "odd é-%s`x"
    sql.execute(connection, f"CREATE DATABASE {sql.quote(database)}")
    target = replace(running.target, database=database)
    with connected(target) as odd:
        for name in ("a b", "Größe", "x#P#y", "per%cent", "`"):
            sql.execute(odd, f"CREATE TABLE {sql.quote(name)} (id INT PRIMARY KEY, {sql.quote(name)} INT)")
            sql.execute(odd, f"INSERT INTO {sql.quote(name)} VALUES (1, 1)")
        mark(target)
        for name in ("a b", "Größe", "x#P#y", "per%cent", "`"):
            sql.execute(odd, f"TRUNCATE TABLE {sql.quote(name)}")
        assert len(reset(target).rows) == 5
    sql.execute(connection, f"DROP DATABASE {sql.quote(database)}")
