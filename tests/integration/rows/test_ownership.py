"""Generated rows are told from other rows, also if the table has no integer key."""

import pytest
from support.servers import Database

KEYS = {
    "entire VARCHAR": "address VARCHAR(200) NOT NULL, PRIMARY KEY (address)",
    "prefix of a VARCHAR": "address VARCHAR(2000) NOT NULL, PRIMARY KEY (address(191))",
    "prefix of a TEXT": "address TEXT NOT NULL, PRIMARY KEY (address(191))",
    "prefix of a BLOB": "address BLOB NOT NULL, PRIMARY KEY (address(40))",
    "prefix in a pair": "address TEXT NOT NULL, language CHAR(2) NOT NULL DEFAULT 'xx', UNIQUE (language, address(100))",
    "entire TEXT": "address TEXT NOT NULL, UNIQUE (address)",
}


@pytest.mark.parametrize("key", KEYS)
def test_clean_refuses_references_from_other_rows_alone(database: Database, key: str) -> None:
    if key == "entire TEXT" and database.server.kind == "mysql":
        pytest.skip("only MariaDB has UNIQUE keys on an entire TEXT")
    database.execute(
        "CREATE TABLE author (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL)",
        f"CREATE TABLE page ({KEYS[key]}, author_id INT NOT NULL, FOREIGN KEY (author_id) REFERENCES author (id))",
    )
    database.parloader("seed", "--table", "page", "--rows", "40")
    database.execute("INSERT INTO page (address, author_id) SELECT 'other', MIN(id) FROM author")
    refused = database.parloader("clean", check=None)
    assert "rows of page that parloader did not create reference rows of author that parloader created: " in refused.stderr
    assert database.rows("SELECT COUNT(*) FROM page") == ((41,),)
    database.execute("DELETE FROM page WHERE address = 'other'")
    database.parloader("clean", "--yes")
    assert database.rows("SELECT COUNT(*) FROM page") == ((0,),)
