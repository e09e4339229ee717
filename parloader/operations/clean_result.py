"""The result of clean."""

from dataclasses import dataclass

from parloader.builtin.tables import CreatedTables


@dataclass(frozen=True, kw_only=True)
class CleanResult:
    """What clean has deleted or, in a dry run, would delete."""

    dry_run: bool
    runs: tuple[int, ...]
    """their run_ids"""
    tables: tuple[tuple[str, int], ...]
    """(table, rows), children first"""
    kept_runs: tuple[int, ...] = ()
    """the run_ids of the others in the ledger"""
    created: CreatedTables = CreatedTables()  # noqa: RUF009  it is frozen
    """what became of the tables that parloader had created"""

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.tables)

    def as_json(self) -> dict[str, object]:
        return {
            "dry_run": self.dry_run,
            "runs": list(self.runs),
            "kept_runs": list(self.kept_runs),
            "rows": self.rows,
            "tables": dict(self.tables),
            "dropped": list(self.created.dropped),
            "kept_tables": list(self.created.kept),
            "why_kept": self.created.why_kept,
        }
