"""Where tasks run: in processes of this machine, or in the workers of a Dask cluster. Imports nothing large."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ExecutorName(StrEnum):
    """What runs the tasks."""

    LOCAL = "local"
    DASK = "dask"


class Credentials(StrEnum):
    """How the workers of a Dask cluster get the password of the database."""

    ENCRYPTED = "encrypted"  # it is sent to them over TLS or within this machine only
    WORKER = "worker"  # each has its own
    UNENCRYPTED = "unencrypted"  # it may also be sent without TLS


@dataclass(frozen=True, kw_only=True)
class Execution:
    """Where the tasks of a command run."""

    executor: ExecutorName = ExecutorName.LOCAL
    scheduler: str | None = None  # the address of Dask's scheduler; None and no file: a cluster on this machine is started
    scheduler_file: str | None = None  # the file to which it has written its address
    credentials: Credentials = Credentials.ENCRYPTED
    resources: Mapping[str, float] = field(default_factory=dict)  # those of a Dask worker that each task occupies
    most_tasks: int | None = None  # how many run in a Dask cluster at the same time; None: as many as its workers can run
