"""Faults of a Dask cluster: workers and schedulers that end, join late or run a task twice, and commands that are killed. Nothing is lost or doubled."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from distributed import Client
from support.dask import DaskCluster, dask_cluster
from support.faults import signalled
from support.loads import TABLE, Plan, found, halted, has_committed, launched, proven, started
from support.servers import Database, slow_on_mysql, until

from parloader.database import sql
from parloader.database.target import Target
from parloader.workers import dask_cluster as dask_cluster_module
from parloader.workers.dask_cluster import connected
from parloader.workers.execution import Execution, ExecutorName


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


@slow_on_mysql("server")
def test_every_task_twice_at_the_same_time(database: Database, shared: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each task has a twin from the beginning, so executions overtake each other again and again."""
    submit, twins = Client.submit, list[Any]()

    def submit_twice(client: Client, *arguments: Any, key: str, **options: Any) -> Any:
        future = submit(client, *arguments, key=key, **options)
        if len(twins) < 8:  # otherwise twins of repeated tasks would overtake each other for long
            twins.append(submit(client, *arguments, key=f"{key}-twin", **options))
        return future

    monkeypatch.setattr(Client, "submit", submit_twice)
    seed = Plan(rows=20_000, max_rate=None, batch=500)
    database.parloader(*seed.command, *shared.options)
    assert len(twins) == 8
    rows = found(database, seed)
    assert (rows.lost(seed), rows.doubled, rows.half_batches) == (0, 0, 0)
    verified = database.parloader("verify", "--json", *shared.options)
    assert json.loads(verified.stdout)["runs"][0]["checked"] == 20_321
    database.parloader("clean", "--yes", *shared.options)
    assert database.rows("SHOW TABLES") == ()


@slow_on_mysql("server")
def test_the_scheduler_is_killed(database: Database, mortal_cluster: DaskCluster) -> None:
    cluster = mortal_cluster
    cluster.add_workers("a", "b")
    load = started(database, in_cluster(cluster))
    cluster.scheduler.kill()
    load.ends(4, "error: the connection to the Dask scheduler was lost", "run the same command again")
    proven(load, again=LOCAL)


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
@pytest.mark.parametrize(
    ("number", "how"),
    [(signal.SIGKILL, "was lost"), pytest.param(signal.SIGSTOP, "hangs", marks=pytest.mark.slow)],
    ids=["killed", "stopped"],
)
def test_the_scheduler_is_gone_before_the_first_task(
    database: Database, mortal_cluster: DaskCluster, number: signal.Signals, how: str
) -> None:
    cluster = mortal_cluster
    database.parloader(*LOCAL.command)
    database.parloader("pause")
    load = launched(database, LOCAL, command=("clean", "--yes", *cluster.options))
    errors = load.process.stderr
    assert errors
    until(lambda: "waiting: paused" in errors.readline(), "a note")
    cluster.scheduler.send_signal(number)
    database.parloader("resume")
    load.ends(4, f"error: the connection to the Dask scheduler {how}", "run the same command again")
    proven(load, again=LOCAL)


@slow_on_mysql("server")
def test_the_command_is_killed(database: Database, shared: DaskCluster) -> None:
    load = started(database, in_cluster(shared))
    load.process.kill()
    load.ends(-signal.SIGKILL)
    proven(load, again=LOCAL)


@pytest.mark.slow
def test_the_command_is_paused_and_then_interrupted(database: Database, shared: DaskCluster) -> None:
    load = started(database, in_cluster(shared))
    database.parloader("pause")
    idle = "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND command = 'Sleep' AND time > 2"
    until(lambda: database.value(idle) == 2, "both workers wait")
    database.parloader("resume")
    assert has_committed(load, found(database, load.plan).in_ledger + 100)
    load.process.send_signal(signal.SIGINT)
    load.ends(130, "each committed once")
    proven(load, again=LOCAL)


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_workers_that_can_run_no_task(database: Database, mortal_cluster: DaskCluster) -> None:
    """One cannot reach the database, since its own credentials are for a server that does not exist; one has another version."""
    url = f"mysql://nobody@127.0.0.1:1/{database.target.database}"
    mortal_cluster.add_workers("lost", environment={"PARLOADER_URL": url})
    seed = (
        "seed",
        "--rows",
        "2000",
        "--batch",
        "100",
        "--retry-seconds",
        "0",
        "--credentials",
        "worker",
        "--json",
        *mortal_cluster.options,
    )
    says = rf"Dask worker on {socket.gethostname()}: the worker could not connect.*127\.0\.0\.1:1"
    assert re.search(f"error: {says}", database.parloader(*seed, check=4).stderr)
    mortal_cluster.add_workers("other", environment={"PARLOADER_URL": database.url})
    done = database.parloader(*seed)
    assert len(re.findall(f"{says}.*; other workers run its tasks", done.stderr)) == 1
    assert len(json.loads(done.stdout)["workers"]) == 1
    (mortal_cluster.folder / "other_version.py").write_text("import importlib.metadata as m; m.version = lambda _: '0.1.9'")
    mortal_cluster.add_workers("old", options=("--preload", "other_version.py"))
    refused = database.parloader(*seed, "--new-run", check=2)
    assert re.search("the Dask workers must have parloader.*127.0.0.1 has 0.1.9", refused.stderr)


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_worker_that_may_not_log_in(database: Database, mortal_cluster: DaskCluster) -> None:
    """The advice is about the worker's own credentials, not about the command's."""
    mortal_cluster.add_workers("stranger", environment={"PARLOADER_URL": re.sub("//[^@]*@", "//nobody:wrong@", database.url)})
    refused = database.parloader("seed", "--rows", "2000", "--credentials", "worker", *mortal_cluster.options, check=4)
    assert re.search(
        "error: Dask worker on .* refuses the login of nobody.* With --credentials worker, the login of each worker", refused.stderr
    )


@pytest.mark.parametrize(("server", "own_server"), [("mariadb", "mariadb")], indirect=True)
def test_a_worker_compares_nothing_with_another_database_of_the_same_name(
    database: Database, mortal: Database, mortal_cluster: DaskCluster
) -> None:
    """Otherwise verify would call rows right that only the other server has."""
    other = replace(mortal, target=replace(mortal.target, database=database.target.database))
    with mortal.server.connection() as admin:
        sql.execute(admin, f"CREATE DATABASE {sql.quote(other.target.database)}")
    other.parloader(*LOCAL.command)
    until(lambda: other.value("SELECT started_at < UTC_TIMESTAMP() FROM parloader_run"), "the runs begin in different seconds")
    database.parloader(*LOCAL.command)
    database.execute(f"DELETE FROM {TABLE} WHERE id > 10")
    mortal_cluster.add_workers("elsewhere", environment={"PARLOADER_URL": other.url})
    verify = ("verify", "--credentials", "worker", *mortal_cluster.options)
    assert "has no run 1 of" in database.parloader(*verify, check=2).stderr
    mortal_cluster.add_workers("here", environment={"PARLOADER_URL": database.url})
    assert f"{LOCAL.rows - 10:,} missing" in database.parloader(*verify, check=1).stderr


def test_a_worker_that_hangs_does_not_stop_the_command(mortal_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster_module, "ANSWER_SECONDS", 1)
    mortal_cluster.add_workers("hanging")
    mortal_cluster.workers[0].send_signal(signal.SIGSTOP)
    execution = Execution(executor=ExecutorName.DASK, scheduler_file=str(mortal_cluster.file))
    notes: list[str] = []
    with connected(execution, 1, Target(user="ann", host="127.0.0.1", database="shop"), notes.append):
        assert notes == ["not every Dask worker answered within 1 s"]


@pytest.mark.slow
@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_ctrl_c_in_a_cluster_that_the_command_has_started(database: Database) -> None:
    """In a terminal, it reaches the workers as well."""
    load = started(database, Plan(more=("--executor", "dask")))
    for process in load.family():
        signalled(process, signal.SIGINT)
    load.ends(130, "started a Dask cluster of 2 workers on this machine", "each committed once")
    proven(load, again=LOCAL)
