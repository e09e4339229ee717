"""Errors that only clusters and failovers raise, raised by a trigger: the load waits for --retry-seconds, and goes on."""

import pytest
from support.servers import Database, running, until

SEED = ("seed", "--table", "item", "--rows", "1500", "--batch", "50", "--procs", "2", "--max-rate", "1500")

MESSAGE = "not now, says the trigger"


@pytest.fixture
def switched(database: Database) -> Database:
    """A table that rejects every row with the error whose number is in the table closed, if any."""
    database.execute(
        "CREATE TABLE closed (number INT NOT NULL PRIMARY KEY) ENGINE=InnoDB",
        "CREATE TABLE item (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(30) NOT NULL) ENGINE=InnoDB",
        f"""CREATE TRIGGER switch BEFORE INSERT ON item FOR EACH ROW BEGIN
            DECLARE number INT DEFAULT (SELECT MAX(c.number) FROM closed c);
            IF number IS NOT NULL THEN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = number, MESSAGE_TEXT = '{MESSAGE}'; END IF;
        END""",
    )
    return database


def loaded(database: Database) -> int:
    if not database.rows("SHOW TABLES LIKE 'parloader_batch'"):
        return 0
    return int(str(database.value("SELECT COUNT(*) FROM parloader_batch WHERE table_name = 'item'")))


TRANSIENT = (1180,)

OTHERS = (1047, 1206, 1226, 1290, 1637, 1836, 1927, 1969, 3024, 3100, 3101, 3797, 4031)


@pytest.mark.parametrize("number", [*TRANSIENT, *(pytest.param(n, marks=pytest.mark.slow) for n in OTHERS)])
def test_the_load_waits_until_the_server_takes_transactions_again(switched: Database, number: int) -> None:
    with running(switched, *SEED, "--retry-seconds", "60", "-v") as seed:
        until(lambda: loaded(switched), "a batch is committed")
        switched.execute(f"INSERT INTO closed VALUES ({number})")
        seed.says(f"{MESSAGE} (error {number})")
        before = loaded(switched)
        switched.execute("DELETE FROM closed")
        assert seed.ended() == 0
    assert before < 30
    assert loaded(switched) == 30
    assert switched.value("SELECT COUNT(*) FROM item") == 1500
    switched.parloader("verify")


@pytest.mark.parametrize(
    ("number", "exit_code", "advice"),
    [
        (1047, 4, "no quorum"),
        pytest.param(1180, 1, "the ledger shows", marks=pytest.mark.slow),
        pytest.param(1290, 3, "takes writes", marks=pytest.mark.slow),
        pytest.param(1644, 1, "one of its triggers rejects a row", marks=pytest.mark.slow),
        pytest.param(1712, 1, "error log", marks=pytest.mark.slow),
    ],
)
def test_the_load_gives_up_and_can_be_resumed(switched: Database, number: int, exit_code: int, advice: str) -> None:
    with running(switched, *SEED, "--retry-seconds", "0.5") as seed:
        until(lambda: loaded(switched), "a batch is committed")
        switched.execute(f"INSERT INTO closed VALUES ({number})")
        assert seed.ended() == exit_code
    assert MESSAGE in seed.said
    assert advice in seed.said
    switched.execute("DELETE FROM closed")
    switched.parloader("seed", "--table", "item", "--rows", "1500", "--procs", "1")
    switched.parloader("verify")
