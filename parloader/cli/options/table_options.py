"""The click options that say which tables to fill, and with how many rows. Imports nothing large."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from parloader.cli.completion import candidates
from parloader.cli.option_groups import WHAT_TO_FILL, option_group
from parloader.cli.options.models_option import models_option
from parloader.cli.options.name_types import Name
from parloader.errors import UsageError
from parloader.limits import MAX_ROWS
from parloader.quantities import ROWS_EXAMPLES, parse_rows

if TYPE_CHECKING:
    from parloader.cli.completion.candidates import Items


class TableName(Name):
    """A table's name. In a variable of the environment, commas separate several: a name may have blanks."""

    envvar_list_splitter = ","

    def __init__(self) -> None:
        super().__init__("table")

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "Items":
        return candidates.tables(ctx, param, incomplete)


def _tables(_: click.Context, __: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The tables, each once."""
    tables = tuple(dict.fromkeys(names))
    if len(tables) > 1 and (with_comma := [name for name in tables if "," in name]):
        raise click.BadParameter(f"{with_comma[0]!r} has a comma, so it cannot be combined with other tables; load it in a run of its own")
    return tables


@dataclass(frozen=True, kw_only=True)
class RequestedRows:
    """The values of --rows."""

    of_each: int | None = None  # of each table without a number of its own
    by_table: Mapping[str, int] = field(default_factory=dict)

    def with_parents(self, parents: "RequestedRows") -> dict[str, int]:
        """The rows of single tables, with those of --parents. UsageError: both name a table."""
        if both := [name for name in parents.by_table if name in self.by_table]:
            raise UsageError(f"--rows and --parents both give {both[0]} a number of rows", "Use --rows alone")
        return {**self.by_table, **parents.by_table}


def _rows(_: click.Context, __: click.Parameter, texts: Sequence[str]) -> RequestedRows:
    """--rows 500 --rows orders=2000: the last number without a table counts, so that options override those of a script."""
    numbers = [text for text in texts if "=" not in text]
    return RequestedRows(of_each=_number(numbers[-1]) if numbers else None, by_table=_by_table([t for t in texts if "=" in t], least=0))


def _parents(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> RequestedRows:
    return RequestedRows(by_table=_by_table(pairs, least=1))


def _number(text: str) -> int:
    try:
        rows = parse_rows(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if rows > MAX_ROWS:
        raise click.BadParameter(f"{text!r} is not a number of rows from 0 to {MAX_ROWS:,}, such as {ROWS_EXAMPLES}")
    return rows


def _by_table(pairs: Sequence[str], least: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for pair in pairs:
        table, _equals, text = pair.rpartition("=")
        name = table.strip()
        try:
            rows = parse_rows(text)
        except ValueError:
            rows = -1
        if not name or not least <= rows <= MAX_ROWS:
            raise click.BadParameter(
                f"{pair!r} is not TABLE=ROWS, for example customer=1000 or customer=10k ({least} to {MAX_ROWS:,} rows)"
            )
        if name in found:
            raise click.BadParameter(f"{name} has two numbers of rows; give it one")
        found[name] = rows
    return found


table_options = option_group(
    WHAT_TO_FILL.option(
        "--table",
        "tables",
        type=TableName(),
        metavar="NAME",
        multiple=True,
        callback=_tables,
        envvar="PARLOADER_TABLE",
        help="Fill this table and the parent tables it needs. Repeatable.  [default: the built-in plan script_execution]",
    ),
    WHAT_TO_FILL.option(
        "--all",
        "all_tables",
        is_flag=True,
        help="Fill every table of the database that can be filled, with numbers of rows in proportion.",
    ),
    models_option,
    WHAT_TO_FILL.option(
        "--rows",
        metavar="ROWS|TABLE=ROWS",
        multiple=True,
        callback=_rows,
        shell_complete=candidates.tables_with_rows,
        envvar="PARLOADER_ROWS",
        help="Rows in the target table, for example 5000, 250k or 1M; with TABLE=, in this table, for example --rows orders=1M --rows users=5k. "
        "With --all or --models, ROWS is for the largest table, and TABLE=0 leaves a table out. Repeatable.  [default: as in the plan file, or 1000000; with "
        "--all or --models, 100000]",
    ),
    WHAT_TO_FILL.option(
        "--parents",
        metavar="TABLE=ROWS",
        multiple=True,
        callback=_parents,
        shell_complete=candidates.tables_with_rows,
        help="The same as --rows TABLE=ROWS, for tables that others reference. Repeatable.",
    ),
    WHAT_TO_FILL.option(
        "--allow-database",
        "allow_databases",
        type=Name("database"),
        metavar="NAME",
        multiple=True,
        envvar="PARLOADER_ALLOW_DATABASE",
        help="Create parent rows in this other database of the server as well, if they are needed there. Repeatable.",
    ),
)
