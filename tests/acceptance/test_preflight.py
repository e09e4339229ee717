"""What cannot go in is refused before anything is committed: no rows, no ledger, the counters as before; and it is said what to do."""

import json

import pytest
from support.plan_kinds import state
from support.servers import Database

PARENT = "CREATE TABLE owner (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL) AUTO_INCREMENT = 50"

OWNER = "owner_id INT UNSIGNED NOT NULL, FOREIGN KEY (owner_id) REFERENCES owner (id)"

KEY = "id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"


def refused(database: Database, *options: str, tables: tuple[str, ...], says: tuple[str, ...]) -> str:
    """What seed says; nothing is changed by it. `plan` does not know what only a trial shows."""
    database.execute(*tables)
    before = state(database)
    said = database.parloader("seed", "--table", "thing", "--procs", "2", *options, check=3).stderr
    after = state(database)
    assert after == before
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert all(word in line for word in says), line
    return line


@pytest.mark.parametrize(
    "rows_there", [(), ("INSERT INTO owner (name) VALUES ('somebody')", "DELETE FROM owner")], ids=["empty", "used before"]
)
def test_a_check_that_nobody_understands_and_the_sample_breaks(database: Database, rows_there: tuple[str, ...]) -> None:
    refused(
        database,
        tables=(
            PARENT,
            f"CREATE TABLE thing ({KEY}, {OWNER}, iban VARCHAR(34) NOT NULL, CONSTRAINT chk_iban CHECK (MOD(CRC32(iban), 9973) = 1)) AUTO_INCREMENT = 7",
            *rows_there,
        ),
        says=("chk_iban", "the server rejected a sample row of thing", "nothing was written", "parloader plan --table thing --write"),
    )
    notes = json.loads(database.parloader("plan", "--table", "thing", "--json").stdout)["notes"]
    assert any("chk_iban" in note["text"] for note in notes)


def test_a_column_given_by_hand_helps(database: Database) -> None:
    database.execute(
        f"CREATE TABLE thing ({KEY}, word VARCHAR(34) NOT NULL, CONSTRAINT chk_word CHECK (MOD(CRC32(word), 7) = CRC32('good') MOD 7))"
    )
    assert "chk_word" in database.parloader("seed", "--table", "thing", "--rows", "300", check=3).stderr
    file = database.folder / "thing.toml"
    database.parloader("plan", "--table", "thing", "--rows", "300", "--write", str(file))
    lines = ["word = { const = 'good' }" if line.startswith("word = ") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines))
    database.parloader("seed", "--plan", str(file), "--procs", "1")
    assert database.rows("SELECT word, COUNT(*) FROM thing GROUP BY word") == (("good", 300),)


def test_a_check_on_a_parent_that_nobody_understands(database: Database) -> None:
    refused(
        database,
        tables=(
            f"CREATE TABLE owner ({KEY}, iban VARCHAR(34) NOT NULL, CONSTRAINT chk_iban CHECK (MOD(CRC32(iban), 9973) = 1)) AUTO_INCREMENT = 50",
            f"CREATE TABLE thing ({KEY}, {OWNER}) AUTO_INCREMENT = 7",
        ),
        says=("the server rejected a sample row of owner", "chk_iban", "nothing was written"),
    )


@pytest.mark.parametrize("table", ["owner", "thing"])
def test_a_trigger_that_refuses_rows(database: Database, table: str) -> None:
    refused(
        database,
        tables=(
            PARENT,
            f"CREATE TABLE thing ({KEY}, {OWNER}) AUTO_INCREMENT = 7",
            f"CREATE TRIGGER no BEFORE INSERT ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'",
        ),
        says=(f"the server rejected a sample row of {table}", "not today"),
    )


def test_a_trigger_that_refuses_the_last_rows_only(database: Database) -> None:
    refused(
        database,
        "--rows",
        "100000",
        tables=(
            f"CREATE TABLE thing ({KEY}, name VARCHAR(60) NOT NULL)",
            """CREATE TRIGGER no BEFORE INSERT ON thing FOR EACH ROW BEGIN
                IF NEW.id > 99990 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no such number'; END IF; END""",
        ),
        says=("the server rejected a sample row of thing", "no such number"),
    )


@pytest.mark.parametrize(
    ("partitions", "says"),
    [
        ("RANGE (id) (PARTITION p VALUES LESS THAN (900))", "At most --rows 899 fit"),
        ("LIST (MOD(id, 700)) (PARTITION p VALUES IN (1, 2, 3))", "partition"),
    ],
    ids=["understood", "tried"],
)
def test_a_partition_that_is_missing(database: Database, partitions: str, says: str) -> None:
    refused(
        database,
        "--rows",
        "1000",
        tables=(f"CREATE TABLE thing ({KEY}, name VARCHAR(60) NOT NULL) AUTO_INCREMENT = 7 PARTITION BY {partitions}",),
        says=("thing", says),
    )


@pytest.mark.parametrize(("there", "rows", "most"), [(0, 256, "255"), (100, 156, "155")])
def test_a_unique_key_that_is_full(database: Database, there: int, rows: int, most: str) -> None:
    refused(
        database,
        "--rows",
        str(rows),
        tables=(
            PARENT,
            f"CREATE TABLE thing ({KEY}, {OWNER}, position TINYINT UNSIGNED NOT NULL UNIQUE, CHECK (position > 0)) AUTO_INCREMENT = 700",
            *(("INSERT INTO owner VALUES (1, 'somebody')",) if there else ()),
            *(f"INSERT INTO thing (owner_id, position) VALUES (1, {n + 1})" for n in range(there)),
        ),
        says=("position", most),
    )
    database.parloader("seed", "--table", "thing", "--rows", most, "--procs", "1")
    assert database.value("SELECT COUNT(DISTINCT position) FROM thing") == 255


def test_a_key_that_is_full(database: Database) -> None:
    refused(
        database,
        "--rows",
        "200",
        tables=(
            "CREATE TABLE thing (id TINYINT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60) NOT NULL)",
            "INSERT INTO thing VALUES (3, 'somebody')",
            "ALTER TABLE thing AUTO_INCREMENT = 20",
        ),
        says=("id", "127", "Try --rows 126"),
    )
