"""Which runs of the ledger, and which of their tables, verify and clean are asked for."""

from collections.abc import Collection
from shlex import quote

from parloader.database.introspection import ListedTable
from parloader.errors import Refused, SchemaMismatch
from parloader.ledger.run import Run
from parloader.plans.documents.codecs import suggestion


def require_spelling(runs: tuple[Run, ...], listing: ListedTable) -> None:
    """SchemaMismatch: the server spells a table of a run in another case than the ledger, as after a copy to a server with lower_case_table_names=1."""
    for run in runs:
        for entry in run.tables:
            spelled = listing.spelled(entry.name)
            if spelled not in (None, entry.name):
                raise SchemaMismatch(
                    f"run {run.run_id} in the ledger has rows of the table {entry.name}, which this server calls {spelled}. "
                    "Perhaps the database was copied from a server with another lower_case_table_names",
                    "Use the server where the run was loaded; here, delete the rows by hand, then drop the ledger's tables. Nothing was done",
                )


def select_runs(runs: tuple[Run, ...], wanted: Collection[int]) -> tuple[Run, ...]:
    """The runs with these numbers; all of them if none is given. Refused: there is no run with one of the numbers."""
    existing = [run.run_id for run in runs]
    for run_id in wanted:
        if run_id not in existing:
            others = f"it has {', '.join(map(str, existing))}" if existing else "it has none"
            raise Refused(f"the ledger has no run {run_id}; {others}", "parloader status lists the runs")
    return tuple(run for run in runs if not wanted or run.run_id in wanted)


def select_tables(runs: tuple[Run, ...], wanted: Collection[str]) -> frozenset[str]:
    """The tables with these names; all tables of the runs if none is given. Refused: a table is in none of the runs."""
    existing = dict.fromkeys(entry.name for run in runs for entry in run.tables)
    for name in wanted:
        if name not in existing:
            raise Refused(
                f"the runs to verify have no table {name}, only {', '.join(map(quote, existing))}",
                f"{suggestion(name, existing, for_shell=True)}Name one of these tables",
            )
    return frozenset(wanted or existing)
