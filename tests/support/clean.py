"""What tests of clean share: a refusal that changes nothing, and a table whose rows are found by their values."""

from support.servers import Database, everything


def refusal(database: Database, *options: str) -> str:
    """What clean says, and that it changed nothing."""
    before = everything(database)
    said = {
        line
        for how in ("--yes", "--dry-run")
        for line in database.parloader("clean", *options, how, check=3).stderr.splitlines()
        if not line.startswith("looking for edited rows: ")  # the progress, every five seconds
    }
    assert everything(database) == before
    (line,) = said
    return line


BOOKS = (
    "CREATE TABLE shelf (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
    "CREATE TABLE book (mark CHAR(13) NOT NULL PRIMARY KEY, shelf_id INT UNSIGNED NULL, title VARCHAR(80) NOT NULL, "
    "FOREIGN KEY (shelf_id) REFERENCES shelf (id) ON DELETE {rule}) ENGINE=InnoDB",
)


BOOK_ROWS = 300


SEED_BOOKS = ("seed", "--table", "book", "--rows", str(BOOK_ROWS), "--procs", "1")


def books(database: Database, rule: str) -> dict[str, object]:
    """Creates and fills a table without an integer key; returns what was there before the seed."""
    database.execute(*(statement.format(rule=rule) for statement in BOOKS))
    before = everything(database)
    database.parloader(*SEED_BOOKS)
    return before
