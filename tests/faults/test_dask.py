"""Faults of a Dask cluster: workers and schedulers that end, join late or run a task twice, and commands that are killed. Nothing is lost or doubled."""

from collections.abc import Iterator

import pytest
from support.dask import DaskCluster, dask_cluster
from support.loads import Plan, halted, proven, started
from support.servers import Database, slow_on_mysql


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A cluster of two workers, for tests that leave them alive."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.add_workers("a", "b")
        yield cluster


@pytest.fixture
def mortal_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A cluster that only this test uses."""
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


LOCAL = Plan(max_rate=None)
"""The same rows, by processes of this machine."""


def in_cluster(cluster: DaskCluster, *options: str) -> Plan:
    return Plan(more=(*cluster.options, *options))


@slow_on_mysql("server")
def test_workers_that_come_and_go(database: Database, mortal_cluster: DaskCluster) -> None:
    cluster = mortal_cluster
    cluster.add_workers("killed", "retired")
    load = started(database, in_cluster(cluster))
    with halted(load):
        cluster.workers[0].kill()
        cluster.add_workers("late")
        cluster.client.retire_workers([cluster.addresses["retired"]])
    ended = load.ends(0, "stopped working on script_execution, rows")
    assert {worker["host"] for worker in ended.workers} != {""}
    proven(load, again=LOCAL)
