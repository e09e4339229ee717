"""Options that say where tasks run: --executor, --scheduler, --credentials … Imports nothing large."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import click
from click.core import ParameterSource

from parloader.cli.file_types import FileName
from parloader.cli.option_groups import CLUSTER, collect, option_group
from parloader.errors import UsageError
from parloader.workers.execution import Credentials, Execution, ExecutorName


def _resources(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, float]:
    resources = {}
    for pair in pairs:
        name, _equals, text = pair.rpartition("=")
        if not name.strip() or not text.isdecimal() or not 0 < int(text) < 2**31:
            raise click.BadParameter(f"{pair!r} is not NAME=NUMBER, for example DB=1")
        resources[name.strip()] = float(text)
    return resources


_executor_options = option_group(
    CLUSTER.option(
        "--executor",
        type=click.Choice([str(name) for name in ExecutorName]),
        envvar="PARLOADER_EXECUTOR",
        help="Where the workers run: as processes on this machine, or in a Dask cluster.  [default: local; dask with --scheduler]",
    ),
    CLUSTER.option(
        "--scheduler",
        metavar="ADDRESS",
        envvar="PARLOADER_SCHEDULER",
        help="Scheduler of the Dask cluster, for example tcp://host:8786 or tls://host:8786.  [default: a new cluster on this machine]",
    ),
    CLUSTER.option(
        "--scheduler-file",
        metavar="FILE",
        type=FileName(),
        envvar="PARLOADER_SCHEDULER_FILE",
        help="File to which the scheduler has written its address (dask scheduler --scheduler-file).",
    ),
    CLUSTER.option(
        "--credentials",
        type=click.Choice([str(name) for name in Credentials]),
        default=str(Credentials.ENCRYPTED),
        show_default=True,
        envvar="PARLOADER_CREDENTIALS",
        help="How Dask workers get the password. encrypted: from this command, over TLS or within this machine only; worker: from their own "
        "PARLOADER_URL or ~/.my.cnf; unencrypted: from this command, also without TLS.",
    ),
    CLUSTER.option(
        "--resources",
        metavar="NAME=NUMBER",
        multiple=True,
        callback=_resources,
        envvar="PARLOADER_RESOURCES",
        help="Resource that each task occupies of a Dask worker started with --resources, for example DB=1. Repeatable.",
    ),
)


DEFAULTS: dict[str, Any] = {
    "executor": None,
    "scheduler": None,
    "scheduler_file": None,
    "credentials": str(Credentials.ENCRYPTED),
    "resources": {},
}


@dataclass(frozen=True, kw_only=True)
class ExecutorOptions:
    """The values of the options, as given."""

    executor: str | None
    scheduler: str | None
    scheduler_file: str | None
    credentials: str
    resources: dict[str, float]

    def without_overridden(self, context: click.Context) -> "ExecutorOptions":
        """Without variables and settings that an option of the command line contradicts."""
        typed = {field.name for field in fields(self) if context.get_parameter_source(field.name) is ParameterSource.COMMANDLINE}
        overridden: set[str] = set()
        if "executor" in typed and self.executor == ExecutorName.LOCAL:
            overridden = {"scheduler", "scheduler_file", "credentials", "resources"}
        elif typed & {"scheduler", "scheduler_file"}:
            overridden = {"scheduler", "scheduler_file"} | ({"executor"} if self.executor == ExecutorName.LOCAL else set())
        return replace(self, **{name: DEFAULTS[name] for name in overridden - typed})

    def execution(self, procs: int | None) -> Execution:
        """`procs`: the value of --procs, if it is given. UsageError if the options contradict each other."""
        if self.scheduler is not None and self.scheduler_file is not None:
            raise UsageError("--scheduler and --scheduler-file are both given", "Use one of them")
        given = next((name for name in ("scheduler", "scheduler_file") if getattr(self, name) is not None), None)
        if given and self.executor == ExecutorName.LOCAL:
            raise UsageError(
                f"--{given.replace('_', '-')} has no effect with --executor local",
                f"Use --executor dask, or omit --{given.replace('_', '-')}",
            )
        executor = ExecutorName(self.executor or (ExecutorName.DASK if given else ExecutorName.LOCAL))
        for name, is_given in (("resources", self.resources), ("credentials", self.credentials != Credentials.ENCRYPTED)):
            if is_given and executor is ExecutorName.LOCAL:
                raise UsageError(f"--{name} has no effect without --executor dask", f"Add --executor dask or --scheduler, or omit --{name}")
        return Execution(
            executor=executor,
            scheduler=self.scheduler,
            scheduler_file=self.scheduler_file,
            credentials=Credentials(self.credentials),
            resources=self.resources,
            most_tasks=procs,
        )


def with_execution(function: Callable[..., None]) -> Callable[..., None]:
    """The options, passed on as one Execution, `execution`."""

    @_executor_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        context = click.get_current_context()
        procs = context.params.get("procs")
        given = isinstance(procs, int) and context.get_parameter_source("procs") is not ParameterSource.DEFAULT
        execution = collect(ExecutorOptions, options).without_overridden(context).execution(procs if given else None)
        function(execution=execution, **options)

    return wrapper
