"""Tables with a column FTS_DOC_ID of their own, whose values InnoDB takes only in ascending order: loaded by one worker."""

import pytest
from support.servers import Database, running, until

DOCUMENT_ID = "FTS_DOC_ID BIGINT UNSIGNED NOT NULL"

BODY = "body TEXT NOT NULL, FULLTEXT (body)"

TABLES = {
    "key": f"CREATE TABLE doc ({DOCUMENT_ID} AUTO_INCREMENT PRIMARY KEY, {BODY})",
    "unique": f"CREATE TABLE doc (id INT AUTO_INCREMENT PRIMARY KEY, {DOCUMENT_ID} UNIQUE, {BODY})",
    "not declared unique": f"CREATE TABLE doc (id INT AUTO_INCREMENT PRIMARY KEY, {DOCUMENT_ID}, {BODY})",
    "numbered by the server": f"CREATE TABLE doc (code CHAR(9) PRIMARY KEY, {DOCUMENT_ID} AUTO_INCREMENT, UNIQUE (FTS_DOC_ID), {BODY})",
}


@pytest.mark.parametrize(
    "table", [pytest.param(table, marks=() if name == "key" else pytest.mark.slow, id=name) for name, table in TABLES.items()]
)
def test_it_is_loaded_in_order(database: Database, table: str) -> None:
    database.execute(table)
    options = ("--table", "doc", "--rows", "3000", "--procs", "3", "--batch", "200")
    assert "doc is loaded by one worker" in database.parloader("plan", *options).stdout
    database.parloader("seed", *options)
    database.parloader("seed", *options, "--new-run", "--writer", "load-data")
    assert database.value("SELECT COUNT(DISTINCT FTS_DOC_ID) FROM doc") == 6000
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "2")
    assert database.value("SELECT COUNT(*) FROM doc") == 0


def test_it_resumes_and_after_clean_a_refusal_says_what_to_do(database: Database) -> None:
    database.execute(TABLES["key"])
    options = ("--table", "doc", "--rows", "2000", "--procs", "2", "--batch", "100")
    with running(database, "seed", *options, "--max-rate", "500") as command:
        until(
            lambda: database.rows("SHOW TABLES LIKE 'parloader_batch'") and database.value("SELECT COUNT(*) FROM parloader_batch"),
            "a batch",
        )
        command.process.kill()
        command.ended()
    until(lambda: database.parloader("seed", *options, check=None).exit_code == 0, "the end of the killed command's workers")
    database.parloader("verify", "--procs", "1")
    database.parloader("clean", "--yes", "--procs", "1")
    assert "OPTIMIZE TABLE" in database.parloader("seed", *options, check=3).stderr
    database.rows("OPTIMIZE TABLE doc")
    database.parloader("seed", *options)
