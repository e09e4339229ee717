"""The Dask cluster of a command: connects to its scheduler, or starts a cluster on this machine; and what its workers are."""

import asyncio
import json
import logging
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distributed import Client, Future, LocalCluster
from distributed.comm.core import connect
from distributed.security import Security
from distributed.versions import VersionMismatchWarning

from parloader import __version__
from parloader.database.target import Target, is_this_machine
from parloader.errors import ConnectError, ParloaderError, Refused, SchedulerLost, UsageError
from parloader.failures import traceback_wanted
from parloader.quantities import counted
from parloader.workers.dask_worker import IgnoreInterrupts, execute
from parloader.workers.execution import Credentials, Execution

CONNECT_SECONDS = 10

# A busy worker or scheduler answers within a second; one that is stopped or cut off never does
ANSWER_SECONDS = 10

TASKS_PER_SLOT = 4
"""So that fast and slow machines finish at about the same time."""

# How often Dask repeats a task that ends with an error of the worker process; errors of parloader are results
RETRIES = 2

ENCRYPTED_SCHEMES = ("tls", "wss")


@dataclass(frozen=True)
class Cluster:
    """The cluster, as a client of it sees it."""

    client: Client
    execution: Execution
    target: Target
    note: Callable[[str], None]
    unfit: set[str] = field(default_factory=set)
    """the addresses of workers that can run no task"""

    @property
    def scheduler_address(self) -> str:
        return str(self._described(workers=0)["address"])

    @property
    def workers(self) -> Mapping[str, Mapping[str, Any]]:
        """The workers by address, without those that can run no task."""
        workers = self._described(workers=-1)["workers"]
        return {address: worker for address, worker in workers.items() if address not in self.unfit}

    def _described(self, workers: int) -> Mapping[str, Any]:
        """How the scheduler describes itself and this many workers (-1: all). SchedulerLost: it is gone or hangs.

        Client.scheduler_info would wait forever for one that hangs, and leave out the workers if it is gone.
        """
        scheduler = self.client.scheduler
        if scheduler is None or self.client.status != "running":
            raise lost_scheduler("was lost")
        with scheduler_needed():
            described: Mapping[str, Any] = self.client.sync(scheduler.identity, n_workers=workers, callback_timeout=ANSWER_SECONDS)
        return described

    @property
    def slots(self) -> int:
        """How many tasks the workers run at the same time."""
        slots = sum(self._slots(worker) for worker in self.workers.values())
        return slots if self.execution.most_tasks is None else min(slots, self.execution.most_tasks)

    def _slots(self, worker: Mapping[str, Any]) -> int:
        """A thread runs one task, and each task occupies its resources."""
        has = worker["resources"]
        return int(min(worker["nthreads"], *(has.get(name, 0) // amount for name, amount in self.execution.resources.items()), 2**31))

    def submit(self, run: str, number: int, attempt: int, task: bytes) -> Future[Any]:
        """Has a worker run dask_worker.execute. Neither the key nor the arguments contain a secret: the scheduler shows them."""
        return self.client.submit(
            execute,
            __version__,
            self.client.id,
            run,
            number,
            task,
            self.execution.credentials is Credentials.WORKER,
            key=f"{run}-{number}-{attempt}",
            pure=False,
            retries=RETRIES,
            resources=dict(self.execution.resources) or None,
            workers=list(self.workers) if self.unfit else None,
            allow_other_workers=bool(self.unfit),
        )

    def exclude(self, address: str, failure: ParloaderError) -> bool:
        """Has other workers run the tasks of a worker that can run none. False: no other worker is left."""
        known = address in self.unfit
        self.unfit.add(address)
        others = bool(self.workers)
        if others and not known:
            self.note(f"{failure.message}; other workers run its tasks")
        return others

    @property
    def condition(self) -> str:
        """Which workers can run tasks, for messages; empty: all."""
        wanted = ", ".join(f"{name}={amount:g}" for name, amount in self.execution.resources.items())
        return f" (each task needs --resources {wanted})" if wanted else ""

    def require_same_version(self) -> None:
        """UsageError names the workers that do not have parloader, or have another version."""
        try:
            found = self.client.run(metadata.version, "parloader", on_error="return", callback_timeout=ANSWER_SECONDS)
        except TimeoutError:  # a worker hangs; each compares the versions again when it begins a task
            self.note(f"not every Dask worker answered within {ANSWER_SECONDS} s")
            return
        answers = {(_host(address), version) for address, version in found.items() if not isinstance(version, OSError)}
        wrong = {(host, "none" if isinstance(version, Exception) else version) for host, version in answers if version != __version__}
        if wrong:
            which = ", ".join(f"{host} has {version}" for host, version in sorted(wrong))
            raise UsageError(
                f"the Dask workers must have parloader {__version__}, as this command has: {which}",
                f"Install that version for the workers: pip install 'parloader[dask]=={__version__}'",
            )

    def refusal(self, worker: str) -> Refused | None:
        """Why a worker at this address must not begin a task."""
        if self.execution.credentials is not Credentials.WORKER and self.target.is_loopback() and not _is_here(worker):
            return Refused(
                f"the database is at {self.target.where}: to the Dask worker at {worker}, that is its own machine",
                "Use an address of the database that every worker can reach, or let the workers use their own: --credentials worker",
            )
        return self.exposure(worker)

    def exposure(self, address: str) -> Refused | None:
        """Why a worker or scheduler at this address must not get the password: it would be sent over a network without encryption."""
        if not self.target.password or self.execution.credentials is not Credentials.ENCRYPTED or _is_here(address):
            return None
        if urlsplit(address).scheme in ENCRYPTED_SCHEMES:
            return None
        return Refused(
            f"the password of the database would be sent without encryption to another machine, {address}",
            "Set up TLS in Dask, give the workers their own credentials (--credentials worker), or permit it: --credentials unencrypted",
        )


def lost_scheduler(how: str) -> SchedulerLost:
    return SchedulerLost(
        f"the connection to the Dask scheduler {how}",
        "The workers stop by themselves, and committed batches stay. When a scheduler runs, run the same command again: a seed or clean does only the rest",
    )


@contextmanager
def scheduler_needed() -> Iterator[None]:
    """SchedulerLost instead of the exceptions of Dask, if the scheduler is gone or does not answer in time."""
    try:
        yield
    except TimeoutError as error:
        raise lost_scheduler("hangs") from error
    except OSError as error:
        raise lost_scheduler("was lost") from error


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def _is_here(address: str) -> bool:
    return urlsplit(address).scheme == "inproc" or is_this_machine(_host(address))


@contextmanager
def connected(execution: Execution, procs: int, target: Target, note: Callable[[str], None]) -> Iterator[Cluster]:
    """The cluster that the options name; else one of `procs` workers on this machine, which ends with the block. ConnectError, UsageError.

    Refused: a worker cannot reach the target, or its password would be sent over a network without encryption.
    """
    _silence()
    with ExitStack() as stack:
        remote = execution.scheduler is not None or execution.scheduler_file is not None
        client = stack.enter_context(_remote(execution) if remote else _local(procs, note))
        cluster = Cluster(client, execution, target, note)
        for refusal in (cluster.exposure(cluster.scheduler_address), *map(cluster.refusal, cluster.workers)):
            if refusal:
                raise refusal
        cluster.require_same_version()
        yield cluster


def _silence() -> None:
    """Silences Dask's loggers, each of which has its own level, and its table of versions: whatever matters becomes an error of the command."""
    if not traceback_wanted():
        warnings.simplefilter("ignore", VersionMismatchWarning)
        for name in logging.root.manager.loggerDict:
            if name.split(".")[0] in ("distributed", "tornado"):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)


@contextmanager
def _local(procs: int, note: Callable[[str], None]) -> Iterator[Client]:
    """Encrypted and authenticated: otherwise every user of this machine could run code in the workers."""
    local = LocalCluster(
        n_workers=procs,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=Security.temporary(),
        env={"POLARS_MAX_THREADS": "1"},
        silence_logs=False,
    )
    with local, Client(local, set_as_default=False) as client:
        client.register_plugin(IgnoreInterrupts())
        if find_spec("bokeh") is None:
            note(f"started a Dask cluster of {counted(procs, 'worker')} on this machine (for its dashboard: pip install bokeh)")
        else:
            note(f"started a Dask cluster of {counted(procs, 'worker')} on this machine; its dashboard: {client.dashboard_link}")
        yield client


def _address_in(file: Path) -> str:
    """The address that the scheduler has written to this file. ConnectError: the file has none."""
    advice = "Name the file that the scheduler wrote (dask scheduler --scheduler-file FILE), and check that the scheduler is running"
    try:
        content = json.loads(file.read_text())
    except OSError as error:
        raise ConnectError(f"cannot read the Dask scheduler file {file}: {error.strerror}", advice) from error
    except ValueError:
        content = None
    address = content.get("address") if isinstance(content, dict) else None
    if not isinstance(address, str):
        raise ConnectError(f"{file} is not a Dask scheduler file: it is not a JSON object with an address", advice)
    return address


async def _handshake(address: str) -> None:
    """Connects once with a timeout, because Client would wait forever for a service that accepts connections but sends nothing."""
    comm = await connect(address, timeout=CONNECT_SECONDS, **Security().get_connection_args("client"))
    comm.abort()


def _connect_error(address: str, error: Exception) -> ParloaderError:
    if isinstance(error, ValueError) and not _is_complete(address):
        return UsageError(f"{address!r} is not the address of a Dask scheduler", "Write tcp://HOST:PORT or tls://HOST:PORT")
    advice = "Check the address (tls:// if the scheduler uses TLS, else tcp://), and that the scheduler is running"
    if isinstance(error, TimeoutError):
        reason = f"no Dask scheduler answered within {CONNECT_SECONDS} s"
    elif isinstance(error, ValueError | MemoryError) or any(map(_is_no_tls, _causes(error))):
        # unexpected first bytes; as a length, they are too large for the memory
        reason = "another program answered" + (", or a scheduler without TLS" if address.startswith("tls://") else "")
    elif isinstance(error, TypeError):  # no ssl_context
        reason, advice = (
            "no TLS certificates are configured",
            "Set distributed.comm.tls in Dask's configuration, for example in ~/.config/dask/tls.yaml",
        )
    else:
        reason = next(
            (cause.strerror for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror),
            str(error).partition("\n")[0],
        )
    return ConnectError(f"cannot connect to the Dask scheduler at {address}: {reason}", advice)


def _is_no_tls(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER"


def _is_complete(address: str) -> bool:
    """Whether it has a scheme of Dask's and a port."""
    try:
        return urlsplit(address).scheme in ("tcp", "tls", "ws", "wss") and urlsplit(address).port is not None
    except ValueError:
        return False


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it was raised from: the cause of a time-out is its first attempt's error."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextmanager
def _remote(execution: Execution) -> Iterator[Client]:
    address = execution.scheduler if execution.scheduler_file is None else _address_in(Path(execution.scheduler_file))
    try:
        asyncio.run(asyncio.wait_for(_handshake(str(address)), CONNECT_SECONDS + 1))  # connect gives up a little earlier, and knows why
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="parloader")
    except Exception as error:  # whatever a service that is no scheduler answers
        raise _connect_error(str(address), error) from error
    with client:
        yield client
