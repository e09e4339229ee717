"""What a command knows of a Dask cluster, without one: to which addresses a password may cross, and how many tasks run at a time."""

import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from parloader.database.target import Target
from parloader.errors import ConnectError, UsageError
from parloader.workers import dask_cluster
from parloader.workers.dask_cluster import Cluster, connected
from parloader.workers.execution import Credentials, Execution, ExecutorName

FAR = Target(user="ann", password="s3cret", host="192.0.2.1", database="shop")

SOCKET = Target(user="ann", unix_socket="/run/mysqld.sock", database="shop")

LOOPBACK = Target(user="ann", host="127.0.0.1", database="shop")


def connect(**options: Any) -> None:
    with connected(Execution(executor=ExecutorName.DASK, **options), 1, LOOPBACK, lambda _: None):
        pass


def cluster(*workers: dict[str, Any], target: Target = FAR, **options: Any) -> Cluster:
    client = Mock(status="running")
    client.sync.return_value = {"workers": {f"tcp://w{number}:1": worker for number, worker in enumerate(workers)}}
    return Cluster(client, Execution(executor=ExecutorName.DASK, **options), target, print)


@pytest.mark.parametrize(
    ("address", "exposed"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", False),
        ("tls://192.0.2.7:8786", False),
        ("tcp://192.0.2.7:8786", True),
        ("ws://192.0.2.7:8786", True),
        ("ucx://192.0.2.7:8786", True),
    ],
)
def test_a_password_crosses_encrypted_or_within_this_machine(address: str, exposed: bool) -> None:
    assert bool(cluster().exposure(address)) is exposed
    assert bool(cluster().refusal(address)) is exposed
    assert cluster(target=replace(FAR, password="")).refusal(address) is None
    for credentials in (Credentials.WORKER, Credentials.UNENCRYPTED):
        assert cluster(credentials=credentials).refusal(address) is None


@pytest.mark.parametrize("target", [SOCKET, LOOPBACK])
def test_a_worker_of_another_machine_cannot_reach_a_server_of_this_one(target: Target) -> None:
    refusal = cluster(target=target).refusal("tls://192.0.2.7:1")
    assert refusal
    assert "which for the Dask worker at tls://192.0.2.7:1 is its own machine" in refusal.message
    assert cluster(target=target).refusal("tls://127.0.0.1:1") is None
    assert cluster(target=target, credentials=Credentials.WORKER).refusal("tls://192.0.2.7:1") is None


def worker(threads: int, **resources: float) -> dict[str, Any]:
    return {"nthreads": threads, "resources": resources}


@pytest.mark.parametrize(
    ("workers", "options", "slots"),
    [
        ((), {}, 0),
        ((worker(2), worker(3)), {}, 5),
        ((worker(2), worker(3)), {"most_tasks": 4}, 4),
        ((worker(4, DB=2), worker(1, DB=5), worker(8)), {"resources": {"DB": 1.0}}, 3),
        ((worker(4, DB=3),), {"resources": {"DB": 2.0}}, 1),
    ],
)
def test_slots(workers: tuple[dict[str, Any], ...], options: dict[str, Any], slots: int) -> None:
    assert cluster(*workers, **options).slots == slots


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot read the Dask scheduler file .*: No such file or directory"),
        (b"", "is not a Dask scheduler file"),
        (b"root:x:0:0\n", "is not a Dask scheduler file"),
        (b"\xff\xfe", "is not a Dask scheduler file"),
        (b"[]", "is not a Dask scheduler file"),
        (b'{"address": 8786}', "is not a Dask scheduler file"),
        (b'{"id": "Scheduler-1"}', "is not a Dask scheduler file"),
    ],
)
def test_a_scheduler_file_without_an_address(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConnectError, match=says):
        connect(scheduler_file=str(file))


def test_a_folder_is_no_scheduler_file(tmp_path: Path) -> None:
    with pytest.raises(ConnectError, match="Is a directory"):
        connect(scheduler_file=str(tmp_path))


@pytest.mark.parametrize(
    "address", ["", "8786", "tcp://127.0.0.1", "http://127.0.0.1:8786", "tcp://here:port", "tcp://[::1:8786", "inproc://x"]
)
def test_what_is_no_address_of_a_scheduler(address: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(repr(address))} is not the address of a Dask scheduler: "):
        connect(scheduler=address)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://127.0.0.1:0", "Connection refused|assign requested address"),
        ("tls://127.0.0.1:8786", "no TLS certificates are set up"),
    ],
)
def test_a_scheduler_that_cannot_be_reached(address: str, says: str) -> None:
    with pytest.raises(ConnectError, match=says):
        connect(scheduler=address)


@pytest.mark.usefixtures("impatient")
def test_a_service_that_is_no_scheduler() -> None:
    """Client itself waits forever for its first words."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ConnectError, match="nothing that speaks Dask's protocol answered"),
    ):
        connect(scheduler=f"tcp://127.0.0.1:{silent.getsockname()[1]}")
