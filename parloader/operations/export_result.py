"""The result of export. Uses no database and no clock."""

from dataclasses import dataclass
from pathlib import Path

from parloader.errors import TablesNotFilled
from parloader.formats.manifest import FileRecord
from parloader.formats.names import Compression, FormatName
from parloader.planner.request import UnfilledTable
from parloader.planner.unfillable import not_filled
from parloader.workers.stats import WorkerStats


@dataclass(frozen=True, kw_only=True)
class ExportedTable:
    """A table and its files."""

    name: str
    rows: int
    """exported"""
    existing: int
    """rows that the plan uses and that are in the database already; they are not exported"""
    files: tuple[FileRecord, ...]
    """in the order in which they are loaded"""

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def as_json(self) -> dict[str, object]:
        return {
            "table": self.name,
            "rows": self.rows,
            "existing": self.existing,
            "bytes": self.bytes,
            "files": [{"name": file.name, "rows": file.rows, "bytes": file.bytes, "sha256": file.sha256} for file in self.files],
        }


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """What the folder of an export holds now."""

    folder: Path
    format: FormatName
    compression: Compression
    tables: tuple[ExportedTable, ...]
    """parents before children"""
    written: int
    """files that this call wrote; the others were there"""
    seconds: float
    """of generating and writing"""
    workers: tuple[WorkerStats, ...] = ()
    load_command: str | None = None
    """loads the files into a database; None: they are for other programs"""
    unfilled: tuple[UnfilledTable, ...] = ()
    """of an entire database: the tables that cannot be filled"""

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def bytes(self) -> int:
        return sum(table.bytes for table in self.tables)

    @property
    def file_count(self) -> int:
        return sum(len(table.files) for table in self.tables)

    @property
    def rows_per_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def failure(self) -> TablesNotFilled | None:
        """With what the command ends although it has written files."""
        return not_filled(self.unfilled)

    def as_json(self) -> dict[str, object]:
        return {
            "folder": str(self.folder),
            "format": str(self.format),
            "compression": str(self.compression),
            "rows": self.rows,
            "bytes": self.bytes,
            "files": self.file_count,
            "written": self.written,
            "seconds": round(self.seconds, 3),
            "rows_per_second": round(self.rows_per_second),
            "tables": [table.as_json() for table in self.tables],
            "workers": [worker.as_json() for worker in self.workers],
            "load_command": self.load_command,
            "unfilled": [table.as_json() for table in self.unfilled],
        }
