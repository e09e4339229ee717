"""Several hosts in one URL, on servers that are no cluster: they must be one server."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.faults import ordinary_account
from support.proxy import proxy
from support.servers import Database, TestServer, quiet

from parloader.database.private_server.server import PrivateServer
from parloader.database.target import Node, parse_url


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def with_nodes(database: Database, *nodes: Node) -> Database:
    return replace(database, target=replace(database.target.at(nodes[0]), others=nodes[1:]))


def test_addresses_of_one_server_are_one_database(database: Database, closed_port: int) -> None:
    with ordinary_account(database) as owned, proxy((owned.target.host, owned.target.port)) as other:
        node = Node(owned.target.host, owned.target.port)
        several = with_nodes(owned, Node("127.0.0.1", closed_port), Node("127.0.0.1", other.port), node)
        owned.execute("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)")
        done = several.parloader("seed", "--table", "t", "--rows", "300", "--batch", "100", "--procs", "3")
        assert done.stderr.count(f"no server listens at 127.0.0.1:{closed_port}; using the other hosts of the URL\n") == 1
        assert several.value("SELECT COUNT(*) FROM t") == 300


def test_hosts_that_do_not_answer_are_all_named(database: Database, closed_port: int) -> None:
    nodes = Node("127.0.0.1", closed_port), Node("localhost", closed_port)
    with ordinary_account(database) as owned:
        failed = with_nodes(owned, *nodes).parloader("status", check=4)
    assert f"no server listens at {nodes[0]}; no server listens at {nodes[1]}. Start it" in failed.stderr


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
@pytest.mark.parametrize("own_server", ["mariadb"], indirect=True)
def test_different_servers_are_refused(database: Database, own_server: PrivateServer, tmp_path: Path) -> None:
    """Also if the second one is not reached until the first is lost: nothing is written to it."""
    own_server.start(quiet, port=0)
    with ordinary_account(database) as owned:
        stranger = Database(TestServer("own", own_server.target), own_server.target, tmp_path)
        name, user = owned.target.database, owned.target.user
        stranger.execute(f"CREATE DATABASE {name}", f"CREATE USER {user}@'%%' IDENTIFIED BY 'pass'", f"GRANT ALL ON *.* TO {user}@'%%'")
        url = own_server.tcp_url()
        assert url
        elsewhere = parse_url(url)
        both = with_nodes(owned, Node(owned.target.host, owned.target.port), Node(elsewhere.host, elsewhere.port))
        for command in (("seed",), ("plan",), ("status",), ("verify",), ("clean", "--yes"), ("pause",), ("guard", "--forbid"), ("bench",)):
            refused = both.parloader(*command, check=3)
            assert "are different servers, and no nodes of a Galera cluster. Name one server in --url" in refused.stderr
        assert database.rows("SHOW TABLES") == ()
        assert stranger.rows(f"SHOW TABLES IN {name}") == ()
    own_server.stop()
