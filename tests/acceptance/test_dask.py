"""Commands whose tasks run in a Dask cluster, if nothing goes wrong. (Faults: tests/faults/test_dask.py.)"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from distributed.core import Status
from support.certificates import Authority
from support.dask import DaskCluster, dask_cluster
from support.faults import ordinary_account
from support.servers import Database, until

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", ["mariadb"], indirect=True)]


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


def test_bench_tries_as_many_tasks_as_the_workers_can_run(database: Database, cluster: DaskCluster) -> None:
    small = ("bench", "--rows", "300", "--rounds", "1", "--batch", "100", *cluster.options)
    assert "error: no worker of the Dask cluster can run a task. Start workers" in database.parloader(*small, check=2).stderr
    cluster.add_workers("a", "b", "c")
    result = json.loads(database.parloader(*small, "--json").stdout)
    assert {point["procs"] for point in result["points"]} == {1, 2, 3}
    assert all(point["rows_per_second"] > 0 for point in (*result["points"], *result["floor"]))
    refused = database.parloader(*small, "--procs", "4", check=2)
    assert "the Dask cluster runs 3 tasks at the same time, not 4" in refused.stderr
    assert database.rows("SHOW TABLES") == ()


def test_only_workers_with_the_resources_get_tasks(database: Database, cluster: DaskCluster) -> None:
    cluster.add_workers("without")
    process = database.process("seed", "--rows", "2000", "--batch", "100", "--resources", "DB=1", "--json", *cluster.options)
    errors = process.stderr
    assert errors
    until(lambda: "waiting: no worker of the Dask cluster can run a task (each task needs --resources DB=1)" in errors.readline(), "a note")
    cluster.add_workers("with", options=("--resources", "DB=1"))
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(json.loads(output)["workers"]) == 1


def test_a_worker_that_is_paused_gets_no_task(database: Database, cluster: DaskCluster) -> None:
    cluster.add_workers("a", "b")
    cluster.client.run(pause, workers=[cluster.addresses["a"]])
    done = database.parloader("seed", "--rows", "2000", "--batch", "100", "--json", *cluster.options)
    assert len(json.loads(done.stdout)["workers"]) == 1


def pause(dask_worker: Any) -> None:
    dask_worker.memory_manager.memory_pause_fraction = False  # otherwise the worker resumes as soon as it has looked at its memory
    dask_worker.status = Status.paused


def test_tls(database: Database, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Dask's own settings, here from the environment, are all that is needed."""
    folder = tmp_path_factory.mktemp("dask")
    authority = Authority(folder)
    cert, key = authority.certify("127.0.0.1")
    names = [f"{role}__{what}" for role in ("SCHEDULER", "WORKER", "CLIENT") for what in ("CERT", "KEY")]
    settings = {name: str(cert if name.endswith("CERT") else key) for name in names} | {"CA_FILE": str(authority.file)}
    environment = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": value for name, value in settings.items()}
    with pytest.MonkeyPatch.context() as patch, ordinary_account(database) as ordinary:
        for name, value in environment.items():
            patch.setenv(name, value)
        with dask_cluster(folder, scheme="tls") as cluster:
            cluster.add_workers("a")
            assert cluster.addresses["a"].startswith("tls://")
            process = ordinary.process("seed", "--rows", "1000", *cluster.options)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
