"""--writer load-data: the same rows, and nothing silent where the server would only have warned."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.faults import settings
from support.servers import Database, TestServer, on_mariadb_11_8_too, quiet, slow_on_mysql

from parloader.builtin.tables import create_tables
from parloader.database import sql
from parloader.database.dialects import ServerKind
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import server_info
from parloader.runs.preflight import PreflightResult
from parloader.runs.writer_checks import MIN_PACKET_BYTES

LOAD_DATA = ("--writer", "load-data")


@on_mariadb_11_8_too("server")
def test_the_rows_are_those_of_insert_and_can_be_verified_and_removed(database: Database) -> None:
    """For more of --procs and --batch: test_loading.py."""
    database.parloader("seed", "--rows", "3000", "--procs", "1", "--batch", "997", "--writer", "insert")
    by_insert = database.rows("CHECKSUM TABLE script_execution")
    database.parloader("clean", "--yes")
    database.parloader("seed", "--rows", "3000", "--procs", "2", "--batch", "auto", *LOAD_DATA)
    assert database.rows("CHECKSUM TABLE script_execution") == by_insert
    assert json.loads(database.parloader("verify", "--json").stdout)["ok"]
    database.parloader("clean", "--yes")
    assert database.rows("SHOW TABLES") == ()


def ledger_rows(database: Database) -> int:
    return int(str(database.value("SELECT COALESCE(SUM(row_count), 0) FROM parloader_batch WHERE table_name = 'script_execution'")))


@dataclass(frozen=True)
class Obstacle:
    """What a schema may have that the plan knows nothing of: how it comes, how it goes, and the server's words and number for it."""

    made_by: tuple[str, ...]
    removed_by: tuple[str, ...]
    says: dict[ServerKind, str]
    passes: bool = False
    """Whether rows at the begin of the table pass."""


OBSTACLES = {
    "a CHECK": Obstacle(
        ("ALTER TABLE script_execution ADD CONSTRAINT only_spring CHECK (created_at < '2024-05-01')",),
        ("ALTER TABLE script_execution DROP CONSTRAINT only_spring",),
        {
            ServerKind.MARIADB: "CONSTRAINT `only_spring` failed for ",
            ServerKind.MYSQL: "Check constraint 'only_spring' is violated. (error 3819)",
        },
        passes=True,
    ),
    "a foreign key to an empty table": Obstacle(
        (
            "CREATE TABLE holiday (day DATETIME PRIMARY KEY) ENGINE=InnoDB",
            "ALTER TABLE script_execution ADD CONSTRAINT on_a_holiday FOREIGN KEY (planned) REFERENCES holiday (day)",
        ),
        ("ALTER TABLE script_execution DROP FOREIGN KEY on_a_holiday",),
        dict.fromkeys(ServerKind, "a foreign key constraint fails"),
    ),
    "a UNIQUE index on two columns": Obstacle(
        ("ALTER TABLE script_execution ADD UNIQUE INDEX once (schedule_id, script_version_id)",),
        ("ALTER TABLE script_execution DROP INDEX once",),
        dict.fromkeys(ServerKind, "Duplicate entry '1-1' for key "),
        passes=True,
    ),
    "a column that is too small": Obstacle(
        (
            "ALTER TABLE script_execution DROP FOREIGN KEY script_execution_ibfk_2",
            "ALTER TABLE script_execution MODIFY script_version_id DECIMAL(1, 0) NOT NULL",
        ),
        ("ALTER TABLE script_execution MODIFY script_version_id BIGINT UNSIGNED NOT NULL",),
        dict.fromkeys(ServerKind, "Out of range value for column 'script_version_id' at row 10 (error 1264)"),
    ),
}

NUMBERS = {"a CHECK": {3819, 4025}, "a foreign key to an empty table": {1452}, "a UNIQUE index on two columns": {1062}}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_the_server_only_warns_of_stops_the_load(database: Database, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the preflight, which would have refused these loads."""
    monkeypatch.setattr("parloader.runs.begin.preflight", lambda _, plan, *__: PreflightResult(plan=plan, notes=()))
    obstacle = OBSTACLES[name]
    with database.connection() as connection:
        create_tables(connection)
    database.execute(*obstacle.made_by)
    seed = ("seed", "--rows", "2000", "--procs", "1", "--batch", "150", *LOAD_DATA)
    done = database.parloader(*seed, check=1)
    with database.connection() as connection:
        assert obstacle.says[server_info(connection).kind] in done.stderr
    assert any(f"(error {number})" in done.stderr for number in NUMBERS.get(name, {1264}))
    left = ledger_rows(database)
    piece = f"writing script_execution, rows {left} to {left + 149} of the partition rows "
    assert re.search(rf"{piece}[\d,]+ to [\d,]+ failed: of 150 rows of script_execution the server read ", done.stderr)
    assert "Traceback" not in done.stderr
    assert database.value("SELECT COUNT(*) FROM script_execution") == left
    assert (left != 0) is obstacle.passes
    database.execute(*obstacle.removed_by)
    database.parloader(*seed)
    assert database.value("SELECT COUNT(*) FROM script_execution") == 2000
    database.parloader("verify")


def test_a_server_that_takes_no_files_is_refused_before_anything_is_written(database: Database) -> None:
    with database.server.connection() as admin:
        sql.execute(admin, "SET GLOBAL local_infile = 0")
        try:
            for command in ("seed", "plan"):
                done = database.parloader(command, *LOAD_DATA, check=3)
                assert "the server has local_infile off" in done.stderr
                assert "--writer insert" in done.stderr
                assert len(done.stderr.splitlines()) == 1
            assert database.rows("SHOW TABLES") == ()
            database.parloader("seed", "--rows", "10", "--writer", "insert")
        finally:
            sql.execute(admin, "SET GLOBAL local_infile = 1")


@slow_on_mysql("server")
def test_a_server_that_takes_only_small_packets_is_refused_before_anything_is_written(database: Database) -> None:
    with settings(database.server, max_allowed_packet=MIN_PACKET_BYTES - 1024):
        for command in ("seed", "plan"):
            done = database.parloader(command, *LOAD_DATA, check=3)
            assert "max_allowed_packet is 523,264 bytes; the writer load-data needs 524,288" in done.stderr
            assert len(done.stderr.splitlines()) == 1
        assert database.rows("SHOW TABLES") == ()
    with settings(database.server, max_allowed_packet=MIN_PACKET_BYTES):
        database.parloader("seed", "--rows", "10000", "--batch", "5000", "--compress", "on", *LOAD_DATA)
        database.parloader("verify")


@slow_on_mysql("own_server")
def test_workers_that_take_turns_are_told_of_and_load_right(own_server: PrivateServer, tmp_path: Path) -> None:
    server = replace(own_server, options=(*own_server.options, "--innodb-autoinc-lock-mode=1"))
    with server.in_use(quiet):
        database = Database(TestServer("own", server.target), server.target, tmp_path)
        load = ("--rows", "3000", "--batch", "250", *LOAD_DATA)
        says = "innodb_autoinc_lock_mode is 1: LOAD DATA locks the entire table, so 2 workers take turns"
        assert says in database.parloader("plan", *load, "--procs", "2").stdout
        assert "take turns" not in database.parloader("plan", *load, "--procs", "1").stdout
        assert "take turns" not in database.parloader("plan", "--procs", "2", "--writer", "insert").stdout
        assert says in database.parloader("seed", *load, "--procs", "2").stderr
        assert database.value("SELECT COUNT(*) FROM script_execution") == 3000
        database.parloader("verify")


def test_where_they_do_not_nothing_is_said(database: Database) -> None:
    """The private server has innodb_autoinc_lock_mode 2, as a MySQL server by default."""
    with database.server.connection() as admin:
        mode = server_info(admin).autoinc_lock_mode
    stderr = database.parloader("seed", "--rows", "100", "--procs", "2", "--batch", "50", *LOAD_DATA).stderr
    assert ("take turns" in stderr) is (mode != 2)
