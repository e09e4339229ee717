"""The result of clean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parloader.builtin.tables import CreatedTables
from parloader.quantities import counted


@dataclass(frozen=True, kw_only=True, repr=False)
class CleanResult:
    """What clean has deleted or, in a dry run, would delete."""

    dry_run: bool
    runs: tuple[int, ...]
    """their run_ids"""
    tables: tuple[tuple[str, int], ...]
    """(table, rows), children first"""
    exact: bool = True
    """False with --edited-too: the numbers are those of the ledger, so rows that somebody deleted before are counted as well"""
    trigger_rows: Mapping[str, int] = field(default_factory=dict)
    """table → rows that referenced generated rows (--with-trigger-rows)"""
    not_undone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """table → the triggers that may have changed it, which clean does not undo"""
    with_history: tuple[str, ...] = ()
    """the system-versioned tables, whose history keeps the deleted rows"""
    kept_runs: tuple[int, ...] = ()
    """the run_ids of the others in the ledger"""
    created: CreatedTables = CreatedTables()  # noqa: RUF009  it is frozen
    """what became of the tables that parloader had created"""

    def __repr__(self) -> str:
        tables = ", ".join(f"{table} {rows:,}" for table, rows in self.tables)
        return f"<CleanResult{' of a dry run' if self.dry_run else ''}: {counted(self.rows, 'row')}{f' ({tables})' if tables else ''}>"

    @property
    def rows(self) -> int:
        return sum(rows for _, rows in self.tables) + sum(self.trigger_rows.values())

    def as_json(self) -> dict[str, object]:
        return {
            "dry_run": self.dry_run,
            "runs": list(self.runs),
            "kept_runs": list(self.kept_runs),
            "rows": self.rows,
            "tables": dict(self.tables),
            "exact": self.exact,
            "trigger_rows": dict(self.trigger_rows),
            "not_undone": {table: list(triggers) for table, triggers in self.not_undone.items()},
            "with_history": list(self.with_history),
            "dropped": list(self.created.dropped),
            "kept_tables": list(self.created.kept),
            "why_kept": self.created.why_kept,
        }
