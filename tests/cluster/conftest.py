"""Galera clusters, and a database on one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cluster import Cluster, database_on, missing, temporary_cluster
from support.loads import end_all
from support.servers import Database


def cluster_of(size: int) -> Iterator[Cluster]:
    if lacking := missing():
        pytest.skip(f"no Galera cluster: it needs {lacking}")
    with temporary_cluster(size) as running:
        yield running


@pytest.fixture(scope="session")
def three_nodes() -> Iterator[Cluster]:
    yield from cluster_of(3)


@pytest.fixture(scope="session")
def two_nodes() -> Iterator[Cluster]:
    yield from cluster_of(2)


@pytest.fixture
def cluster(three_nodes: Cluster) -> Iterator[Cluster]:
    """Three nodes, which the test may break."""
    three_nodes.start()
    yield three_nodes
    end_all()
    for node in three_nodes.nodes:
        three_nodes.resume(node.number)
    three_nodes.start()


@pytest.fixture
def database(cluster: Cluster, tmp_path: Path) -> Database:
    """A new database, reached through all nodes."""
    return database_on(cluster, tmp_path)


@pytest.fixture
def on_two_nodes(two_nodes: Cluster, tmp_path: Path) -> Iterator[Database]:
    yield database_on(two_nodes, tmp_path)
    end_all()
