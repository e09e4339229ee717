"""The arguments of seed and plan as a config."""

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from parloader.config import SeedConfig
from parloader.database.target import Target
from parloader.defaults import DEFAULT_BATCH, DEFAULT_RETRY_SECONDS, DEFAULT_WORKER_RESTARTS, DEFAULT_WRITER
from parloader.errors import UsageError
from parloader.limits import MAX_ROWS
from parloader.plans.documents.rule_document import parse_rule
from parloader.plans.model import Plan
from parloader.process_limits import usable_cores
from parloader.quantities import parse_rows
from parloader.rows.writer_names import WriterName
from parloader.runs.user_models import declared
from parloader.workers.batching import Batch, parse_batch
from parloader.workers.executor import SMALL_LOAD_ROWS
from parloader.workers.throttle import Limits

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table
    from sqlalchemy.orm import DeclarativeBase

Rows: TypeAlias = int | float | str | Mapping[str, int | float | str] | None
"""A number of rows, also as 1e6 or a text such as "10k", or numbers by table."""

TableArgument: TypeAlias = "str | type[Any] | Table"
"""The name of a table, or a class of SQLAlchemy or Django that is mapped to it."""

Tables: TypeAlias = "TableArgument | Iterable[TableArgument] | None"

PlanArgument: TypeAlias = Plan | str | os.PathLike[str] | None
"""A plan, the path of a plan file, or "package.module:NAME"."""

Metadata: TypeAlias = "MetaData | type[DeclarativeBase] | None"
"""The tables of SQLAlchemy models, or their declarative base."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class LoadArguments:
    """Arguments of seed and plan, as given. They are checked when `config` is called."""

    table: Tables = None
    all_tables: bool = False
    plan: PlanArgument = None
    metadata: Metadata = None
    create: bool = False
    rows: Rows = None
    seed: int | None = None
    procs: int | None = None
    batch: int | str | None = None
    writer: str | None = None
    new_run: bool = False
    defer_indexes: bool = False
    parameters: Mapping[str, object] | None = None
    column_rules: Iterable[str] = ()
    allow_remote: Iterable[str] = ()
    allow_databases: Iterable[str] = ()
    allow_history: bool = False
    max_rows_per_second: float | None = None
    retry_seconds: float | None = None
    worker_restarts: int | None = None

    def config(self, target: Target) -> SeedConfig:
        """UsageError: an argument is not valid, or two cannot be combined."""
        return SeedConfig(
            target=target,
            procs=self.workers,
            batch=DEFAULT_BATCH if self.batch is None else _batch(self.batch),
            writer=DEFAULT_WRITER if self.writer is None else one_of("writer", WriterName, self.writer),
            defer_indexes=self.defer_indexes,
            retry_seconds=number("retry_seconds", self.retry_seconds, DEFAULT_RETRY_SECONDS),
            worker_restarts=integer("worker_restarts", self.worker_restarts, DEFAULT_WORKER_RESTARTS),
            limits=Limits(max_rows_per_second=number("max_rows_per_second", self.max_rows_per_second, math.inf)),
            allow_remote=names("allow_remote", self.allow_remote),
            **self.tables_and_rows(),
        )

    def tables_and_rows(self) -> dict[str, Any]:
        """The fields of a config.Selection. UsageError: as above."""
        tables = table_names(self.table)
        given = {"table": bool(tables), "all_tables": self.all_tables, "plan": self.plan is not None, "metadata": self.metadata is not None}
        if len(chosen := [name for name, is_given in given.items() if is_given]) > 1:
            raise UsageError(f"{chosen[0]} and {chosen[1]} cannot be combined", "Use one of them")
        if self.create and self.metadata is None:
            raise UsageError("create without metadata", "Give the models whose tables it creates: metadata=Base.metadata")
        of_each, by_table = self._numbers_of_rows
        return {
            "tables": tables,
            "all_tables": self.all_tables or self.metadata is not None,
            "plan": _plan(self.plan),
            "models": None if self.metadata is None else declared(self.metadata),
            "as_library": True,
            "rows": of_each,
            "seed": None if self.seed is None else integer("seed", self.seed),
            "parents": by_table,
            "parameters": _parameters(self.parameters),
            "column_rules": tuple(parse_rule(text, "column_rules") for text in names("column_rules", self.column_rules)),
            "new_run": self.new_run,
            "allow_databases": names("allow_databases", self.allow_databases),
            "allow_history": self.allow_history,
        }

    @property
    def reads_database(self) -> bool:
        """Whether the tables to fill are those of a database, not of a plan."""
        return bool(self.table or self.all_tables or self.metadata is not None)

    @property
    def workers(self) -> int:
        """As given; otherwise 1, which stays in this process, for a load that is done before a process has started."""
        if self.procs is not None:
            return integer("procs", self.procs)
        of_each, by_table = self._numbers_of_rows
        if of_each is None and isinstance(self.plan, Plan):
            of_each = sum(table.rows for table in self.plan.tables)
        known = [*by_table.values(), *([of_each] if of_each is not None else [])]
        return 1 if known and sum(known) <= SMALL_LOAD_ROWS else usable_cores()

    @property
    def _numbers_of_rows(self) -> tuple[int | None, dict[str, int]]:
        """The number of rows of each table, and those of single tables."""
        if isinstance(self.rows, Mapping):
            return None, {str(table): _number(f"rows[{table!r}]", number) for table, number in self.rows.items()}
        return None if self.rows is None else _number("rows", self.rows), {}


def table_names(tables: Tables) -> tuple[str, ...]:
    """The names of one table or several, each once. UsageError: one of them is no table."""
    if tables is None:
        return ()
    several = tables if isinstance(tables, Iterable) and not isinstance(tables, str | type) else (tables,)
    return names("table", [_table_name(table) for table in several])


def _table_name(table: object) -> str:
    if isinstance(table, str):
        return table
    mapped = getattr(table, "__table__", table)  # of a class of SQLAlchemy
    of_django = getattr(getattr(table, "_meta", None), "db_table", None)
    for name in (getattr(mapped, "fullname", None), of_django):
        if isinstance(name, str):
            return name
    raise UsageError(f"the table is {table!r}", "Give the name of a table, or a model class of SQLAlchemy or Django, or several in a list")


def names(argument: str, value: object) -> tuple[str, ...]:
    """A text or several, each once. UsageError: it is something else, or one is empty."""
    if value is None:
        return ()
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else None
    if texts is None or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{argument} is {value!r}", "Give a text, or a list of texts")
    if "" in texts:
        raise UsageError(f"{argument} has an empty text", "Give a name")
    return tuple(dict.fromkeys(texts))


def number(argument: str, value: object, default: float) -> float:
    """The number, or for None the default. UsageError: it is no number."""
    if value is None:
        return default
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UsageError(f"{argument} is {value!r}", "Give a number")
    return value


def integer(argument: str, value: object, default: int | None = None) -> int:
    """The integer, or for None the default if there is one. UsageError: it is not an integer."""
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{argument} is {value!r}", "Give an integer")
    return value


def _number(argument: str, value: object) -> int:
    """The number of rows. UsageError: it is none."""
    with_examples = f'Give a number of rows from 0 to {MAX_ROWS:,}, or a text such as "250k" or "1M"'
    rows = value
    if isinstance(value, str):
        try:
            rows = parse_rows(value)
        except ValueError:
            raise UsageError(f"{argument} is {value!r}", with_examples) from None
    elif isinstance(value, float) and value.is_integer():  # such as 1e6
        rows = int(value)
    if not isinstance(rows, int) or isinstance(rows, bool) or not 0 <= rows <= MAX_ROWS:
        raise UsageError(f"{argument} is {value!r}", with_examples)
    return rows


def _plan(plan: object) -> str | Plan | None:
    if plan is None or isinstance(plan, Plan):
        return plan
    if isinstance(plan, str | os.PathLike):
        if text := os.fspath(plan):
            return text if isinstance(text, str) else os.fsdecode(text)
        raise UsageError("the plan's name is empty", 'Give a parloader.Plan, the path of a plan file, or "package.module:NAME"')
    raise UsageError(f"plan has the type {type(plan).__name__}", 'Give a parloader.Plan, the path of a plan file, or "package.module:NAME"')


def _parameters(parameters: object) -> dict[str, str]:
    if parameters is None:
        return {}
    if not isinstance(parameters, Mapping):
        raise UsageError(f"parameters is {parameters!r}", 'Give values by name: {"start": "2020-01-01"}')
    return {str(name): str(value) for name, value in parameters.items()}


def _batch(batch: object) -> Batch:
    try:
        return parse_batch(str(batch))
    except ValueError as error:
        raise UsageError(f"batch: {error}", "Correct it") from None


def one_of(argument: str, choices: type[Choice], value: object) -> Choice:
    """The choice with this name. UsageError: there is none."""
    try:
        return choices(str(value))
    except ValueError:
        raise UsageError(f"{argument} is {value!r}", f"Use {' or '.join(repr(str(choice)) for choice in choices)}") from None
