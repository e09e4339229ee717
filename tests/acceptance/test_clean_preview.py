"""clean --dry-run reports exactly what the same command without it does, in the same words and keys."""

import json

import pytest
from support.servers import Database, everything

KEY = "id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"

ACCOUNT = f"CREATE TABLE account ({KEY}, name VARCHAR(60) NOT NULL)"

LOG = "CREATE TABLE log (account_id INT UNSIGNED, happened VARCHAR(10))"

PROFILE = f"""CREATE TABLE profile ({KEY}, account_id INT UNSIGNED NOT NULL, friend_id INT UNSIGNED,
    FOREIGN KEY (account_id) REFERENCES account (id), FOREIGN KEY (friend_id) REFERENCES account (id))"""

INSERTED = """CREATE TRIGGER inserted AFTER INSERT ON account FOR EACH ROW BEGIN
    INSERT INTO profile (account_id, friend_id) VALUES (NEW.id, NEW.id);
    INSERT INTO log VALUES (NEW.id, 'new');
    END"""

DELETED = "CREATE TRIGGER deleted AFTER DELETE ON account FOR EACH ROW INSERT INTO log VALUES (OLD.id, 'gone')"


def clean(database: Database, *options: str) -> dict[str, object]:
    """The result of a dry run, which has changed nothing, and of the command itself: the same, or the test fails."""
    before = everything(database)
    text = database.parloader("clean", "--dry-run", *options).stdout
    foreseen = json.loads(database.parloader("clean", "--dry-run", "--json", *options).stdout)
    assert everything(database) == before
    done = database.parloader("clean", "--yes", "--procs", "1", "--json", *options)
    result: dict[str, object] = json.loads(done.stdout)
    assert {**foreseen, "dry_run": False} == result, text
    return result


def test_rows_of_triggers(database: Database) -> None:
    """Also a row that references generated rows by two foreign keys is counted once."""
    database.execute(ACCOUNT, PROFILE, LOG, INSERTED, DELETED)
    database.parloader("seed", "--table", "account", "--rows", "300", "--procs", "1")
    database.execute("INSERT INTO account (id, name) VALUES (999, 'somebody')", "UPDATE profile SET friend_id = 999 WHERE account_id < 100")
    database.execute("DELETE FROM profile WHERE account_id = 250", "DELETE FROM account WHERE id = 250")
    said = database.parloader("clean", "--dry-run", "--with-trigger-rows").stdout.splitlines()
    assert said[:2] == ["would delete 299 rows from profile that reference generated rows", "would delete 299 rows from account"]
    assert said[2] == "would not undo what the triggers deleted of account, inserted of account may have changed in log"
    result = clean(database, "--with-trigger-rows")
    assert (result["trigger_rows"], result["rows"]) == ({"profile": 299}, 598)
    assert result["not_undone"] == {"log": ["deleted of account", "inserted of account"]}
    assert database.rows("SELECT account_id FROM profile") == ((999,),)


@pytest.mark.parametrize("left", ["nothing", "a reference", "a row", "a run"])
def test_tables_that_seed_created(database: Database, left: str) -> None:
    database.parloader("seed", "--rows", "20", "--procs", "1")
    why, options = "", ("--run", "1")
    if left == "a reference":
        database.execute("CREATE TABLE note (robot BIGINT UNSIGNED, FOREIGN KEY (robot) REFERENCES robot_account (id))")
        why = "note references robot_account (robot)"
    elif left == "a row":
        database.execute("INSERT INTO outgoing_event (name) VALUES ('somebody')")
        why = "outgoing_event has rows that parloader did not create"
    elif left == "a run":
        database.parloader("seed", "--table", "outgoing_event", "--rows", "5", "--new-run", "--procs", "1")
    result = clean(database, *options)
    assert result["why_kept"] == why
    assert bool(result["dropped"]) == (left == "nothing")
    assert bool(result["kept_tables"]) == bool(why)
    assert bool(database.rows("SHOW TABLES")) == (left != "nothing")
