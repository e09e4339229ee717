"""Parent rows in other databases of the server: used if they exist, created only if --allow-database says so, found again in either case.

The names contain what separates and quotes parts of a name. Tables of the same name lie in both databases, and references lead there and back.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from shlex import quote

import pytest
from support.servers import Database, running, slow_on_mysql, until

from parloader.schema.model import quote_identifier

ROWS = ("--table", "bill", "--rows", "60", "--procs", "1")


def tables(own: str, other: str) -> tuple[str, ...]:
    return (
        f"CREATE TABLE {own}.region (id INT AUTO_INCREMENT PRIMARY KEY, code CHAR(5) NOT NULL UNIQUE) ENGINE=InnoDB",
        f"CREATE TABLE {other}.office (id INT AUTO_INCREMENT PRIMARY KEY, region_id INT NOT NULL, FOREIGN KEY (region_id) "
        f"REFERENCES {own}.region (id)) ENGINE=InnoDB",
        f"CREATE TABLE {other}.client (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, office_id INT NOT NULL, "
        "boss_id INT NULL, FOREIGN KEY (office_id) REFERENCES office (id), FOREIGN KEY (boss_id) REFERENCES client (id)) ENGINE=InnoDB AUTO_INCREMENT=70",
        f"CREATE TABLE {own}.client (id INT AUTO_INCREMENT PRIMARY KEY, real_id INT NOT NULL, FOREIGN KEY (real_id) REFERENCES {other}.client (id)) "
        "ENGINE=InnoDB",
        f"CREATE TABLE {own}.bill (id INT AUTO_INCREMENT PRIMARY KEY, client_id INT NOT NULL, own_id INT NOT NULL, second_id INT NULL, "
        f"FOREIGN KEY (client_id) REFERENCES {other}.client (id), FOREIGN KEY (own_id) REFERENCES {own}.client (id), "
        f"FOREIGN KEY (second_id) REFERENCES {other}.client (id)) ENGINE=InnoDB",
    )


class Pair:
    """A database, and another one that its tables reference."""

    def __init__(self, own: Database, *, long: bool) -> None:
        self.own = own
        self.other = f"{own.target.database} o.th`r%".ljust(64 if long else 0, "ö")
        self.quoted = quote_identifier(self.other).replace("%", "%%")
        self.client = f"{quote_identifier(self.other)}.`client`"

    def everything(self) -> dict[str, object]:
        """Each table of both: its definition, with its AUTO_INCREMENT counter, and its rows."""
        names = (
            f"{database}.{quote_identifier(str(name)).replace('%', '%%')}"
            for database in (self.quoted, quote_identifier(self.own.target.database))
            for (name,) in self.own.rows(f"SHOW TABLES FROM {database}")
        )
        return {name: (self.own.rows(f"SHOW CREATE TABLE {name}"), self.own.rows(f"SELECT * FROM {name}")) for name in names}

    def count(self, table: str) -> int:
        return int(str(self.own.value(f"SELECT COUNT(*) FROM {table}")))


@pytest.fixture
def pair(database: Database, request: pytest.FixtureRequest) -> Iterator[Pair]:
    pair = Pair(database, long=getattr(request, "param", False))
    own = quote_identifier(database.target.database)
    database.execute(f"CREATE DATABASE {pair.quoted}", *tables(own, pair.quoted))
    yield pair
    database.execute("SET foreign_key_checks = 0", f"DROP DATABASE {pair.quoted}")


def test_rows_are_created_there_only_if_allowed_and_removed_again(pair: Pair) -> None:
    own, before = pair.own, pair.everything()
    refused = own.parloader("seed", *ROWS, check=3).stderr
    assert f"rows of {pair.client} are needed" in refused
    assert "parloader creates rows in another database only with --allow-database" in refused
    own.parloader("seed", *ROWS, "--allow-database", "elsewhere", check=3)
    assert pair.everything() == before

    allowed = ("--allow-database", pair.other, "--parents", f"{pair.client}=7", "--parents", "client=3")
    own.parloader("seed", *ROWS, *allowed)
    assert (pair.count(f"{pair.quoted}.client"), pair.count("client"), pair.count("bill")) == (7, 3, 60)
    assert own.rows("SELECT table_name FROM parloader_batch ORDER BY 1")[0] == (f"{quote_identifier(pair.other)}.`client`",)
    assert "run 1 is already complete" in own.parloader("seed", *ROWS, *allowed).stdout
    assert json.loads(own.parloader("verify", "--json").stdout)["runs"][0]["checked"] == sum(
        pair.count(table) for table in (f"{pair.quoted}.client", f"{pair.quoted}.office", "client", "region", "bill")
    )
    own.execute(f"UPDATE {pair.quoted}.client SET name = 'edited' LIMIT 1")
    assert f"{pair.client}" in own.parloader("verify", check=1).stdout
    assert f"{pair.client}" in own.parloader("clean", "--yes", check=3).stderr
    own.parloader("clean", "--yes", "--edited-too")
    assert pair.everything() == before


def test_existing_rows_are_used_and_stay(pair: Pair) -> None:
    own = pair.own
    own.execute(
        "INSERT INTO region VALUES (1, 'mine')",
        f"INSERT INTO {pair.quoted}.office VALUES (4, 1)",
        f"INSERT INTO {pair.quoted}.client VALUES (31, 'a', 4, NULL), (35, 'b', 4, NULL)",
    )
    before = pair.everything()
    own.parloader("seed", *ROWS)
    assert own.rows("SELECT DISTINCT client_id FROM bill ORDER BY 1") == ((31,), (35,))
    assert 0 < int(str(own.value("SELECT COUNT(*) FROM bill WHERE second_id IS NULL"))) < 30
    assert pair.count(f"{pair.quoted}.client") == 2
    own.parloader("verify")
    own.parloader("clean", "--yes")
    assert pair.everything() == before


@slow_on_mysql("server")
def test_what_others_have_there_is_never_deleted(pair: Pair) -> None:
    own, allowed = pair.own, ("--allow-database", pair.other)
    own.parloader("seed", *ROWS, *allowed)
    own.execute(
        f"CREATE TABLE {pair.quoted}.visit (client_id INT PRIMARY KEY, FOREIGN KEY (client_id) REFERENCES client (id)) ENGINE=InnoDB",
        f"INSERT INTO {pair.quoted}.visit SELECT MIN(id) FROM {pair.quoted}.client",
        f"INSERT INTO {pair.quoted}.client SELECT 9, 'mine', MIN(id), NULL FROM {pair.quoted}.office",
    )
    for command in (("clean", "--yes"), ("clean", "--dry-run")):
        said = own.parloader(*command, check=3).stderr
        assert "that parloader did not create reference rows of" in said
        assert pair.count("bill") == 60
    own.execute(f"DROP TABLE {pair.quoted}.visit", f"DELETE FROM {pair.quoted}.client WHERE id = 9")
    own.parloader("clean", "--yes")


@slow_on_mysql("server")
def test_a_database_that_is_forbidden(pair: Pair) -> None:
    own, allowed = pair.own, ("--allow-database", pair.other)
    other = replace(own, target=replace(own.target, database=pair.other))
    other.parloader("guard", "--forbid")
    before = pair.everything()
    said = own.parloader("seed", *ROWS, *allowed, check=3).stderr
    assert f"the table parloader_forbidden in {pair.other} at " in said
    assert pair.everything() == before
    assert "seed would be refused: the table parloader_forbidden" in own.parloader("plan", *ROWS, *allowed).stdout
    other.parloader("guard", "--allow", "--yes")
    own.parloader("seed", *ROWS, *allowed)
    other.parloader("guard", "--forbid")
    own.parloader("clean", "--yes", check=3)
    own.parloader("clean", "--dry-run", check=3)


@pytest.mark.slow
def test_a_command_at_work_there_keeps_others_out(pair: Pair) -> None:
    """Both would take the same keys."""
    own = pair.own
    other = replace(own, target=replace(own.target, database=pair.other))
    own.execute("INSERT INTO region VALUES (1, 'mine')")
    with running(other, "seed", "--table", "office", "--rows", "1000", "--procs", "1", "--max-rate", "200", "--batch", "100") as command:
        until(lambda: own.rows(f"SHOW TABLES FROM {pair.quoted} LIKE 'parloader_batch'"), "it has begun")
        said = own.parloader("seed", *ROWS, "--allow-database", pair.other, check=None)
        assert f"another parloader command is running in the database {pair.other}" in said.stderr
        command.process.terminate()


@slow_on_mysql("server")
def test_an_account_without_privileges_there(pair: Pair) -> None:
    own = pair.own
    with own.server.connection() as admin, admin.cursor() as cursor:
        cursor.execute("CREATE USER narrow@'%' IDENTIFIED BY 'x'")
        cursor.execute(f"GRANT ALL ON {quote_identifier(own.target.database)}.* TO narrow@'%'")
        try:
            narrow = replace(own, target=replace(own.target, user="narrow", password="x"))
            grant = f"ON {quote_identifier(pair.other)}.* TO 'narrow'@'%'"
            said = narrow.parloader("seed", *ROWS, "--allow-database", pair.other, check=3).stderr
            assert f"lacks SELECT on {pair.client}" in said
            assert f"GRANT SELECT {grant}" in said
            cursor.execute(f"GRANT SELECT ON {quote_identifier(pair.other)}.* TO narrow@'%'")
            said = narrow.parloader("seed", *ROWS, "--allow-database", pair.other, check=3).stderr
            assert f"INSERT on {quote_identifier(pair.other)}.`office`, {pair.client}" in said
            assert f"GRANT INSERT {grant}" in said
            assert own.rows("SHOW TABLES LIKE 'parloader%%'") == ()
            # a nullable foreign key to a table that it may not read stays NULL
            cursor.execute(f"REVOKE SELECT ON {quote_identifier(pair.other)}.* FROM narrow@'%'")
            reference = f"client_id INT NULL, FOREIGN KEY (client_id) REFERENCES {pair.quoted}.client (id)"
            own.execute(f"CREATE TABLE remark (id INT AUTO_INCREMENT PRIMARY KEY, {reference}) ENGINE=InnoDB")
            narrow.parloader("seed", "--table", "remark", "--rows", "20", "--procs", "1")
            assert own.value("SELECT COUNT(*) FROM remark WHERE client_id IS NULL") == 20
        finally:
            cursor.execute("DROP USER narrow@'%'")


@slow_on_mysql("server")
@pytest.mark.parametrize("pair", [True], ids=["64 characters"], indirect=True)
def test_a_plan_file_and_a_load_that_is_killed(pair: Pair) -> None:
    """Workers load the table there as well; transactions of both databases are exactly once."""
    own, before, file = pair.own, pair.everything(), pair.own.folder / "plan.toml"
    written = own.parloader("plan", *ROWS, "--allow-database", pair.other, "--write", str(file)).stderr
    assert f"parloader seed --plan {file} --allow-database {quote(pair.other)}" in written
    written = file.read_text()
    header = f'[table."{pair.client}"]\n'
    assert header in written
    file.write_text(re.sub(rf"{re.escape(header)}rows = \d+\n", f"{header}rows = 2000\npartitioned = true\n", written))
    seed = ("seed", "--plan", str(file), "--procs", "1", "--batch", "200")
    own.parloader(*seed, check=3)
    with running(own, *seed, "--allow-database", pair.other, "--max-rate", "1000") as command:
        batches = "SELECT COUNT(*) FROM parloader_batch WHERE row_count = 200"
        until(lambda: own.rows("SHOW TABLES LIKE 'parloader_batch'") and own.value(batches), "a batch is committed there")
        command.process.kill()
        command.process.communicate()
    assert 0 < pair.count(f"{pair.quoted}.client") < 2000
    until(lambda: own.parloader(*seed, check=None).exit_code == 0, "the lock is free, and the run is resumed")
    assert (pair.count(f"{pair.quoted}.client"), pair.count("bill")) == (2000, 60)
    own.parloader("verify")
    own.parloader("clean", "--yes", "--procs", "1")
    assert pair.everything() == before


@pytest.mark.slow
def test_triggers_a_view_and_a_cycle_through_both(pair: Pair) -> None:
    """The trigger's `bill` is the one of its own database."""
    own, allowed = pair.own, ("--allow-database", pair.other)
    own.execute(
        f"CREATE TABLE {pair.quoted}.bill (id INT AUTO_INCREMENT PRIMARY KEY, client_id INT, FOREIGN KEY (client_id) REFERENCES client (id)) ENGINE=InnoDB",
        f"CREATE TRIGGER {pair.quoted}.sends AFTER INSERT ON {pair.quoted}.client FOR EACH ROW INSERT INTO bill (client_id) VALUES (NEW.id)",
        "CREATE TABLE ring (id INT AUTO_INCREMENT PRIMARY KEY, other_id INT NULL) ENGINE=InnoDB",
        f"CREATE TABLE {pair.quoted}.ring (id INT AUTO_INCREMENT PRIMARY KEY, other_id INT NOT NULL, FOREIGN KEY (other_id) "
        f"REFERENCES {quote_identifier(own.target.database)}.ring (id)) ENGINE=InnoDB",
        f"ALTER TABLE ring ADD FOREIGN KEY (other_id) REFERENCES {pair.quoted}.ring (id)",
    )
    theirs = f"{quote_identifier(pair.other)}.`bill`"
    assert f"the trigger sends of {pair.client} inserts rows into {theirs}" in own.parloader("seed", *ROWS, *allowed).stderr
    assert pair.count(f"{pair.quoted}.bill") == 1
    assert "--with-trigger-rows" in own.parloader("clean", "--yes", check=3).stderr
    assert f"deleted 1 row from {theirs}" in own.parloader("clean", "--yes", "--with-trigger-rows").stdout
    own.execute(f"DROP TRIGGER {pair.quoted}.sends")
    own.parloader("seed", *ROWS, *allowed)
    own.execute(
        f"RENAME TABLE {pair.quoted}.client TO {pair.quoted}.moved",
        f"CREATE VIEW {pair.quoted}.client AS SELECT * FROM {pair.quoted}.moved",
    )
    assert f"{pair.client} is no longer an ordinary table (view)" in own.parloader("clean", "--yes", check=3).stderr
    own.execute(f"DROP VIEW {pair.quoted}.client", f"RENAME TABLE {pair.quoted}.moved TO {pair.quoted}.client")
    own.parloader("clean", "--yes")
    own.parloader("seed", "--table", "ring", "--rows", "50", "--procs", "1", *allowed)
    assert own.value("SELECT COUNT(*) FROM ring WHERE other_id IS NULL") == 0
    own.parloader("verify")
    own.parloader("clean", "--yes")
    assert (pair.count("ring"), pair.count(f"{pair.quoted}.ring")) == (0, 0)
