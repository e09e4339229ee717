"""A Dask cluster of real processes on loopback: `dask scheduler` and `dask worker`."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from distributed import Client

LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")

PATIENCE_SECONDS = 60

DASK = (str(Path(sys.executable).parent / "dask"),)


@dataclass(frozen=True)
class DaskProcesses:
    """A running cluster. `scheduler_file` names its address."""

    scheduler_file: Path
    processes: tuple["subprocess.Popen[bytes]", ...]

    def cpu_seconds(self) -> float:
        """CPU time of the scheduler, the workers and their nannies so far."""
        parents = [psutil.Process(process.pid) for process in self.processes]
        times = [process.cpu_times() for parent in parents for process in (parent, *parent.children(recursive=True))]
        return sum(t.user + t.system for t in times)


@contextmanager
def dask_processes(folder: Path, workers: int, *options: str) -> Iterator[DaskProcesses]:
    """A scheduler and `workers` worker processes of one thread each, which end with the block. `options`: of `dask worker`."""
    scheduler_file = folder / f"scheduler-{workers}.json"
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    named = f"--scheduler-file={scheduler_file}"
    with ExitStack() as stack:
        scheduler = stack.enter_context(started([*DASK, "scheduler", *LOOPBACK, "--port", "0", named], folder, environment))
        many = ("--nthreads", "1", "--nworkers", str(workers), "--local-directory", str(folder), "--death-timeout", str(PATIENCE_SECONDS))
        worker = stack.enter_context(started([*DASK, "worker", *LOOPBACK, named, *many, *options], folder, environment))
        with Client(scheduler_file=str(scheduler_file), timeout=PATIENCE_SECONDS) as client:  # waits for the file
            client.wait_for_workers(workers, timeout=PATIENCE_SECONDS)
        yield DaskProcesses(scheduler_file, (scheduler, worker))


@contextmanager
def started(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """The process, which is told to end after the block. Its output goes to the end of a file in the folder."""
    with open(folder / "dask.log", "ab") as log, subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.terminate()


def free_port() -> int:
    """A TCP port of loopback that no program uses now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
