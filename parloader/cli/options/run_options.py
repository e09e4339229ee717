"""The click options of verify and clean: which runs and tables, and what clean does with rows that others changed or reference."""

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from parloader.cli.completion import candidates
from parloader.cli.option_groups import collect, option_group
from parloader.cli.options.number_types import RunNumber
from parloader.cli.options.plan_options import procs_option
from parloader.cli.options.table_options import TableName

if TYPE_CHECKING:  # config.py imports the driver, which takes longer than to print a --help
    from parloader.config import CleanConfig, VerifyConfig
    from parloader.database.target import Target

_run_option = click.option(
    "--run",
    "runs",
    type=RunNumber(),
    multiple=True,
    shell_complete=candidates.runs,
    metavar="N",
    help="Only this run, as parloader status numbers it. Repeatable.",
)

_verify_options = option_group(
    procs_option,
    _run_option,
    click.option("--table", "tables", type=TableName(), multiple=True, metavar="NAME", help="Only this table. Repeatable."),
    click.option("--ignore-extra", is_flag=True, help="Report rows added by others, but do not count them as differences."),
)

_clean_options = option_group(
    procs_option,
    _run_option,
    click.option(
        "--edited-too",
        is_flag=True,
        help="Also delete generated rows that were edited later. Rows that somebody else inserted under the keys of generated rows are deleted as well.",
    ),
    click.option(
        "--with-trigger-rows",
        is_flag=True,
        help="Also delete the rows that reference generated rows in tables into which INSERT triggers of the loaded tables insert. Rows that somebody "
        "else inserted there for generated rows are deleted as well.",
    ),
    click.option(
        "--accept-unseen-references",
        is_flag=True,
        help="Delete even if this account cannot see or read every table that may reference the rows, or a foreign key has columns of "
        "different types. If such a foreign key has ON DELETE CASCADE or SET NULL, rows of its table are deleted or changed as well.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """The values of verify_options."""

    procs: int
    runs: tuple[int, ...]
    tables: tuple[str, ...]
    ignore_extra: bool

    def config(self, target: "Target") -> "VerifyConfig":
        from parloader.config import VerifyConfig

        return VerifyConfig(target=target, **asdict(self))


@dataclass(frozen=True, kw_only=True)
class CleanOptions:
    """The values of clean_options."""

    procs: int
    runs: tuple[int, ...]
    edited_too: bool
    with_trigger_rows: bool
    accept_unseen_references: bool

    def config(self, target: "Target", **others: Any) -> "CleanConfig":
        """`others`: what other groups of options say."""
        from parloader.config import CleanConfig

        return CleanConfig(target=target, **asdict(self), **others)


def verify_options(function: Callable[..., None]) -> Callable[..., None]:
    """--run, --table …, passed on as one VerifyOptions, `scope`."""

    @_verify_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(scope=collect(VerifyOptions, options), **options)

    return wrapper


def clean_options(function: Callable[..., None]) -> Callable[..., None]:
    """--run, --edited-too …, passed on as one CleanOptions, `scope`."""

    @_clean_options
    @functools.wraps(function)
    def wrapper(**options: Any) -> None:
        function(scope=collect(CleanOptions, options), **options)

    return wrapper
