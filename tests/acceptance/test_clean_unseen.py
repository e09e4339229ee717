"""clean and foreign keys that its account cannot see: it refuses and says how to mend that, or deletes all or nothing if told to go on."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from support.servers import Database, everything

from parloader.database import sql

SHELF = "CREATE TABLE shelf (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB"

BOOK = (
    "CREATE TABLE book (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, shelf_id INT UNSIGNED NOT NULL, title VARCHAR(80) NOT NULL, "
    "FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB"
)

ACCOUNT = "'limited'@'%%'"

ON_DATABASE = "GRANT ALL ON {database}.* TO " + ACCOUNT

Grant = Callable[..., Database]


@pytest.fixture
def books(database: Database) -> Database:
    database.execute(SHELF, BOOK)
    database.parloader("seed", "--table", "book", "--rows", "200", "--procs", "1")
    return database


@pytest.fixture
def other(books: Database) -> Iterator[str]:
    """Another database, whose tables the limited account cannot see."""
    name = f"{books.target.database} ö-ther"
    books.execute(f"CREATE DATABASE `{name}`")
    yield name
    books.execute(f"DROP DATABASE `{name}`")


@pytest.fixture
def limited(books: Database) -> Iterator[Grant]:
    """The database as an account sees it that has these rights."""

    def granted(*grants: str) -> Database:
        statements = [grant.format(database=books.target.database) for grant in grants]
        books.execute(f"DROP USER IF EXISTS {ACCOUNT}", f"CREATE USER {ACCOUNT} IDENTIFIED BY 'secret'", *statements)
        return replace(books, target=replace(books.target, user="limited", password="secret"))

    yield granted
    books.execute(f"DROP USER IF EXISTS {ACCOUNT}", "DROP ROLE IF EXISTS seer")


def child(books: Database, other: str, rule: str, table: str = "loän") -> None:
    """A table of the other database that references the shelves that parloader created."""
    books.execute(
        f"CREATE TABLE `{other}`.`{table}` (id INT PRIMARY KEY, shelf_id INT UNSIGNED NULL, "
        f"FOREIGN KEY (shelf_id) REFERENCES {books.target.database}.shelf (id) ON DELETE {rule}) ENGINE=InnoDB",
        f"INSERT INTO `{other}`.`{table}` SELECT 1, MIN(id) FROM shelf",
    )


def refusal(seen: Database, books: Database, *options: str) -> str:
    """What clean says, and that it changed nothing."""
    before = everything(books)
    said = {seen.parloader("clean", *options, how, check=3).stderr.splitlines()[-1] for how in ("--yes", "--dry-run")}
    assert everything(books) == before
    (line,) = said
    return line


@pytest.mark.parametrize("rule", ["CASCADE", pytest.param("RESTRICT", marks=pytest.mark.slow)])
def test_a_table_of_another_database_that_the_account_cannot_see(books: Database, other: str, limited: Grant, rule: str) -> None:
    child(books, other, rule)
    theirs = f"SELECT * FROM `{other}`.`loän`"
    before = books.rows(theirs)
    said = refusal(limited(ON_DATABASE), books)
    assert "'limited'@'%' cannot see whether tables of other databases reference rows of book, shelf" in said
    assert "GRANT PROCESS ON *.* TO 'limited'@'%'" in said
    assert said.endswith("; to clean without this check: parloader clean --accept-unseen-references")
    said = refusal(limited(ON_DATABASE), books, "--run", "1", "--edited-too")
    assert said.endswith("; to clean without this check: parloader clean --run 1 --accept-unseen-references --edited-too")
    with_process = (ON_DATABASE, f"GRANT PROCESS ON *.* TO {ACCOUNT}")
    said = refusal(limited(*with_process), books)
    assert f"`{other}`.`loän` references rows of shelf, and 'limited'@'%' may not read it" in said
    assert f"GRANT SELECT ON `{other}`.`loän` TO 'limited'@'%'" in said
    books.execute(f"CREATE TABLE `{other}`.`z` (book_id INT UNSIGNED, FOREIGN KEY (book_id) REFERENCES {books.target.database}.book (id))")
    said = refusal(limited(*with_process), books)
    assert f"`{other}`.`loän`, `{other}`.`z` reference rows of book, shelf, and 'limited'@'%' may not read them, so" in said
    assert f"GRANT SELECT ON `{other}`.`loän` TO 'limited'@'%'; GRANT SELECT ON `{other}`.`z` TO 'limited'@'%'; to clean" in said
    books.execute(f"DROP TABLE `{other}`.`z`")
    readable = limited(*with_process, f"GRANT SELECT ON `{other}`.`loän` TO {ACCOUNT}")
    assert f"rows of `{other}`.`loän` that parloader did not create reference rows of shelf that parloader created: id 1" in refusal(
        readable, books
    )
    assert books.rows(theirs) == before
    books.execute(f"UPDATE `{other}`.`loän` SET shelf_id = NULL")
    readable.parloader("clean", "--yes", "--procs", "1")
    assert [books.value(f"SELECT COUNT(*) FROM {table}") for table in ("book", "shelf")] == [0, 0]
    assert books.rows(theirs) == ((1, None),)


@pytest.mark.parametrize("rule", ["RESTRICT", pytest.param("NO ACTION", marks=pytest.mark.slow)])
def test_told_to_go_on_it_deletes_all_or_nothing(books: Database, other: str, limited: Grant, rule: str) -> None:
    child(books, other, rule)
    seen, before = limited(ON_DATABASE), everything(books)
    said = seen.parloader("clean", "--yes", "--accept-unseen-references", check=1).stderr.splitlines()[-1]
    assert "deleting all rows in one transaction, which was undone: Cannot delete or update a parent row" in said
    assert everything(books) == before
    books.execute(f"DROP TABLE `{other}`.`loän`")
    seen.parloader("clean", "--yes", "--accept-unseen-references")
    assert [books.value(f"SELECT COUNT(*) FROM {table}") for table in ("book", "shelf")] == [0, 0]
    assert books.rows("SHOW TABLES LIKE 'parloader%%'") == ()


def test_an_account_that_sees_all_tables(books: Database, other: str, limited: Grant) -> None:
    child(books, other, "CASCADE")
    for grants in ((f"GRANT SELECT ON *.* TO {ACCOUNT}",), ("CREATE ROLE seer", "GRANT SELECT ON *.* TO seer", f"GRANT seer TO {ACCOUNT}")):
        seen = limited(ON_DATABASE, *grants)
        if grants[0].startswith("CREATE ROLE"):  # a role that is not active gives nothing
            assert "GRANT PROCESS" in refusal(seen, books)
        else:
            assert (
                f"rows of `{other}`.`loän` that parloader did not create reference rows of shelf that parloader created: id 1"
                in refusal(seen, books)
            )


def test_a_privilege_that_is_taken_back_for_one_database(books: Database, other: str, limited: Grant) -> None:
    if books.server.kind == "mariadb":
        pytest.skip("MariaDB has no partial revokes")
    child(books, other, "CASCADE")
    books.execute("SET GLOBAL partial_revokes = 1")
    try:
        seen = limited(
            f"GRANT SELECT, INSERT, UPDATE, DELETE, DROP, ALTER ON *.* TO {ACCOUNT}", f"REVOKE SELECT ON `{other}`.* FROM {ACCOUNT}"
        )
        assert f"`{other}`.`loän` references rows of shelf, and 'limited'@'%' may not read it" in refusal(seen, books)
        books.execute(f"REVOKE INSERT, UPDATE ON `{other}`.* FROM {ACCOUNT}")
        assert "cannot see whether tables of other databases reference rows of book, shelf" in refusal(seen, books)
    finally:
        books.execute(f"DROP USER {ACCOUNT}", "SET GLOBAL partial_revokes = 0")


COMMANDS = (("clean", "--dry-run"), ("clean", "--yes"), ("verify",), ("status",))


def test_what_the_account_may_not_read_is_not_taken_for_missing(books: Database, limited: Grant) -> None:
    ledger = [f"GRANT ALL ON {{database}}.{name} TO {ACCOUNT}" for (name,) in books.rows("SHOW TABLES LIKE 'parloader%%'")]
    part = [*ledger, f"GRANT SELECT ON {{database}}.shelf TO {ACCOUNT}", f"GRANT SELECT (id) ON {{database}}.book TO {ACCOUNT}"]
    before = everything(books)
    for grants, commands in (
        ([f"GRANT INSERT, UPDATE, DELETE, DROP ON {{database}}.* TO {ACCOUNT}"], COMMANDS),
        ([f"GRANT SHOW VIEW ON {{database}}.* TO {ACCOUNT}"], COMMANDS),
        (part, COMMANDS[:3]),  # all of the ledger, and one of the two tables; of the other one only some columns
        (part[:-1], COMMANDS[:3]),
    ):
        seen = limited(*grants)
        for command in commands:
            said = seen.parloader(*command, check=3).stderr.splitlines()[-1]
            assert "SELECT command denied to user" in said or "the account limited@% lacks SELECT on" in said, (grants, command)
            assert f"GRANT SELECT ON `{books.target.database}`.* TO 'limited'@'%'" in said
    assert everything(books) == before


def test_a_table_that_is_gone_is_not_taken_for_hidden(books: Database, limited: Grant) -> None:
    books.execute("DROP TABLE book")
    limited(ON_DATABASE, f"GRANT PROCESS ON *.* TO {ACCOUNT}").parloader("clean", "--yes", "--edited-too")
    with books.connection() as connection:
        assert sql.value(connection, "SELECT COUNT(*) FROM shelf") == 0


def test_tables_that_seed_created_and_a_table_that_nobody_sees_references(database: Database, limited: Grant, other: str) -> None:
    database.execute("DROP TABLE book, shelf, parloader_run, parloader_table, parloader_batch, parloader_control")
    database.parloader("seed", "--rows", "20", "--procs", "1")
    database.execute(
        f"CREATE TABLE `{other}`.mine (id BIGINT UNSIGNED PRIMARY KEY, FOREIGN KEY (id) REFERENCES {database.target.database}.task_schedule (id))"
    )
    said = limited(ON_DATABASE).parloader("clean", "--yes", "--accept-unseen-references").stdout
    assert "kept the tables that parloader had created, because Cannot " in said
    assert database.value("SELECT COUNT(*) FROM task_schedule") == 0
    database.execute(f"DROP TABLE `{other}`.mine")
    assert "dropped the tables that parloader had created: " in limited(ON_DATABASE).parloader("clean", "--yes").stdout
    assert database.rows("SHOW TABLES") == ()


def test_a_database_whose_name_differs_in_case_only(database: Database) -> None:
    """Its rows have the same keys, and reference rows there."""
    other = database.target.database.upper()
    database.execute("CREATE TABLE shelf (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL) ENGINE=InnoDB", f"CREATE DATABASE {other}")
    try:
        database.parloader("seed", "--table", "shelf", "--rows", "9", "--procs", "1")
        database.execute(
            f"CREATE TABLE {other}.shelf SELECT * FROM shelf",
            f"ALTER TABLE {other}.shelf ADD PRIMARY KEY (id)",
            f"CREATE TABLE {other}.note (shelf_id INT PRIMARY KEY, FOREIGN KEY (shelf_id) REFERENCES {other}.shelf (id))",
            f"INSERT INTO {other}.note SELECT id FROM shelf",
        )
        database.parloader("clean", "--yes")
        assert database.value(f"SELECT COUNT(*) FROM {other}.note") == 9
    finally:
        database.execute(f"DROP DATABASE {other}")
