"""The result of seed. Uses no database and no clock."""

from dataclasses import dataclass

from parloader.errors import TablesNotFilled
from parloader.planner.request import UnfilledTable
from parloader.planner.unfillable import not_filled
from parloader.quantities import counted
from parloader.rows.rule_counts import Counts
from parloader.workers.stats import WorkerStats


@dataclass(frozen=True, kw_only=True)
class TableLoad:
    """What workers loaded in one pass over a table."""

    name: str
    """the table, and which pass if it is the second"""
    rows: int
    seconds: float

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "table": self.name,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class SeedResult:
    """What this call loaded, and what the run holds now."""

    run_id: int | None
    """None: no rows were requested, so no run was begun"""
    rows: int
    """loaded by this call"""
    seconds: float
    """of loading; 0 if the run was complete already"""
    check_seconds: float
    """of counting"""
    first_batch_seconds: float | None
    """from the start of this process (the import of parloader) to the first committed batch; None: no batch was loaded"""
    already_complete: bool
    workers: tuple[WorkerStats, ...]
    counts: Counts
    """of the target table, as found on the server"""
    target: str = ""
    """the target table"""
    several_tables: bool = False
    """whether workers load more than the target table, or load it in two passes"""
    tables: tuple[TableLoad, ...] = ()
    """what this call loaded, by table and pass, in order"""
    added_indexes: int = 0
    """how many indexes this call added that --defer-indexes had dropped"""
    index_seconds: float = 0.0
    """of adding them"""
    updated: int = 0
    """rows whose deferred columns this call set, in the second pass"""
    guesses: tuple[str, ...] = ()
    """what the plan assumed of unique keys that parloader could not follow"""
    unfilled: tuple[UnfilledTable, ...] = ()
    """of an entire database: the tables that cannot be filled"""
    created_tables: tuple[str, ...] = ()
    """the tables of models that were created first"""

    def __repr__(self) -> str:
        if self.run_id is None:
            return "<SeedResult: no rows were requested>"
        loaded = "was complete already" if self.already_complete else f"{counted(self.rows, 'row')} in {self.seconds:.1f} s"
        return f"<SeedResult of run {self.run_id}, {self.target}: {loaded}>"

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def failure(self) -> TablesNotFilled | None:
        """With what the command ends although it has loaded rows."""
        return not_filled(self.unfilled)

    def as_json(self) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "rows": self.rows,
            "updated": self.updated,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "added_indexes": self.added_indexes,
            "index_seconds": round(self.index_seconds, 3),
            "check_seconds": round(self.check_seconds, 3),
            "first_batch_seconds": self.first_batch_seconds and round(self.first_batch_seconds, 3),
            "already_complete": self.already_complete,
            "target": self.target,
            "tables": [table.as_json() for table in self.tables],
            "workers": [worker.as_json() for worker in self.workers],
            "counts": self.counts.as_json(),
            "guesses": list(self.guesses),
            "unfilled": [table.as_json() for table in self.unfilled],
            "created_tables": list(self.created_tables),
        }


NOTHING_REQUESTED = SeedResult(
    run_id=None,
    rows=0,
    seconds=0.0,
    check_seconds=0.0,
    first_batch_seconds=None,
    already_complete=False,
    workers=(),
    counts=Counts(total=0, figures={}, violations={}),
)
