"""Dask clusters for the tests: a real scheduler and real workers, each a process of its own, on loopback."""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dask
from distributed import Client
from support.servers import until

TESTS = Path(__file__).parent.parent


@dataclass(kw_only=True)
class DaskCluster:
    """A scheduler, and the workers that a test adds."""

    folder: Path
    scheduler: "subprocess.Popen[bytes]"
    client: Client
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "scheduler.json"

    @property
    def options(self) -> tuple[str, ...]:
        """What a command needs to run in this cluster."""
        return ("--scheduler-file", str(self.file))

    @property
    def addresses(self) -> dict[str, str]:
        """The workers of the scheduler, name → address."""
        return {str(worker["name"]): address for address, worker in self.client.scheduler_info(n_workers=-1)["workers"].items()}

    def add_workers(self, *names: str, options: tuple[str, ...] = (), environment: Mapping[str, str] | None = None) -> None:
        """Starts a worker of one thread for each name, without a nanny that would start it again. Waits until they have joined."""
        for name in names:
            given = ("--name", name, "--nthreads", "1", "--host", "127.0.0.1", "--no-nanny", "--no-dashboard", *options)
            self.workers.append(
                _start(self.folder, f"worker-{name}", "worker", "--scheduler-file", str(self.file), *given, **(environment or {}))
            )
        until(lambda: set(names) <= set(self.addresses), f"the workers {', '.join(names)} have joined")

    def logs(self) -> str:
        """What the scheduler and the workers have logged."""
        return "".join(file.read_text() for file in self.folder.glob("*.log"))


def _start(folder: Path, name: str, command: str, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + command, *arguments],
            env={**os.environ, "PYTHONPATH": str(TESTS), "POLARS_MAX_THREADS": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
        )


@contextmanager
def dask_cluster(folder: Path, scheme: str = "tcp") -> Iterator[DaskCluster]:
    """A scheduler without workers. With another scheme, the test sets what it needs in the environment."""
    file = folder / "scheduler.json"
    scheduler = _start(
        folder,
        "scheduler",
        "scheduler",
        "--protocol",
        scheme,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    )
    workers: list[subprocess.Popen[bytes]] = []
    try:
        until(lambda: _address(file), "the scheduler has written its address")
        dask.config.refresh()  # reads the environment again
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            yield DaskCluster(folder=folder, scheduler=scheduler, client=client, workers=workers)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _address(file: Path) -> Any:
    with contextlib.suppress(OSError, ValueError):
        return json.loads(file.read_text())["address"]
    return None


def occurrences(pattern: "re.Pattern[bytes]") -> int:
    """How often the pattern occurs in the memory of this process."""
    found = 0
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            addresses, permissions, *_, name = f"{line} ".split(" ")
            start, end = (int(address, 16) for address in addresses.split("-"))
            if permissions.startswith("rw") and name not in ("[vvar]", "[vsyscall]"):
                try:
                    memory.seek(start)
                    found += len(pattern.findall(memory.read(end - start)))
                except (OSError, OverflowError):  # a region that cannot be read
                    continue
    return found
