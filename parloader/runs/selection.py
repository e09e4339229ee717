"""Which runs of the ledger, and which of their tables, verify and clean are asked for."""

from collections.abc import Collection

from parloader.errors import Refused
from parloader.ledger.run import Run
from parloader.plans.documents.codecs import suggestion


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
                f"no run to verify has a table {name}; they have {', '.join(existing)}",
                f"{suggestion(name, existing)}Name one of these tables",
            )
    return frozenset(wanted or existing)
