"""Triggers that write other rows: what they change is left out of the comparison, what they add is noted or refused, before the load."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.plan_kinds import state
from support.servers import Database

from parloader.database import sql

KEY = "id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"

THREAD = f"CREATE TABLE thread ({KEY}, title VARCHAR(60) NOT NULL, replies INT NOT NULL)"

REPLY = f"CREATE TABLE reply ({KEY}, thread_id INT UNSIGNED NOT NULL, FOREIGN KEY (thread_id) REFERENCES thread (id))"

LIKES = f"CREATE TABLE likes ({KEY}, reply_id INT UNSIGNED NOT NULL, FOREIGN KEY (reply_id) REFERENCES reply (id))"

COUNTING = "CREATE TRIGGER counting AFTER INSERT ON reply FOR EACH ROW UPDATE thread SET replies = replies + 1 WHERE id = NEW.thread_id"

TOUCHED = f"CREATE TABLE thread ({KEY}, title VARCHAR(60) NOT NULL, replies INT NOT NULL, at TIMESTAMP DEFAULT NOW() ON UPDATE NOW())"

LIKING = """CREATE TRIGGER liking BEFORE INSERT ON likes FOR EACH ROW
    UPDATE thread SET replies = replies + 1 WHERE id = (SELECT thread_id FROM reply WHERE id = NEW.reply_id)"""

PROCEDURE = "CREATE PROCEDURE count_it(IN which INT) UPDATE thread SET replies = replies + 1 WHERE id = which"

CALLING = "CREATE TRIGGER calling AFTER INSERT ON reply FOR EACH ROW CALL count_it(NEW.thread_id)"

VIEW = "CREATE VIEW threads AS SELECT id, replies FROM thread"

THROUGH_VIEW = "CREATE TRIGGER viewing AFTER INSERT ON reply FOR EACH ROW UPDATE threads SET replies = replies + 1 WHERE id = NEW.thread_id"

LOG = f"CREATE TABLE reply_log ({KEY}, thread_id INT)"

CHAIN = (
    "CREATE TRIGGER logging AFTER INSERT ON reply FOR EACH ROW INSERT INTO reply_log (thread_id) VALUES (NEW.thread_id)",
    "CREATE TRIGGER from_log AFTER INSERT ON reply_log FOR EACH ROW UPDATE thread SET replies = replies + 1 WHERE id = NEW.thread_id",
)

CHANGING = {
    "child": ((THREAD, REPLY, COUNTING), "reply", "counting of reply", "replies"),
    "grandchild": ((THREAD, REPLY, LIKES, LIKING), "likes", "liking of likes", "replies"),
    "on update": ((TOUCHED, REPLY, COUNTING), "reply", "counting of reply", "at, replies"),
    "procedure": ((THREAD, REPLY, PROCEDURE, CALLING), "reply", "calling of reply", "replies"),
    "view": ((THREAD, REPLY, VIEW, THROUGH_VIEW), "reply", "viewing of reply", "replies"),
    "chain": ((THREAD, REPLY, LOG, *CHAIN), "reply", "logging of reply", "replies"),
}


SLOW = {"on update", "procedure", "view"}


@pytest.mark.parametrize("case", [pytest.param(case, marks=pytest.mark.slow if case in SLOW else ()) for case in CHANGING])
def test_a_parent_s_column_that_a_trigger_of_a_child_changes_is_not_compared(database: Database, case: str) -> None:
    tables, table, trigger, columns = CHANGING[case]
    database.execute(*tables)
    said = database.parloader("seed", "--table", table, "--rows", "300", "--procs", "1").stderr
    assert f"thread: the trigger {trigger} changes {columns}, so verify and clean do not compare" in said
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM thread") == 0


@pytest.mark.slow
def test_big_parents_too(database: Database) -> None:
    database.execute(THREAD, REPLY, COUNTING)
    said = database.parloader("seed", "--table", "reply", "--rows", "5000", "--parents", "thread=2000", "--procs", "1").stderr
    assert "thread: the trigger counting of reply changes replies" in said
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")


def test_rows_that_existed_before_and_are_changed(database: Database) -> None:
    database.execute(THREAD, REPLY, COUNTING, "INSERT INTO thread (title, replies) VALUES ('somebody', 0), ('another', 0)")
    said = database.parloader("seed", "--table", "reply", "--rows", "300", "--parents", "thread=2", "--procs", "1").stderr
    assert "the trigger counting of reply changes replies in rows of thread that parloader did not create; clean does not undo that" in said
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
    assert database.rows("SELECT title FROM thread ORDER BY id") == (("somebody",), ("another",))


ACCOUNT = f"CREATE TABLE account ({KEY}, name VARCHAR(60) NOT NULL) AUTO_INCREMENT = 7"

PROFILE = f"CREATE TABLE profile ({KEY}, account_id INT UNSIGNED NOT NULL UNIQUE, FOREIGN KEY (account_id) REFERENCES account (id))"

BY_ACCOUNT = "CREATE TABLE profile (account_id INT UNSIGNED NOT NULL PRIMARY KEY, FOREIGN KEY (account_id) REFERENCES account (id))"

PROFILES = "CREATE TRIGGER profiles AFTER INSERT ON account FOR EACH ROW INSERT INTO profile (account_id) VALUES (NEW.id)"


@pytest.mark.parametrize("profile", [PROFILE, BY_ACCOUNT], ids=["own key", "shared key"])
def test_rows_that_a_trigger_adds(database: Database, profile: str) -> None:
    database.execute(ACCOUNT, profile, PROFILES)
    before = state(database)
    refused = database.parloader("seed", "--table", "profile", "--rows", "300", "--procs", "1", check=3).stderr
    assert "the trigger profiles of account inserts" in refused
    assert "parloader seed --table account" in refused
    assert state(database) == before
    said = database.parloader("seed", "--table", "account", "--rows", "300", "--procs", "1").stderr
    assert "the trigger profiles of account inserts rows into profile" in said
    assert database.value("SELECT COUNT(*) FROM profile") == 300
    database.parloader("verify", "--procs", "1")
    database.execute("INSERT INTO account (id, name) VALUES (9999, 'somebody')")  # and the trigger his profile
    said = database.parloader("clean", "--yes", "--run", "1", "--procs", "1", check=3).stderr
    assert "rows of profile that parloader did not create reference rows of account" in said
    assert said.endswith("nothing was deleted. If a trigger inserted them: parloader clean --run 1 --with-trigger-rows\n")
    database.execute(
        "CREATE TABLE visit (id INT PRIMARY KEY, account_id INT UNSIGNED, FOREIGN KEY (account_id) REFERENCES profile (account_id))"
    )
    assert "may be referenced by visit" in database.parloader("clean", "--yes", "--with-trigger-rows", check=3).stderr
    assert database.value("SELECT COUNT(*) FROM profile") == 301
    database.execute("DROP TABLE visit")
    said = database.parloader("clean", "--yes", "--with-trigger-rows", "--procs", "1").stdout
    assert "deleted 300 rows from profile that referenced generated rows" in said
    assert database.rows("SELECT account_id FROM profile") == ((9999,),)
    assert database.rows("SELECT id FROM account") == ((9999,),)


def test_rows_of_tables_that_a_trigger_only_reads_are_not_deleted(database: Database) -> None:
    reading = """CREATE TRIGGER profiles AFTER INSERT ON account FOR EACH ROW
        INSERT INTO profile (account_id) SELECT NEW.id FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM badge WHERE account_id = NEW.id)"""
    database.execute(ACCOUNT, PROFILE, PROFILE.replace("TABLE profile", "TABLE badge"), reading)
    database.parloader("seed", "--table", "account", "--rows", "30", "--procs", "1")
    database.execute("INSERT INTO badge (account_id) SELECT id FROM account LIMIT 1")
    said = database.parloader("clean", "--yes", "--with-trigger-rows", "--procs", "1", check=3).stderr
    assert "rows of badge that parloader did not create reference rows of account" in said
    assert (database.value("SELECT COUNT(*) FROM badge"), database.value("SELECT COUNT(*) FROM profile")) == (1, 30)


def test_rows_that_a_trigger_adds_to_a_parent(database: Database) -> None:
    login = f"CREATE TABLE login ({KEY}, profile_id INT UNSIGNED NOT NULL, FOREIGN KEY (profile_id) REFERENCES profile (id))"
    database.execute(ACCOUNT, PROFILE, PROFILES, login)
    before = state(database)
    refused = database.parloader("seed", "--table", "login", "--rows", "300", "--procs", "1", check=3).stderr
    assert "the trigger profiles of account inserts them, and the plan generates rows of profile as well; nothing was committed" in refused
    assert state(database) == before


@pytest.mark.slow
def test_a_trigger_that_only_reads_is_not_noted(database: Database) -> None:
    database.execute(
        THREAD,
        REPLY,
        "CREATE TRIGGER reading AFTER INSERT ON reply FOR EACH ROW SET @seen = (SELECT title FROM thread WHERE id = NEW.thread_id)",
    )
    said = database.parloader("seed", "--table", "reply", "--rows", "300", "--procs", "1").stderr
    assert "reading" not in said
    database.parloader("verify", "--procs", "1")


def test_a_bit_that_a_trigger_changes_is_still_written_as_a_number(database: Database) -> None:
    database.execute(
        f"CREATE TABLE thing ({KEY}, flags BIT(3) NOT NULL, y YEAR NOT NULL)",
        "CREATE TRIGGER flagged BEFORE INSERT ON thing FOR EACH ROW SET NEW.flags = NEW.flags ^ 1, NEW.y = NEW.y - 1",
    )
    database.parloader("seed", "--table", "thing", "--rows", "300", "--procs", "1", "--writer", "load-data")
    database.parloader("verify", "--procs", "1")


@pytest.fixture
def blind(database: Database) -> Iterator[Database]:
    """The database as an account that cannot see triggers: it has the privileges of docs/privileges.md."""
    with database.connection() as admin:
        sql.execute(admin, "CREATE USER 'blind'@'%%' IDENTIFIED BY 'secret'")
        try:
            sql.execute(
                admin,
                "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, LOCK TABLES "
                f"ON {database.target.database}.* TO 'blind'@'%%'",
            )
            sql.execute(admin, "GRANT PROCESS ON *.* TO 'blind'@'%%'")
            yield replace(database, target=replace(database.target, user="blind", password="secret"))
        finally:
            sql.execute(admin, "DROP USER 'blind'@'%%'")


def test_an_account_that_sees_no_trigger(database: Database, blind: Database) -> None:
    database.execute(THREAD, REPLY, COUNTING, ACCOUNT, PROFILE, PROFILES)
    said = blind.parloader("seed", "--table", "reply", "--rows", "300", "--procs", "1").stderr
    assert "thread: a trigger that this account cannot read changes replies, so verify and clean do not compare this column" in said
    blind.parloader("verify", "--procs", "1")
    blind.parloader("clean", "--yes", "--procs", "1")
    said = blind.parloader("seed", "--table", "account", "--rows", "300", "--procs", "1").stderr
    assert "a trigger that this account cannot read inserts rows into profile that reference generated rows of account" in said
    database.execute("DELETE FROM profile")
    blind.parloader("clean", "--yes", "--procs", "1")
    grant = f"GRANT TRIGGER ON `{database.target.database}`.* TO 'blind'@'%'"
    assert grant in blind.parloader("seed", "--table", "profile", "--rows", "300", "--procs", "1", check=3).stderr
    database.execute("CREATE TRIGGER renamed BEFORE INSERT ON account FOR EACH ROW SET NEW.name = UPPER(NEW.name)")
    if database.server.kind == "mysql":  # MariaDB lists the trigger without its text
        assert grant in blind.parloader("seed", "--table", "account", "--rows", "300", "--procs", "1", check=3).stderr
    else:
        blind.parloader("seed", "--table", "account", "--rows", "300", "--procs", "1")
        blind.parloader("verify", "--procs", "1")


def test_a_trigger_that_fires_only_for_rows_outside_the_sample_is_named_as_a_possible_cause(database: Database) -> None:
    database.execute(THREAD, "CREATE TRIGGER rare BEFORE INSERT ON thread FOR EACH ROW SET NEW.title = IF(NEW.id = 250, 'rare', NEW.title)")
    database.parloader("seed", "--table", "thread", "--rows", "500", "--procs", "1")
    assert "Perhaps the trigger rare of thread changed them" in database.parloader("verify", "--procs", "1", check=1).stderr
    assert "Perhaps the trigger rare of thread changed them" in database.parloader("clean", "--yes", "--procs", "1", check=3).stderr
    database.parloader("clean", "--yes", "--edited-too", "--procs", "1")
    assert database.value("SELECT COUNT(*) FROM thread") == 0


@pytest.mark.slow
def test_rows_of_others_that_a_trigger_deletes_are_noted(database: Database) -> None:
    database.execute(
        THREAD,
        LOG,
        "INSERT INTO reply_log (thread_id) VALUES (1), (2), (3)",
        "CREATE TRIGGER tidy AFTER INSERT ON thread FOR EACH ROW DELETE FROM reply_log WHERE thread_id = 2",
    )
    said = database.parloader("seed", "--table", "thread", "--rows", "300", "--procs", "1").stderr
    assert "the trigger tidy of thread deletes rows of reply_log that parloader did not create; clean does not bring them back" in said


@pytest.mark.slow
def test_a_table_whose_rows_no_rollback_removes_is_named(database: Database) -> None:
    database.execute(
        THREAD,
        "CREATE TABLE seen (id INT AUTO_INCREMENT PRIMARY KEY, what INT) ENGINE=MyISAM",
        "CREATE TRIGGER seeing AFTER INSERT ON thread FOR EACH ROW INSERT INTO seen (what) VALUES (NEW.id)",
    )
    said = database.parloader("seed", "--table", "thread", "--rows", "300", "--procs", "1").stderr
    assert "inserts rows into seen, whose engine MyISAM keeps them even if the load's transaction is rolled back" in said


def test_a_trigger_that_changes_rows_of_an_earlier_run(database: Database) -> None:
    database.execute(
        "CREATE TABLE customer (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL, order_count INT NOT NULL)",
        "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer_id INT NOT NULL, FOREIGN KEY (customer_id) REFERENCES customer (id))",
        "CREATE TABLE note (id INT AUTO_INCREMENT PRIMARY KEY, orders_id INT NOT NULL, FOREIGN KEY (orders_id) REFERENCES orders (id))",
        "CREATE TRIGGER counting AFTER INSERT ON orders FOR EACH ROW "
        "UPDATE customer SET order_count = order_count + 1 WHERE id = NEW.customer_id",
    )
    database.parloader("seed", "--table", "customer", "--rows", "40")
    said = database.parloader("seed", "--table", "orders", "--rows", "600").stderr
    database.parloader("seed", "--table", "note", "--rows", "5")  # uses the orders, so that their trigger does not run
    assert (
        "the trigger counting of orders changes order_count in rows of customer that run 1 created; "
        "verify does not compare this column, and clean does not undo that"
    ) in said
    assert "customer.order_count" in database.parloader("verify").stdout
    clean = ("clean", "--dry-run", "--json", "--run", "3")
    undone = [json.loads(database.parloader(*clean, *others).stdout)["not_undone"] for others in (("--run", "2"), ())]
    assert undone == [{"customer": ["counting of orders"]}, {}]
    database.execute("UPDATE customer SET name = 'by hand' WHERE id = 3")
    assert "1 different" in database.parloader("verify", check=1).stdout
    database.execute("DELETE FROM note WHERE orders_id IN (SELECT id FROM orders WHERE customer_id = 3)")
    database.execute("DELETE FROM orders WHERE customer_id = 3", "DELETE FROM customer WHERE id = 3")
    database.parloader("clean", "--yes")
    assert [database.value(f"SELECT COUNT(*) FROM {table}") for table in ("customer", "orders")] == [0, 0]


def test_a_trigger_that_changes_the_key_by_which_rows_are_found_is_refused(database: Database) -> None:
    """Under the column's collation, the row still has its key."""
    database.execute(
        "CREATE TABLE thing (k CHAR(12) NOT NULL PRIMARY KEY, n INT NOT NULL) COLLATE utf8mb4_general_ci",
        "CREATE TRIGGER upper BEFORE INSERT ON thing FOR EACH ROW SET NEW.k = UPPER(NEW.k), NEW.n = 1",
    )
    before = state(database)
    refused = database.parloader("seed", "--table", "thing", "--rows", "300", "--procs", "1", check=3).stderr
    assert (
        "k has other values, and parloader finds the rows of thing by this key; nothing was committed. Check the trigger upper of thing"
        in refused
    )
    assert state(database) == before


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        ("SIGNAL SQLSTATE '45000'", "If the trigger t of thread rejects it, check the trigger; otherwise change the values in a plan file"),
        ("INSERT INTO nowhere VALUES (1)", "Check the trigger t of thread. Perhaps the schema was changed"),
    ],
)
def test_a_trigger_that_rejects_a_row_is_named(database: Database, tmp_path: Path, body: str, advice: str) -> None:
    database.execute(THREAD, f"CREATE TRIGGER t BEFORE INSERT ON thread FOR EACH ROW {body}")
    refused = database.parloader("seed", "--table", "thread", "--rows", "20", "--procs", "1", check=3).stderr
    assert advice in refused
    file = tmp_path / "thread.toml"
    database.parloader("plan", "--table", "thread", "--rows", "20", "--write", str(file))
    refused = database.parloader("seed", "--plan", str(file), "--procs", "1", check=3).stderr
    assert advice.replace("a plan file", f"the plan {file}") in refused
