"""The click options that say what to load and how, and the conversion of their texts to values. Imports nothing large."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click
from click.core import ParameterSource

from parloader.cli.completion import candidates
from parloader.cli.option_groups import WHAT_TO_FILL, WORKERS, collect, option_group
from parloader.cli.options.inference_options import inference_options
from parloader.cli.options.models_option import declared_models
from parloader.cli.options.number_types import Seconds, WholeNumber
from parloader.cli.options.table_options import RequestedRows, table_options
from parloader.defaults import (
    DEFAULT_BATCH,
    DEFAULT_RETRY_SECONDS,
    DEFAULT_WORKER_RESTARTS,
    DEFAULT_WRITER,
)
from parloader.errors import UsageError
from parloader.limits import MAX_PROCS, MAX_RETRY_SECONDS, MAX_SEED
from parloader.process_limits import usable_cores
from parloader.rows.writer_names import WriterName
from parloader.workers.batching import Batch, parse_batch

if TYPE_CHECKING:  # config.py imports the driver, which takes longer than to print a --help
    from parloader.config import SeedConfig
    from parloader.database.target import Target
    from parloader.plans.column_rules import ColumnRule

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


def plan_name(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """The callback of --plan."""
    if name is not None and (not name.strip() or "\0" in name):
        raise click.BadParameter(f"{name!r} is not the name of a plan file or module")
    return name


def parsed_by(parse: Callable[[str], Value]) -> Callable[[click.Context, click.Parameter, str], Value]:
    """The callback of an option whose text `parse` turns into a value, or rejects with a ValueError."""

    def callback(_: click.Context, __: click.Parameter, text: str) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return callback


procs_option = WORKERS.option(
    "--procs",
    type=WholeNumber(1, MAX_PROCS),
    default=usable_cores,
    envvar="PARLOADER_PROCS",
    help="Worker processes; in a Dask cluster, tasks at the same time.  [default: the usable cores; with --scheduler, all workers]",
)

new_run_option = WHAT_TO_FILL.option("--new-run", is_flag=True, help="Add these rows after those of an earlier, complete run.")

parameters_option = WHAT_TO_FILL.option(
    "--set",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_parameters,
    help="Set a parameter of the built-in plan: start, span or scheduled_share. Repeatable.",
)

_selection_options = option_group(
    table_options,
    inference_options,
    WHAT_TO_FILL.option(
        "--plan",
        "plan",
        metavar="FILE|MODULE:NAME",
        callback=plan_name,
        shell_complete=candidates.plan_files,
        envvar="PARLOADER_PLAN",
        help="Load this plan: a plan file (parloader plan --write creates one) or a plan in Python.",
    ),
    WHAT_TO_FILL.option(
        "--seed",
        type=WholeNumber(0, MAX_SEED),
        envvar="PARLOADER_SEED",
        help="Random seed: another number gives other values.  [default: as in the plan file, or 0]",
    ),
    procs_option,
    WHAT_TO_FILL.option(
        "--allow-history",
        is_flag=True,
        help="Also fill system-versioned tables of MariaDB. Their history keeps the rows after clean.",
    ),
    parameters_option,
)

_load_options = option_group(
    WORKERS.option(
        "--batch",
        metavar="ROWS|auto|TIME",
        callback=parsed_by(parse_batch),
        default=DEFAULT_BATCH.text,
        show_default=True,
        envvar="PARLOADER_BATCH",
        help="Rows per transaction, or a time such as 200ms that each transaction should take. auto: half a second.",
    ),
    WORKERS.option(
        "--writer",
        type=click.Choice(WRITERS),
        default=str(DEFAULT_WRITER),
        show_default=True,
        envvar="PARLOADER_WRITER",
        callback=lambda _, __, name: WriterName(name),
        help="How a batch is sent: as multi-row INSERTs, or by LOAD DATA LOCAL, which is faster.",
    ),
    WORKERS.option(
        "--defer-indexes",
        is_flag=True,
        help="In tables that are empty, drop the indexes that no constraint needs, and add them again after the rows.",
    ),
)


# What to fill: the options, without a value
UNNAMED: Mapping[str, Any] = {"tables": (), "all_tables": False, "models": None, "plan": None}

STRENGTH = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)


@dataclass(frozen=True, kw_only=True)
class SelectionOptions:
    """The values of selection_options: which tables get which rows, and by how many processes."""

    tables: tuple[str, ...]
    all_tables: bool
    models: str | None
    plan: str | None
    rows: RequestedRows
    parents: RequestedRows
    allow_databases: tuple[str, ...]
    seed: int | None
    procs: int
    allow_history: bool
    parameters: dict[str, str]
    column_rules: "tuple[ColumnRule, ...]"

    @property
    def reads_database(self) -> bool:
        """Whether the tables to fill are those of a database, not of a plan."""
        return bool(self.tables or self.all_tables or self.models)

    def selection(self) -> dict[str, Any]:
        """The fields of a config.Selection, apart from `new_run`. UsageError: the models cannot be found, or --all is given as well."""
        if self.models and self.all_tables:
            raise UsageError("--models and --all cannot be combined", "Use one of them")
        return {
            "tables": self.tables,
            "all_tables": self.all_tables or self.models is not None,
            "models": declared_models(self.models),
            "plan": self.plan,
            "rows": self.rows.of_each,
            "parents": self.rows.with_parents(self.parents),
            "allow_databases": self.allow_databases,
            "seed": self.seed,
            "allow_history": self.allow_history,
            "parameters": self._applicable_parameters(),
            "column_rules": self.column_rules,
        }

    def without_overridden(self) -> Self:
        """Without a table or plan of parloader.toml or a variable if an option (or for the file, a variable) names other tables or plans."""
        context = click.get_current_context()
        sources = {name: context.get_parameter_source(name) for name in UNNAMED if getattr(self, name)}
        strongest = next((source for source in STRENGTH if source in sources.values()), None)
        return replace(self, **{name: UNNAMED[name] for name, source in sources.items() if source is not strongest})

    def _applicable_parameters(self) -> dict[str, str]:
        """The parameters; if this is not the built-in plan, without those of [set] in parloader.toml, which are for the built-in one."""
        source = click.get_current_context().get_parameter_source("parameters")
        return {} if (self.reads_database or self.plan) and source is ParameterSource.DEFAULT_MAP else self.parameters


@dataclass(frozen=True, kw_only=True)
class PlanOptions(SelectionOptions):
    """The values of plan_options: what to load, and by which processes, batches and writer."""

    batch: Batch
    writer: WriterName
    defer_indexes: bool

    def seed_command(self, file: Path, *, new_run: bool) -> str:
        """The command that loads a plan file with the permissions of this one."""
        databases = "".join(f" --allow-database {quote(name)}" for name in self.allow_databases)
        history, more = " --allow-history" if self.allow_history else "", " --new-run" if new_run else ""
        return f"parloader seed --plan {quote(str(file))}{databases}{history}{more}"

    def config(self, target: "Target") -> "SeedConfig":
        from parloader.config import SeedConfig

        return SeedConfig(
            target=target,
            procs=self.procs,
            batch=self.batch,
            writer=self.writer,
            defer_indexes=self.defer_indexes,
            **self.selection(),
        )


def selection_options(function: Callable[..., None]) -> Callable[..., None]:
    """--table, --plan, --rows …, passed on as one SelectionOptions, `selected`."""

    @_selection_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(selected=collect(SelectionOptions, options).without_overridden(), **options)

    return wrapper


def plan_options(function: Callable[..., None]) -> Callable[..., None]:
    """The same, and --batch, --writer …, passed on as one PlanOptions, `load`."""

    @_selection_options
    @_load_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(load=collect(PlanOptions, options).without_overridden(), **options)

    return wrapper


fault_options = option_group(
    WORKERS.option(
        "--retry-seconds",
        type=Seconds(MAX_RETRY_SECONDS),
        default=DEFAULT_RETRY_SECONDS,
        show_default=True,
        help="How long to retry a batch after a deadlock or a lost connection, and to wait for the server to come back.",
    ),
    WORKERS.option(
        "--worker-restarts",
        type=WholeNumber(0),
        default=DEFAULT_WORKER_RESTARTS,
        show_default=True,
        help="How many times a crashed worker is replaced.",
    ),
)
