"""A whole run on a server whose global variables would do harm to every session that takes them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults import ordinary_account, settings
from support.hostile_values import hostile_values
from support.servers import Database, TestServer, everything, loaded, quiet, running, slow_on_mysql, until

from parloader.database import sql
from parloader.database.private_server.server import PrivateServer
from parloader.database.session import server_info


@pytest.fixture
def own(own_server: PrivateServer, tmp_path: Path) -> Iterator[Database]:
    """An empty database on a server whose variables only this test changes."""
    own_server.start(quiet)
    yield Database(TestServer("own", own_server.target), own_server.target, tmp_path)
    own_server.stop()


@slow_on_mysql("own_server")
def test_a_limit_of_the_rows_that_a_select_returns(own: Database) -> None:
    """Of 800 batches a session would see 250."""
    with settings(own.server, sql_select_limit=250):
        with running(own, "seed", "--rows", "8000", "--batch", "10", "--procs", "2", "--max-rate", "2000") as seed:
            until(lambda: loaded(own), "a batch is committed")
            own.parloader("pause")
            seed.says("waiting: ")
            assert json.loads(own.parloader("status", "--json").stdout)["paused"]
            own.parloader("resume")
            assert seed.ended() == 0
        assert own.value("SELECT COUNT(*) FROM parloader_batch WHERE table_name = 'script_execution'") == 800
        own.parloader("verify")
        (run,) = json.loads(own.parloader("status", "--json").stdout)["runs"]
        assert run["complete"]
        own.parloader("clean", "--yes", "--procs", "2")
        assert own.rows("SHOW TABLES") == ()


TABLES = (
    "CREATE TABLE shelf (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE, "
    "part DECIMAL(12,8) AS (1 / (3 + LENGTH(name))) STORED) ENGINE=InnoDB",
    "CREATE TABLE book (mark CHAR(13) NOT NULL PRIMARY KEY, shelf_id INT UNSIGNED NOT NULL, price DECIMAL(8,2) NOT NULL, "
    "third DECIMAL(20,10) AS (price / 3) STORED, made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, extra JSON, title VARCHAR(60) NOT NULL, "
    "code CHAR(8) NOT NULL CHECK (code REGEXP '^[A-Z]{2}[0-9]{4}$'), UNIQUE (title), FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
    "CREATE TABLE note (shelf_id INT UNSIGNED, body TEXT, n BIGINT UNSIGNED NOT NULL, UNIQUE (n), FOREIGN KEY (shelf_id) REFERENCES shelf (id)) "
    "ENGINE=InnoDB",
    "INSERT INTO shelf (name) VALUES ('mine')",
    "INSERT INTO note VALUES (1, 'mine', 123456789)",
)


def seed_verify_clean(database: Database, writer: str) -> dict[str, object]:
    """Seeds, verifies and cleans; returns what the tables contained in between. Afterwards they are as before."""
    before = everything(database)
    for table in ("book", "note"):
        database.parloader("seed", "--table", table, "--rows", "200", "--batch", "50", "--procs", "1", "--writer", writer)
    database.parloader("verify")
    filled: dict[str, object] = {name: database.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in before}
    database.parloader("clean", "--yes", "--procs", "1")
    assert everything(database) == before
    return filled


@pytest.fixture
def replicated(own_server: PrivateServer, tmp_path: Path) -> Iterator[Database]:
    """An empty database on a server with a binary log, whose variables only this test changes, over TCP."""
    server = replace(own_server, options=(*own_server.options, "--log-bin", "--server-id=1"))
    server.start(quiet, port=0)
    yield Database(TestServer("own", server.target), server.target, tmp_path)
    server.stop()


@pytest.mark.parametrize("writer", ["insert", pytest.param("load-data", marks=pytest.mark.slow)])
def test_every_hostile_global_at_once(replicated: Database, writer: str) -> None:
    """An ordinary account gets the same rows, whatever the server's global variables are; also with a binary log of statements."""
    with ordinary_account(replicated) as ordinary:
        ordinary.execute(*TABLES)
        expected = seed_verify_clean(ordinary, writer)
        with replicated.connection() as administrator:
            values = hostile_values(server_info(administrator).kind)
            if writer == "load-data":
                values["binlog_format"] = "MIXED"
            for name, value in sorted(values.items()):  # max_join_size before sql_big_selects, which it resets
                sql.execute(administrator, f"SET GLOBAL {name} = %s", value)
        assert seed_verify_clean(ordinary, writer) == expected
        if writer == "insert":  # replicas would run LOAD DATA themselves
            refused = ordinary.parloader("seed", "--table", "book", "--rows", "10", "--writer", "load-data", check=3)
            assert "binlog_format is STATEMENT" in refused.stderr
