"""What goes wrong ends in one clear message, a documented exit code and nothing lost."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import DROP_LEDGER, Database, create_example, tcp_address

from parloader.database import sql
from parloader.database.session import connected
from parloader.database.target import Target
from parloader.errors import ServerNotSupported

EXECUTION_COLUMNS = "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, script_reference_id BIGINT UNSIGNED NOT NULL"


def run(*arguments: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "parloader", *arguments], capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("url", "exit_code", "says"),
    [
        ("postgres://a@h/d", 2, "not for mysql or mariadb"),
        ("mysql://a@h", 2, "names no database"),
        ("mysql://a:secret@no-such-host.invalid/d", 4, "unknown host"),
        ("mysql://a:secret@127.0.0.1:1/d", 4, "no server listens at 127.0.0.1:1"),
        ("mysql://a:secret@localhost/d?unix_socket=/no/such/socket", 4, "no server listens at /no/such/socket"),
    ],
)
def test_no_way_to_the_server(url: str, exit_code: int, says: str, tmp_path: Path) -> None:
    done = run("seed", "--url", url, folder=tmp_path)
    assert (done.returncode, says in done.stderr) == (exit_code, True), done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_wrong_password_and_unknown_database(database: Database) -> None:
    wrong = Database(database.server, replace(database.target, user="nobody", password="s3cret"), database.folder)
    refused = wrong.parloader("seed", check=4)
    assert "refuses the login of nobody" in refused.stderr
    assert "s3cret" not in refused.stderr
    nowhere = Database(database.server, replace(database.target, database="no_such_db"), database.folder)
    assert "database no_such_db does not exist" in nowhere.parloader("seed", check=4).stderr


@pytest.fixture
def limited(database: Database) -> Database:
    """The same database as an account that may only look and change rows."""
    create_example(database)
    with database.server.connection() as admin:
        sql.execute(admin, "DROP USER IF EXISTS 'limited'@'%%'")
        sql.execute(admin, "CREATE USER 'limited'@'%%' IDENTIFIED BY 'pa:ss@word'")
        sql.execute(admin, f"GRANT SELECT ON {database.target.database}.* TO 'limited'@'%%'")
        sql.execute(admin, f"GRANT INSERT, UPDATE ON {database.target.database}.parloader_control TO 'limited'@'%%'")
        sql.execute(admin, f"GRANT INSERT ON {database.target.database}.parloader_batch TO 'limited'@'%%'")
    return Database(database.server, replace(database.target, user="limited", password="pa:ss@word"), database.folder)


def test_a_missing_privilege_is_named(limited: Database, database: Database) -> None:
    done = limited.parloader("seed", "--rows", "100", "--new-run", check=3)
    assert "ALTER command denied to user 'limited'" in done.stderr
    assert "An administrator can grant it: GRANT" in done.stderr
    assert "pa:ss" not in done.stderr
    assert database.value("SELECT COUNT(*) FROM parloader_run") == 0
    with database.server.connection() as admin:
        sql.execute(admin, f"GRANT ALTER ON {database.target.database}.* TO 'limited'@'%%'")
    done = limited.parloader("seed", "--rows", "100", "--new-run", check=3)
    assert "INSERT command denied to user 'limited'" in done.stderr
    assert database.value("SELECT COUNT(*) FROM script_execution") == 0


def test_a_read_only_server_is_refused(database: Database) -> None:
    with database.server.connection() as admin:
        sql.execute(admin, "SET GLOBAL read_only = 1")
        try:
            assert "read-only" in database.parloader("seed", check=3).stderr
        finally:
            sql.execute(admin, "SET GLOBAL read_only = 0")
    assert database.rows("SHOW TABLES") == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("RENAME TABLE script_execution TO execution", "there is no table script_execution"),
        (
            "ALTER TABLE script_execution DROP CONSTRAINT chk_execution_source, DROP COLUMN planned",
            "script_execution has no column planned",
        ),
        (
            "ALTER TABLE script_execution MODIFY planned DATETIME NOT NULL",
            "script_execution.planned is datetime NOT NULL, but the plan gives it NULL",
        ),
        (
            "ALTER TABLE script_execution MODIFY created_at VARCHAR(30) NOT NULL",
            "script_execution.created_at is varchar(30) NOT NULL, but the plan gives it timestamps",
        ),
        (
            "ALTER TABLE script_reference MODIFY name VARCHAR(5) NOT NULL",
            "script_reference.name is varchar(5) NOT NULL, but the plan gives it texts of 14 characters",
        ),
        (
            "ALTER TABLE task_schedule MODIFY status ENUM('PAUSED') NOT NULL",
            "task_schedule.status is enum('PAUSED') NOT NULL, but the plan gives it the value 'ACTIVE'",
        ),
    ],
)
def test_a_schema_of_another_shape_names_column_and_expectation(database: Database, change: str, says: str) -> None:
    emptied = [f"DELETE FROM {table}" for table in ("event_trigger", "script_version", "script_reference", "task_schedule")]
    create_example(database)
    database.execute(DROP_LEDGER, *emptied, change)
    done = database.parloader("seed", "--rows", "100", check=3)
    assert says in done.stderr
    assert not database.rows("SHOW TABLES LIKE 'parloader%%'")


def test_what_the_schema_demands_beyond_the_plan_is_filled(database: Database) -> None:
    create_example(database)
    database.execute(DROP_LEDGER, "ALTER TABLE script_execution ADD COLUMN level INT NOT NULL, ADD COLUMN note VARCHAR(9)")
    database.parloader("seed", "--rows", "100", "--procs", "1")
    assert database.value("SELECT COUNT(DISTINCT level) FROM script_execution WHERE note IS NULL") > 1  # type: ignore[operator]
    database.parloader("verify", "--procs", "1")


def test_an_engine_without_transactions_is_refused(database: Database) -> None:
    database.execute(
        f"CREATE TABLE script_execution ({EXECUTION_COLUMNS}, schedule_id BIGINT UNSIGNED, planned DATETIME, triggering_event_id BIGINT UNSIGNED) ENGINE=MyISAM"
    )
    assert "script_execution has ENGINE=MyISAM, but batches need the transactions of InnoDB" in database.parloader("seed", check=3).stderr


def test_rows_beyond_the_keys_type(database: Database) -> None:
    create_example(database)
    database.execute(
        DROP_LEDGER,
        "ALTER TABLE script_execution MODIFY id SMALLINT UNSIGNED AUTO_INCREMENT",
    )
    done = database.parloader("seed", "--rows", "65536", check=3)
    assert "script_execution.id holds only 65,535 values" in done.stderr
    assert "At most --rows 65535" in done.stderr
    assert "65,535" in database.parloader("plan", "--rows", "65535").stdout
    database.parloader("seed", "--rows", "65535", "--procs", "2")


def test_a_trigger_that_refuses_rows_stops_the_run_with_its_words(database: Database) -> None:
    create_example(database)
    database.execute(
        DROP_LEDGER,
        "CREATE TRIGGER no_more BEFORE INSERT ON script_execution FOR EACH ROW "
        "BEGIN IF NEW.id BETWEEN 2501 AND 4000 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'enough is enough'; END IF; END",
    )
    assert "has triggers (no_more)" in database.parloader("plan", "--rows", "5000").stdout
    done = database.parloader("seed", "--rows", "5000", "--procs", "2", "--batch", "1000", check=1)
    assert "enough is enough" in done.stderr
    assert "script_execution, rows " in done.stderr
    left = database.value("SELECT COUNT(*) FROM script_execution")
    assert (
        database.value("SELECT COALESCE(CAST(SUM(row_count) AS SIGNED), 0) FROM parloader_batch WHERE table_name = 'script_execution'")
        == left
    )
    database.execute("DROP TRIGGER no_more")
    database.parloader("seed", "--rows", "5000", "--procs", "2", "--batch", "1000")
    database.parloader("verify")


def test_an_old_server_is_refused() -> None:
    from parloader.database.dialects import require_version

    for old in ("5.7.44-log", "8.0.15", "10.1.48-MariaDB", "5.5.5-10.1.48-MariaDB"):
        with pytest.raises(ServerNotSupported, match="does not enforce CHECK"):
            require_version(old)
    for new in ("8.0.16", "9.7.4", "10.2.1-MariaDB", "11.4.2-MariaDB-ubu2404"):
        require_version(new)


def test_over_tcp_with_a_password(database: Database) -> None:
    """MySQL's default login needs RSA here, as there is neither TLS nor a unix socket."""
    name = database.target.database
    with database.server.connection() as admin:
        host, port = tcp_address(database.target, admin)
        sql.execute(admin, "DROP USER IF EXISTS 'tcp'@'%%'")
        sql.execute(admin, "CREATE USER 'tcp'@'%%' IDENTIFIED BY 'pa%%ss wörd'")
        sql.execute(admin, f"GRANT ALL ON {name}.* TO 'tcp'@'%%'")
    target = Target(user="tcp", password="pa%ss wörd", host=host, port=port, database=name)
    with connected(target):
        remote = Database(database.server, target, database.folder)
        assert "1,000 rows" in remote.parloader("seed", "--rows", "1000", "--procs", "2").stdout
        remote.parloader("verify")
