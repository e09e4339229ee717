"""--max-lag: seed waits while a real replica is behind, stopped or gone."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from support.servers import (
    DURABLE_OPTIONS,
    Command,
    Database,
    TestServer,
    killed,
    loaded,
    private_server,
    quiet,
    running,
    slow_on_mysql,
    until,
)

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.private_server.server import PrivateServer
from parloader.database.server_status import lag_seconds
from parloader.database.session import connected
from parloader.database.target import Target, parse_url

ROWS = 4000

SEED = ("seed", "--rows", str(ROWS), "--procs", "2", "--batch", "200", "--max-rate", "1000", "--max-lag", "1")

SECRET = "r3plica"


@dataclass
class Pair:
    """A server and its replica, which an account with a password may ask."""

    kind: str
    source: Database
    replica_server: PrivateServer
    replica: Target

    @property
    def replica_url(self) -> str:
        return f"mysql://watcher:{SECRET}@localhost/parloader?unix_socket={self.replica.unix_socket}"

    def say(self, connection: Connection, mysql: str, mariadb: str) -> None:
        sql.execute(connection, mysql if self.kind == "mysql" else mariadb)

    def replicating(self, what: str) -> None:
        """`what`: START or STOP."""
        with connected(self.replica) as connection:
            self.say(connection, f"{what} REPLICA SQL_THREAD", f"{what} SLAVE SQL_THREAD")

    def lag(self) -> float | None:
        with connected(self.replica) as connection:
            return lag_seconds(connection, self.replica)

    def replicate(self, source: PrivateServer) -> None:
        """Makes the one a replica of the other, from now on."""
        url = parse_url(str(source.tcp_url()))
        with connected(source.target) as connection:
            statement = "SHOW BINARY LOG STATUS" if self.kind == "mysql" else "SHOW MASTER STATUS"
            file, position = sql.row(connection, statement)[:2]
        with connected(self.replica) as connection:
            sql.execute(connection, "CREATE USER watcher@localhost IDENTIFIED BY %s", SECRET)
            sql.execute(connection, "GRANT ALL ON parloader.* TO watcher@localhost")
            self.say(
                connection,
                f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{url.host}', SOURCE_PORT={url.port}, SOURCE_USER='{url.user}', SOURCE_PASSWORD='{url.password}', "
                f"SOURCE_LOG_FILE='{file}', SOURCE_LOG_POS={position}, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1",
                f"CHANGE MASTER TO MASTER_HOST='{url.host}', MASTER_PORT={url.port}, MASTER_USER='{url.user}', MASTER_PASSWORD='{url.password}', "
                f"MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}, MASTER_CONNECT_RETRY=1",
            )
            self.say(connection, "START REPLICA", "START SLAVE")

    def grant(self) -> None:
        with connected(self.replica) as connection:
            self.say(
                connection, "GRANT REPLICATION CLIENT ON *.* TO watcher@localhost", "GRANT REPLICA MONITOR ON *.* TO watcher@localhost"
            )


@pytest.fixture(params=["mariadb", "mysql"])
def pair(request: pytest.FixtureRequest, bootstrapped: Callable[[str], Path], tmp_path: Path) -> Iterator[Pair]:
    kind = request.param

    def server(number: int) -> PrivateServer:
        home = tmp_path / f"s{number}"
        shutil.copytree(bootstrapped(kind), home, ignore=shutil.ignore_patterns("socket*", "auto.cnf", "pid", "*.lock", "ibtmp*"))
        options = (*DURABLE_OPTIONS, f"--server-id={number}", "--log-bin=log", "--binlog-format=ROW", "--relay-log=relay")
        return replace(private_server(home, kind), options=options)

    source, replica = server(1), server(2)
    with ExitStack() as stack:
        for each in (source, replica):
            stack.callback(killed, each.home)
            each.start(quiet, port=0)
        found = Pair(kind, Database(TestServer(kind, source.target), source.target, tmp_path), replica, replica.target)
        found.replicate(source)
        until(lambda: found.lag() == 0, "it replicates")
        yield found


def goes_on(pair: Pair, seed: Command) -> None:
    assert seed.ended() == 0, seed.said
    assert SECRET not in seed.said
    pair.source.parloader("verify")


@pytest.mark.slow
def test_it_waits_while_the_replica_is_behind(pair: Pair) -> None:
    refused = pair.source.parloader(*SEED, "--replica-url", pair.replica_url, check=3).stderr
    assert "REPLICATION CLIENT" in refused
    assert SECRET not in refused
    pair.grant()
    with running(pair.source, *SEED, "--replica-url", pair.replica_url) as seed:
        until(lambda: loaded(pair.source) > 0, "some batches are committed")
        until(lambda: pair.lag() == 0, "the replica has followed")
        with connected(pair.replica) as reader:
            sql.execute(reader, "LOCK TABLES script_execution READ")  # a long read: what comes from the source waits
            seed.says(" is behind by ")
            assert "above 1\n" in seed.said
            assert loaded(pair.source) < ROWS
            sql.execute(reader, "UNLOCK TABLES")
        seed.says("resumed")
        goes_on(pair, seed)


def test_it_waits_while_the_replica_is_stopped_or_gone(pair: Pair) -> None:
    pair.grant()
    refused = pair.source.parloader(*SEED, "--replica-url", pair.replica_url.replace(SECRET, "wr0ng"), check=4).stderr
    assert "refuses the login of watcher" in refused
    assert "wr0ng" not in refused
    pair.replicating("STOP")
    with running(pair.source, *SEED, "--replica-url", pair.replica_url) as seed:
        seed.says(" does not replicate (stopped")
        assert pair.source.rows("SHOW TABLES") == ()
        family = [psutil.Process(seed.process.pid), *psutil.Process(seed.process.pid).children(recursive=True)]
        assert len(family) >= 2  # the command, and what its workers are forked from
        assert all(SECRET not in " ".join(process.cmdline()) for process in family)
        pair.replicating("START")
        until(lambda: loaded(pair.source) > 0, "it goes on")
        pair.replica_server.stop()
        # MySQL stops replicating, and says so, before it stops answering
        until(lambda: seed.said.count("waiting: the replica") == 2, "it waits again")
        assert loaded(pair.source) < ROWS
        pair.replica_server.start(quiet, port=0)
        goes_on(pair, seed)


@slow_on_mysql("pair")
def test_a_target_that_is_a_replica_is_watched_itself(pair: Pair) -> None:
    own = Database(TestServer(pair.kind, pair.replica), replace(pair.replica, database="parloader"), pair.source.folder)
    pair.replicating("STOP")
    with running(own, *SEED) as seed:
        seed.says(" does not replicate (stopped")
        pair.replicating("START")
        assert seed.ended() == 0, seed.said
    own.parloader("verify")
