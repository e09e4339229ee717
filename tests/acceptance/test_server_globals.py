"""A whole run on a server whose global variables would do harm to every session that takes them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.faults import settings
from support.servers import Database, TestServer, everything, loaded, quiet, running, until

from parloader.database.private_server.server import PrivateServer


@pytest.fixture
def own(own_server: PrivateServer, tmp_path: Path) -> Iterator[Database]:
    """An empty database on a server whose variables only this test changes."""
    own_server.start(quiet)
    yield Database(TestServer("own", own_server.target), own_server.target, tmp_path)
    own_server.stop()


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


def test_each_of_the_others(own: Database) -> None:
    own.execute(
        "CREATE TABLE shelf (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40) NOT NULL) ENGINE=InnoDB",
        "CREATE TABLE book (isbn CHAR(13) NOT NULL PRIMARY KEY, shelf_id INT UNSIGNED NOT NULL, "
        "FOREIGN KEY (shelf_id) REFERENCES shelf (id)) ENGINE=InnoDB",
    )
    before = everything(own)
    harmful: tuple[dict[str, object], ...] = (
        {"sql_select_limit": 0},
        {"autocommit": 0},
        {"completion_type": "CHAIN"},
        {"completion_type": "RELEASE"},
        {"max_join_size": 1, "sql_big_selects": 0},
    )
    for variables in harmful:
        with settings(own.server, **variables):
            own.parloader("seed", "--table", "book", "--rows", "600", "--batch", "100", "--procs", "1")
            assert own.value("SELECT COUNT(*) FROM book") == 600, variables
            own.parloader("verify")
            own.parloader("clean", "--yes", "--procs", "1")
            assert everything(own) == before, variables
