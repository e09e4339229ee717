"""Two tables with indexes that --defer-indexes drops, and a way to see that all is as before."""

import re

from support.servers import Database

TABLES = (
    "CREATE TABLE shelf (id INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
    """CREATE TABLE book (id INT UNSIGNED NOT NULL PRIMARY KEY, mark CHAR(13) NOT NULL, shelf_id INT UNSIGNED NOT NULL, pages INT NOT NULL,
        title VARCHAR(80) NOT NULL, bought DATE NOT NULL, UNIQUE KEY mark (mark), KEY pages (pages) COMMENT 'it''s 50% of them', KEY shelf (shelf_id),
        KEY title (title(10), pages), FULLTEXT KEY words (title), KEY bought (bought DESC),
        CONSTRAINT on_shelf FOREIGN KEY (shelf_id) REFERENCES shelf (id), CHECK (pages > 0)) ENGINE=InnoDB""",
    """CREATE TABLE loan (id INT UNSIGNED NOT NULL PRIMARY KEY, shelf_id INT UNSIGNED NOT NULL, due DATE NOT NULL, KEY due (due), KEY shelf (shelf_id),
        CONSTRAINT to_shelf FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB""",
)

ROWS = 300

SEED = ("seed", "--table", "book", "--table", "loan", "--rows", str(ROWS), "--procs", "1", "--batch", "50", "--defer-indexes")

DROPPED = {"book": ("pages", "title", "bought"), "loan": ("due",)}
"""The indexes that no constraint needs, by table."""


def library(database: Database) -> dict[str, str]:
    """Creates the tables; returns their definitions."""
    database.execute(*(statement.replace("%", "%%") for statement in TABLES))
    return shown(database)


def shown(database: Database) -> dict[str, str]:
    """The definition of each table, as the server shows it, without its AUTO_INCREMENT counter."""
    tables = ("shelf", "book", "loan")
    return {table: re.sub(r" AUTO_INCREMENT=\d+", "", str(database.rows(f"SHOW CREATE TABLE {table}")[0][1])) for table in tables}


def indexes(database: Database, table: str) -> set[str]:
    return {str(row[2]) for row in database.rows(f"SHOW INDEX FROM {table}")}
