"""What a command knows of a Dask cluster, without one: to which addresses a password may cross, and how many tasks run at a time."""

import re
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import dask
import pytest
from distributed.versions import VersionMismatchWarning
from support.certificates import Authority

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
    assert "to the Dask worker at tls://192.0.2.7:1, that is its own machine" in refusal.message
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
    with pytest.raises(UsageError, match=rf"^{re.escape(repr(address))} is not the address of a Dask scheduler\."):
        connect(scheduler=address)


def test_packages_of_other_versions_are_not_mentioned() -> None:
    """Client warns of each, such as a numpy that only the command's machine has."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        with pytest.raises(UsageError):
            connect(scheduler="")
        warnings.warn("Mismatched versions found", VersionMismatchWarning, stacklevel=1)
    assert shown == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("tcp://127.0.0.1:0", "Connection refused|assign requested address|Timed out"),  # the last one: its last attempt was cut off
        ("tls://127.0.0.1:8786", "no TLS certificates are configured"),
    ],
)
def test_a_scheduler_that_cannot_be_reached(address: str, says: str) -> None:
    with pytest.raises(ConnectError, match=says):
        connect(scheduler=address)


@pytest.mark.parametrize(
    ("scheme", "says"), [("tcp", r"another program answered\."), ("tls", "another program answered, or a scheduler without TLS")]
)
def test_a_service_that_speaks_another_protocol(scheme: str, says: str, tmp_path: Path) -> None:
    """The first bytes of a database are a length that no memory can hold, and come before those of TLS."""
    authority = Authority(tmp_path)
    cert, key = authority.certify("127.0.0.1")
    settings = {"ca-file": str(authority.file), "client.cert": str(cert), "client.key": str(key)}
    tls = dask.config.set({f"distributed.comm.tls.{name}": value for name, value in settings.items()})
    with tls, socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:

        def greet() -> None:
            with suppress(OSError):  # the test is over, or the client has gone
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(ConnectionError):
                        connection.sendall(b"Y\0\0\0\x0a11.8.9-MariaDB" + bytes(range(64)))

        thread.submit(greet)
        try:
            with pytest.raises(ConnectError, match=rf"at {scheme}://127.0.0.1:\d+: {says}"):
                connect(scheduler=f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.usefixtures("impatient")
def test_a_service_that_is_no_scheduler() -> None:
    """Client itself waits forever for its first words."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(ConnectError, match="no Dask scheduler answered"),
    ):
        connect(scheduler=f"tcp://127.0.0.1:{silent.getsockname()[1]}")
