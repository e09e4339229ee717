"""seed --defer-indexes: indexes that no constraint needs are dropped before a load and added again after it; and what others do meanwhile."""

import json

import pytest
from support.deferred_indexes import DROPPED, ROWS, SEED, library, shown
from support.faults import ordinary_account
from support.servers import DROP_LEDGER, Database, slow_on_mysql

from parloader.database import sql

WITHOUT_OPTION = SEED[:-1]

PLAN = ("plan", *SEED[1:])


def test_the_tables_are_as_before(database: Database) -> None:
    before = library(database)
    assert "added again after it: book (pages, title, bought), loan (due)" in database.parloader(*PLAN).stdout
    seeded = database.parloader(*SEED)
    assert "run 1: dropped until the rows are loaded: book (pages, title, bought)" in seeded.stderr
    assert "adding 3 indexes to book: pages, title, bought" in seeded.stderr
    assert "added 4 indexes in" in seeded.stdout
    assert shown(database) == before
    assert database.rows("SELECT * FROM parloader_index") == ()
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
    assert shown(database) == before
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")


KINDS = {
    "mariadb": "KEY `virtual` (`virtual`), KEY ignored (pages) IGNORED, ",
    "mysql": "KEY ignored (pages) INVISIBLE, KEY expression ((pages + 1)), KEY `virtual` (`virtual`), ",
}


def test_every_kind_of_index(database: Database) -> None:
    """Odd names and options are kept; what could not be added exactly as it was is not dropped."""
    database.execute(
        "CREATE TABLE shelf (id INT UNSIGNED NOT NULL PRIMARY KEY) ENGINE=InnoDB",
        f"""CREATE TABLE book (id INT UNSIGNED NOT NULL PRIMARY KEY, shelf_id INT UNSIGNED NOT NULL, pages INT NOT NULL, `odd ``na%%me` INT NOT NULL,
            title VARCHAR(80) NOT NULL, place POINT NOT NULL, `double` INT AS (pages * 2) STORED, `virtual` INT AS (pages * 3) VIRTUAL, KEY first (pages),
            SPATIAL KEY place (place), {KINDS[database.server.kind]} KEY `odd ``in%%dex` (`odd ``na%%me` DESC, title(7)) KEY_BLOCK_SIZE=4 COMMENT '50%% of ''it''',
            KEY twice (`double`), KEY shelf (shelf_id),
            KEY title (title), KEY last (pages), FOREIGN KEY (shelf_id) REFERENCES shelf (id), FULLTEXT KEY words (title)) ENGINE=InnoDB""",
        "CREATE TABLE loan (id INT UNSIGNED NOT NULL PRIMARY KEY) ENGINE=InnoDB",
    )
    before = shown(database)
    said = database.parloader("seed", "--table", "book", "--rows", "20", "--procs", "1", "--defer-indexes").stderr
    assert "dropped until the rows are loaded: book (ignored, odd `in%dex, title, last)" in said
    assert shown(database) == before


def test_a_unique_index_by_hashes_stays_one(database: Database) -> None:
    """MariaDB makes it an ordinary index at any ALTER TABLE."""
    library(database)
    database.execute(
        "DROP TABLE loan", "CREATE TABLE loan (id INT PRIMARY KEY, n INT, UNIQUE KEY u (n) USING HASH, KEY n (n)) ENGINE=InnoDB"
    )
    before = shown(database)
    database.parloader("seed", "--table", "loan", "--rows", "20", "--procs", "1", "--defer-indexes")
    assert shown(database) == before


@slow_on_mysql("server")
def test_a_table_with_rows_keeps_its_indexes(database: Database) -> None:
    before = library(database)
    database.parloader(*WITHOUT_OPTION)
    assert "no index was deferred" in database.parloader(*SEED, "--new-run").stderr
    assert "added again after it: no index" in database.parloader(*PLAN, "--new-run").stdout
    assert shown(database) == before


def unfinished(database: Database) -> dict[str, str]:
    """Tables that are loaded, without the indexes, as if the command was killed before it added them. Returns their definitions before that."""
    before = library(database)
    database.parloader(*SEED)
    recorded = [("book", name, 1, position, before_index) for name, position, before_index in BOOK_INDEXES]
    with database.connection() as connection:
        for row in recorded:
            (line,) = (line for line in before["book"].splitlines() if line.startswith(f"  KEY `{row[1]}`"))
            sql.execute(connection, "INSERT INTO parloader_index VALUES (%s, %s, %s, %s, %s, %s)", *row, line.strip().removesuffix(","))
        sql.execute(connection, f"ALTER TABLE book {', '.join(f'DROP INDEX {name}' for name in DROPPED['book'])}")
    return before


BOOK_INDEXES = (("pages", 0, "shelf"), ("title", 2, None), ("bought", 3, None))


@pytest.mark.parametrize(
    "command", [WITHOUT_OPTION, pytest.param(("clean", "--yes", "--procs", "1"), marks=pytest.mark.slow)], ids=["seed", "clean"]
)
@slow_on_mysql("server")
def test_status_names_what_is_missing_and_who_adds_it(database: Database, command: tuple[str, ...]) -> None:
    before = unfinished(database)
    status = database.parloader("status").stdout
    assert "missing index of book, dropped by run 1: KEY `pages` (`pages`) COMMENT 'it''s 50% of them'" in status
    again = f"parloader seed --table book --table loan --rows {ROWS}"
    assert f"  to add them: {again}; to delete the rows of the run first: parloader clean --run 1\n" in status
    (missing,) = json.loads(database.parloader("status", "--json").stdout)["missing_indexes"]
    assert (missing["table"], missing["run_id"], len(missing["definitions"])) == ("book", 1, 3)
    database.parloader(*command)
    assert shown(database) == before
    assert json.loads(database.parloader("status", "--json").stdout)["missing_indexes"] == []


@slow_on_mysql("server")
def test_what_others_did_meanwhile_stays(database: Database) -> None:
    """One index exists again, one with another definition, and a column of the third one is gone."""
    unfinished(database)
    database.execute(
        "CREATE INDEX pages ON book (pages) COMMENT 'it''s 50%% of them'",
        "CREATE UNIQUE INDEX bought ON book (bought, id)",
        "ALTER TABLE book DROP INDEX words, DROP COLUMN title",
    )
    now = shown(database)
    said = database.parloader("clean", "--yes", "--procs", "1", "--edited-too").stderr
    assert (
        "book has another index bought now, which stays: UNIQUE KEY `bought` (`bought`,`id`); before the load it was: KEY `bought` (`bought` DESC)"
        in said
    )
    assert "book has no column title any more, so this index is not added again: KEY `title` (`title`(10),`pages`)" in said
    assert len(said.splitlines()) == 2
    assert shown(database) == now


@pytest.mark.slow
def test_a_table_that_is_gone(database: Database) -> None:
    unfinished(database)
    database.execute("DROP TABLE book")
    assert "missing index" not in database.parloader("status").stdout
    said = database.parloader("clean", "--yes", "--edited-too").stderr
    assert (
        "book no longer exists, so its indexes are not added again: KEY `pages` (`pages`) COMMENT 'it''s 50% of them', KEY `title`" in said
    )
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")


@slow_on_mysql("server")
def test_indexes_of_a_run_that_is_gone(database: Database) -> None:
    """As after a clean that was killed before it added them, or if the rest of the ledger was dropped."""
    before = unfinished(database)
    database.execute(DROP_LEDGER.replace(", parloader_index", ""), "DELETE FROM loan", "DELETE FROM book")
    assert "  to add them: parloader clean\n" in database.parloader("status").stdout
    assert "adding 3 indexes to book: pages, title, bought" in database.parloader("clean", "--yes").stderr
    assert shown(database) == before
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")


@slow_on_mysql("server")
def test_a_table_larger_than_the_buffer_pool(database: Database) -> None:
    library(database)
    many = ("plan", "--table", "book", "--rows", "100000000", "--procs", "1")
    said = database.parloader(*many).stdout
    assert "note: book will be larger than the server's buffer pool (estimated: " in said
    assert "--defer-indexes, which adds pages, title, bought after the rows, may save much of the time" in said
    assert "may save" not in database.parloader(*many, "--defer-indexes").stdout
    assert "may save" not in database.parloader(*PLAN[:-1]).stdout
    book = next(t for t in json.loads(database.parloader(*many, "--json").stdout)["tables"] if t["table"] == "book")
    assert book["deferrable_indexes"] == ["pages", "title", "bought"]


@slow_on_mysql("server")
def test_a_foreign_key_that_the_account_cannot_see(database: Database) -> None:
    """The server refuses to drop the index that it needs, so the table keeps all of them."""
    before = library(database)
    name = f"{database.target.database}_hidden"
    not_unique = ["SET SESSION restrict_fk_on_non_standard_key = 0"] if database.server.kind == "mysql" else []
    reference = f"(pages INT NOT NULL, FOREIGN KEY (pages) REFERENCES {database.target.database}.book (pages)) ENGINE=InnoDB"
    with ordinary_account(database) as ordinary:
        try:
            database.execute(f"CREATE DATABASE {name}", *not_unique, f"CREATE TABLE {name}.reader {reference}")
            said = ordinary.parloader(*SEED).stderr
        finally:
            database.execute(f"DROP DATABASE IF EXISTS {name}")
    assert "--defer-indexes: book keeps its indexes during the load: " in said
    assert "dropped until the rows are loaded: loan (due)" in said
    assert "adding 3 indexes" not in said
    assert shown(database) == before
