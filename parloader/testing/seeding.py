"""The factory `seeded`: fills tables of a test run's database, and takes the rows back."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import parloader
from parloader.api.arguments import Rows, Tables
from parloader.api.loading import SeedOptions
from parloader.errors import ForeignRows, ParloaderError, SchemaMismatch, UsageError
from parloader.operations.seed_result import SeedResult
from parloader.testing.database import Database
from parloader.testing.messages import for_tests, with_next_step

# Arguments of parloader.seed that say what to seed, besides the table and the plan
OTHER_SELECTIONS = ("metadata", "all_tables")

# The advice of an error that says that another call has filled the table
NEW_RUN = "or add another one: the same call with new_run=True"

ONE_CALL = "make their calls of session_seeded one call, in a fixture that both request"

CREATE_TABLES = 'Create them first: parloader_database.run_script(Path("schema.sql")), or seeded(metadata=Base.metadata, create=True) with models of SQLAlchemy'


class Seeder:
    """Fills tables of one database, as often as it is called: parloader.seed with that database."""

    def __init__(self, database: Database, *, keep: bool = True) -> None:
        """`keep`: the rows stay, and the same call again does nothing; else each call adds rows, which clean_up deletes."""
        self.database = database
        self._keep = keep
        self._runs: list[int] = []

    def __call__(
        self,
        table: Tables = None,
        *,
        rows: Rows = None,
        plan: Any = None,
        **options: Any,
    ) -> SeedResult:
        """Fills the table, or what a plan or SQLAlchemy's metadata describes, and the parent rows that it needs.

        The arguments are those of parloader.seed. Returns what was loaded. Raises the errors of parloader.
        """
        __tracebackhide__ = True
        _require_arguments_of_seed(options)
        try:
            self.database.require_no_transaction()
            if table is None and plan is None and not any(map(options.get, OTHER_SELECTIONS)):
                raise UsageError(
                    "nothing is named that is to be seeded", 'Name a table, seeded("orders", rows=1000), or give plan= or metadata='
                )
            if plan is None and not rows and rows != 0:
                raise UsageError(
                    "the argument rows is missing, and without it up to a million rows would be loaded",
                    'Say how many: seeded("orders", rows=1000), or by table: rows={"orders": 1000, "customers": 200}',
                )
            result = parloader.seed(
                self.database.mysql_url,
                table=table,
                rows=rows,
                plan=plan,
                column_rules=[*options.pop("column_rules", ()), *self.database.column_rules()],
                **{"new_run": not self._keep, "allow_remote": self.database.allow_remote, **options},
            )
        except ParloaderError as error:
            raise self._with_advice(error) from None
        if self._keep:
            self.database.forget_mark()
        elif result.run_id is not None:
            self._runs.append(result.run_id)
        return result

    def _with_advice(self, error: ParloaderError) -> ParloaderError:
        advised = for_tests(error)
        if isinstance(error, SchemaMismatch) and not self.database.tables():
            return with_next_step(advised, CREATE_TABLES)
        if self._keep and NEW_RUN in advised.next_step:
            return with_next_step(advised, f"If two fixtures or tests seed the same tables, {ONE_CALL}. {advised.next_step}")
        return advised

    def clean_up(self) -> None:
        """Deletes the rows of all calls, the latest first; also those that a test has edited. ForeignRows: a test has added rows that reference them."""
        while self._runs:
            try:
                parloader.clean(
                    self.database.mysql_url, run=self._runs.pop(), edited_too=True, procs=1, allow_remote=self.database.allow_remote
                )
            except ForeignRows as error:
                raise ForeignRows(
                    error.message, "Delete those rows in the test, or request parloader_reset, which takes back all that the test has done"
                ) from error


def _require_arguments_of_seed(options: Iterable[str]) -> None:
    """TypeError, as for a function that names its arguments: one of these does not exist."""
    __tracebackhide__ = True
    for option in options:
        if option not in SeedOptions.__annotations__:
            meant = get_close_matches(option, SeedOptions.__annotations__, n=1)
            raise TypeError(f"seeded() got an unexpected keyword argument {option!r}" + (f". Did you mean {meant[0]!r}?" if meant else ""))
