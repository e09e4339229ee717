from dataclasses import replace
from pathlib import Path

import pytest
from support.servers import Database

from parloader.database import sql, temporary_databases
from parloader.database.target import Target
from parloader.errors import ConnectError, Forbidden, ParloaderError, RemoteHost, ServerStartError, UsageError
from parloader.testing.server import Settings, running_server


def databases(database: Database) -> set[str]:
    with database.connection() as connection:
        return {name for (name,) in sql.rows(connection, "SHOW DATABASES") if temporary_databases.RUN.search(name)}


def test_databases_are_dropped_at_the_end(database: Database) -> None:
    with running_server(Settings(url=database.url, worker="gw7")) as server:
        assert (server.kind.lower(), server.private) == (database.server.kind, None)
        with server.database() as first, server.database() as second:
            assert first.name.endswith("_gw7")
            assert second.name.endswith("_gw7_2")
            first.run_script("CREATE TABLE t (id INT); CREATE TABLE u (id INT)")
            assert first.tables() == {"t", "u"}
            assert not second.tables()
            with database.connection() as other:  # as frameworks do
                sql.execute(other, f"CREATE DATABASE test_{first.name}")
        assert {name.removeprefix("test_") for name in databases(database)} == {first.name}
    assert databases(database) == set()


def test_the_database_of_the_url_need_not_exist(database: Database) -> None:
    url = database.url.replace(database.target.database, "no_such_database")
    with running_server(Settings(url=url)) as server, server.database() as created:
        assert not created.tables()


def test_a_database_with_the_marker_forbids_it(database: Database) -> None:
    database.parloader("guard", "--forbid")
    with pytest.raises(Forbidden, match="forbids parloader to write"), running_server(Settings(url=database.url)):
        pass


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (Settings(kind="oracle"), UsageError, "'oracle' is not a server for tests"),
        (Settings(url="mysql://root@127.0.0.1:9/shop"), ConnectError, "no server listens at 127.0.0.1:9"),
        (Settings(url="mysql://root@192.0.2.1/shop"), RemoteHost, "192.0.2.1 is not this machine"),
        (Settings(url="postgres://root@h/shop"), UsageError, "the URL is for postgres"),
        (Settings(url="mysql://h"), UsageError, "the URL names no database"),
        (Settings(home=Path("/dev/null")), ServerStartError, "cannot create the folder /dev/null"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_server_that_cannot_be_used(settings: Settings, error: type[ParloaderError], message: str) -> None:
    with pytest.raises(error, match=message), running_server(settings):
        pass


def test_a_remote_host_can_be_allowed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "is_local", lambda _: False)
    remote = Settings(url=database.url)
    with pytest.raises(RemoteHost), running_server(remote):
        pass
    with running_server(replace(remote, allow_remote=(database.target.host,))) as server, server.database() as created:
        assert created.allow_remote == (database.target.host,)
