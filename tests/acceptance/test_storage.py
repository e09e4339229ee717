"""Tables that are stored or indexed in a way of their own: in another folder, with a vector index."""

from dataclasses import replace
from pathlib import Path

import pytest
from schemas_trial import state
from support.servers import NEWER_MARIADB, Database, TestServer, on_mariadb_11_8_too, quiet

from parloader.database.private_server.server import PrivateServer


def round_trip(database: Database, table: str) -> None:
    """Seeds the table with several workers, verifies and cleans it; all is as before then."""
    before = state(database.target)
    database.parloader("seed", "--table", table, "--rows", "600", "--procs", "2", "--batch", "100")
    database.parloader("verify", "--procs", "2")
    assert database.value(f"SELECT COUNT(*) FROM {table}") == 600
    database.parloader("clean", "--yes", "--procs", "2")
    assert state(database.target) == before


@pytest.mark.slow
def test_data_directory(own_server: PrivateServer, short_folder: Path) -> None:
    """MySQL uses only folders that it was told of when it started."""
    folder = short_folder / "elsewhere"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    kind = str(own_server.kinds[0]).lower()
    options = (f"--innodb-directories={folder}",) if kind == "mysql" else ()
    with replace(own_server, options=(*own_server.options, *options)).in_use(quiet, port=0) as server:
        database = Database(TestServer(kind, server.target), server.target, short_folder)
        database.execute(f"CREATE TABLE elsewhere (id INT AUTO_INCREMENT PRIMARY KEY, n INT) DATA DIRECTORY='{folder}'")
        assert [*folder.rglob("elsewhere*.ibd")]
        round_trip(database, "elsewhere")


@pytest.mark.slow
@on_mariadb_11_8_too("server")
def test_vector_index(database: Database) -> None:
    """MariaDB has it since 11.7."""
    if database.server.kind == "mysql" or str(database.value("SELECT VERSION()")).startswith("10."):
        pytest.skip(f"only {NEWER_MARIADB} has vector indexes")
    database.execute("CREATE TABLE picture (id CHAR(36) PRIMARY KEY, v VECTOR(8) NOT NULL, w VECTOR(1536), VECTOR INDEX (v))")
    round_trip(database, "picture")
