"""The click options that say what to load and how, and the conversion of their texts to values. Imports nothing large."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from parloader.cli.number_types import RowCount, Seconds, WholeNumber
from parloader.cli.option_groups import collect, option_group
from parloader.defaults import (
    DEFAULT_BATCH,
    DEFAULT_RETRY_SECONDS,
    DEFAULT_WORKER_RESTARTS,
    DEFAULT_WRITER,
)
from parloader.errors import UsageError
from parloader.limits import MAX_PROCS, MAX_RETRY_SECONDS, MAX_ROWS, MAX_SEED
from parloader.process_limits import usable_cores
from parloader.quantities import parse_rows
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import Batch, parse_batch

if TYPE_CHECKING:  # config.py imports the driver, which takes longer than to print a --help
    from parloader.config import SeedConfig
    from parloader.database.target import Target

WRITERS = [str(name) for name in WriterName]

Value = TypeVar("Value")


def _parameters(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The plan parameters of --set, checked before connecting."""
    from parloader.builtin.plan import script_execution

    parameters = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE, for example start=2020-01-01")
        parameters[name.strip()] = value.strip()
    try:
        script_execution(given=parameters)
    except UsageError as error:
        raise click.BadParameter(str(error)) from error
    return parameters


def _parents(_: click.Context, __: click.Parameter, pairs: tuple[str, ...]) -> dict[str, int]:
    parents = {}
    for pair in pairs:
        name, _equals, text = pair.rpartition("=")
        try:
            rows = parse_rows(text)
        except ValueError:
            rows = 0
        if not name.strip() or not 1 <= rows <= MAX_ROWS:
            raise click.BadParameter(f"{pair!r} is not TABLE=ROWS, for example customer=1000 or customer=10k (1 to {MAX_ROWS:,} rows)")
        parents[name.strip()] = rows
    return parents


class TableName(click.ParamType):  # type: ignore[type-arg]  # click 8.1 has no generic type
    """A table's name. In a variable of the environment, commas separate several: a name may have blanks."""

    name = "name"

    envvar_list_splitter = ","

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value:
            self.fail("the name of a table is empty", param, ctx)
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r} is not UTF-8", param, ctx)
        return str(value)


def _tables(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The tables, each once."""
    tables = tuple(dict.fromkeys(names))
    if len(tables) > 1 and (with_comma := [name for name in tables if "," in name]):
        raise click.BadParameter(f"{with_comma[0]!r} has a comma, so it cannot be combined with other tables; load it in a run of its own")
    return tables


def _plan(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    if name == "":
        raise click.BadParameter("the name of the plan is empty")
    return name


def parsed_by(parse: Callable[[str], Value]) -> Callable[[click.Context, click.Parameter, str], Value]:
    """The callback of an option whose text `parse` turns into a value, or rejects with a ValueError."""

    def callback(_: click.Context, __: click.Parameter, text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return callback


procs_option = click.option(
    "--procs",
    type=WholeNumber(1, MAX_PROCS),
    default=usable_cores,
    envvar="PARLOADER_PROCS",
    help="Worker processes; in a Dask cluster, tasks at the same time.  [default: the usable cores; with --scheduler, all workers]",
)

parameters_option = click.option(
    "--set",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parameters,
    help="Set a parameter of the built-in plan: start, span or scheduled_share. Repeatable.",
)

_plan_options = option_group(
    click.option(
        "--table",
        "tables",
        type=TableName(),
        metavar="NAME",
        multiple=True,
        callback=_tables,
        envvar="PARLOADER_TABLE",
        help="Fill this table and the parent tables it needs. Repeatable: --rows applies to each.  [default: the built-in plan script_execution]",
    ),
    click.option(
        "--plan",
        "plan",
        metavar="FILE|MODULE:NAME",
        callback=_plan,
        envvar="PARLOADER_PLAN",
        help="Load this plan: a plan file (parloader plan --write creates one) or a plan in Python.",
    ),
    click.option(
        "--parents",
        metavar="TABLE=ROWS",
        multiple=True,
        callback=_parents,
        help="Rows to use or create in a parent table (default: one per 100 child rows). Repeatable.",
    ),
    click.option(
        "--allow-database",
        "allow_databases",
        metavar="NAME",
        multiple=True,
        envvar="PARLOADER_ALLOW_DATABASE",
        help="Create parent rows in this other database of the server as well, if they are needed there. Repeatable.",
    ),
    click.option(
        "--seed",
        type=WholeNumber(0, MAX_SEED),
        envvar="PARLOADER_SEED",
        help="Random seed: another number gives other values.  [default: as in the plan file, or 0]",
    ),
    click.option(
        "--rows",
        type=RowCount(0, MAX_ROWS),
        envvar="PARLOADER_ROWS",
        help="Rows in the target table, for example 5000, 250k or 1M.  [default: as in the plan file, or 1000000]",
    ),
    procs_option,
    click.option(
        "--batch",
        metavar="ROWS|auto|TIME",
        callback=parsed_by(parse_batch),
        default=DEFAULT_BATCH.text,
        show_default=True,
        envvar="PARLOADER_BATCH",
        help="Rows per transaction, or a time such as 200ms that each transaction should take. auto: half a second.",
    ),
    click.option(
        "--writer",
        type=click.Choice(WRITERS),
        default=str(DEFAULT_WRITER),
        show_default=True,
        envvar="PARLOADER_WRITER",
        callback=lambda _, __, name: WriterName(name),
        help="How a batch is sent: as multi-row INSERTs, or by LOAD DATA LOCAL, which is faster.",
    ),
    click.option(
        "--defer-indexes",
        is_flag=True,
        help="In tables that are empty, drop the indexes that no constraint needs, and add them again after the rows.",
    ),
    click.option(
        "--allow-history",
        is_flag=True,
        help="Also fill system-versioned tables of MariaDB. Their history keeps the rows after clean.",
    ),
    parameters_option,
)


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """The values of plan_options: what to load, and by which processes, batches and writer."""

    tables: tuple[str, ...]
    plan: str | None
    parents: dict[str, int]
    allow_databases: tuple[str, ...]
    seed: int | None
    rows: int | None
    procs: int
    batch: Batch
    writer: WriterName
    defer_indexes: bool
    allow_history: bool
    parameters: dict[str, str]

    def seed_command(self, file: Path, *, new_run: bool) -> str:
        """The command that loads a plan file with the permissions of this one."""
        databases = "".join(f" --allow-database {quote(name)}" for name in self.allow_databases)
        history, more = " --allow-history" if self.allow_history else "", " --new-run" if new_run else ""
        return f"parloader seed --plan {quote(str(file))}{databases}{history}{more}"

    def config(self, target: "Target") -> "SeedConfig":
        from parloader.config import SeedConfig

        return SeedConfig(
            target=target,
            tables=self.tables,
            plan=self.plan,
            parents=self.parents,
            allow_databases=self.allow_databases,
            seed=self.seed,
            rows=self.rows,
            procs=self.procs,
            batch=self.batch,
            writer=self.writer,
            defer_indexes=self.defer_indexes,
            allow_history=self.allow_history,
            parameters=self._applicable_parameters(),
        )

    def _applicable_parameters(self) -> dict[str, str]:
        """The parameters; if this is not the built-in plan, without those of [set] in parloader.toml, which are for the built-in one."""
        source = click.get_current_context().get_parameter_source("parameters")
        return {} if (self.tables or self.plan) and source is ParameterSource.DEFAULT_MAP else self.parameters


def plan_options(function: Callable[..., None]) -> Callable[..., None]:
    """--table, --plan, --rows …, passed on as one PlanOptions, `load`."""

    @_plan_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(load=collect(PlanOptions, options), **options)

    return wrapper


fault_options = option_group(
    click.option(
        "--retry-seconds",
        type=Seconds(MAX_RETRY_SECONDS),
        default=DEFAULT_RETRY_SECONDS,
        show_default=True,
        help="How long to retry a batch after a deadlock or a lost connection, and to wait for the server to come back.",
    ),
    click.option(
        "--worker-restarts",
        type=WholeNumber(0),
        default=DEFAULT_WORKER_RESTARTS,
        show_default=True,
        help="How many times a crashed worker is replaced.",
    ),
)
