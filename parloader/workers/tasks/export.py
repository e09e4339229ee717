"""One worker of an export: its files, each generated batch by batch and given its name when it is complete."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from parloader.errors import ParloaderError, Refused
from parloader.files import unfinished_path
from parloader.formats.layout import DataFile, FileTable
from parloader.formats.manifest import FileRecord, recorded
from parloader.formats.names import Compression, FormatName
from parloader.formats.writing import Contents, write_file
from parloader.generation.column_order import only
from parloader.generation.failures import first_sentence
from parloader.generation.frames import RowGenerator
from parloader.plans.model import Pass, Plan
from parloader.plans.row_ranges import IndexRange, RowAllocation, batches
from parloader.workers.events import FileDone, batch_done, started
from parloader.workers.executor import SMALL_LOAD_ROWS, WorkerChannel


class _Stopped(Exception):
    """The parent asks to stop."""


@dataclass(frozen=True, kw_only=True)
class ExportTask:
    """The files that one worker writes."""

    worker: int
    folder: Path
    format: FormatName
    compression: Compression
    plan: Plan
    rows: Mapping[str, RowAllocation]  # of all tables of the plan
    tables: Mapping[str, FileTable]
    files: tuple[DataFile, ...]
    done: Mapping[str, FileRecord] = field(default_factory=dict)  # files of an earlier, interrupted export
    restarts_left: int = 0  # how many more times a crashed worker is replaced
    is_retry: bool = False  # the worker before has crashed, so part of the work may be done

    @property
    def row_count(self) -> int:
        return sum(file.rows.rows for file in self.files)

    @property
    def is_small(self) -> bool:
        return self.row_count <= SMALL_LOAD_ROWS

    def __str__(self) -> str:
        return f"{self.files[0].name} … {self.files[-1].name}" if len(self.files) > 1 else self.files[0].name

    def reassigned_to(self, worker: int) -> "ExportTask | None":
        if not self.restarts_left:
            return None
        return replace(self, worker=worker, restarts_left=self.restarts_left - 1, is_retry=True)

    def run(self, channel: WorkerChannel) -> None:
        channel.send(started(self.worker))
        done = dict(self.done)
        if self.is_retry and (journal := recorded(self.folder)):
            done |= journal.files
        export = _Export(self, channel)
        with suppress(_Stopped):
            for file in self.files:
                export.write(file, done.get(file.name))


class _Export:
    """The work on one task."""

    def __init__(self, task: ExportTask, channel: WorkerChannel) -> None:
        self._task = task
        self._channel = channel
        self._generators: dict[tuple[str, Pass], RowGenerator] = {}

    def write(self, file: DataFile, known: FileRecord | None) -> None:
        """Writes the file, unless it is there. _Stopped."""
        path = self._task.folder / file.name
        if known is not None and path.exists():
            self._require_unchanged(path, known)
            self._channel.send(batch_done(self._task.worker, file.table, file.rows, write_seconds=0.0))
            self._channel.send(FileDone(worker=self._task.worker, record=known, written=False))
            return
        unfinished = unfinished_path(path)
        try:
            contents = self._write(file, unfinished)
            record = FileRecord(
                name=file.name,
                table=file.table,
                first_row=file.rows.start,
                rows=file.rows.rows,
                bytes=unfinished.stat().st_size,
                sha256=sha256_of(unfinished),
                nulls=contents.nulls,
                empty=contents.empty,
            )
            if path.exists():  # written before a crash, but not recorded
                self._require_unchanged(path, record)
            else:
                unfinished.rename(path)
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        self._channel.send(FileDone(worker=self._task.worker, record=record, written=True))

    def _require_unchanged(self, path: Path, record: FileRecord) -> None:
        """Refused: the file has another content than this export gives it."""
        if not path.is_file() or path.stat().st_size != record.bytes or sha256_of(path) != record.sha256:
            raise Refused(
                f"{path} has another content than this export gives it: it was changed, or is not parloader's",
                "To have it written again, delete it and repeat the command",
            )

    def _write(self, file: DataFile, path: Path) -> Contents:
        task = self._task
        table = task.tables[file.table]
        try:
            return write_file(path, task.format, task.compression, table, file.of_pass, self._frames(file, table))
        except (
            OSError,
            pl.exceptions.ComputeError,
        ) as error:  # Polars says of a Parquet file that it is "out of specification" if the disk is full
            reason = (isinstance(error, OSError) and error.strerror) or first_sentence(error).rpartition("underlying IO error: ")[2]
            raise ParloaderError(
                f"{task.folder / file.name} cannot be written: {reason}",
                "Mend that, then run the same command again: it writes only the files that are missing",
            ) from error

    def _frames(self, file: DataFile, table: FileTable) -> Iterator[pl.DataFrame]:
        generator = self._generator(file)
        for batch in batches(file.rows, lambda: table.batch_rows):
            if not self._channel.wait_for_turn():
                raise _Stopped
            begun = time.perf_counter()
            frame = self._typed(generator, batch, table)
            generated = time.perf_counter()
            yield frame
            self._channel.send(
                batch_done(
                    self._task.worker,
                    file.table,
                    batch,
                    write_seconds=time.perf_counter() - generated,
                    generate_seconds=generated - begun,
                )
            )

    def _typed(self, generator: RowGenerator, batch: IndexRange, table: FileTable) -> pl.DataFrame:
        frame = generator.frame(batch)
        columns = [column for column in table.columns if column.name in frame.columns]
        try:
            typed = [column.typed(frame[column.name]).alias(column.name) for column in columns]
            return frame.with_columns(typed).select(column.name for column in columns)
        except (pl.exceptions.PolarsError, TypeError) as error:
            raise ParloaderError(
                f"{table.name}, {batch}: values do not fit the types of their columns: {first_sentence(error)}",
                "Correct their generators in the plan",
            ) from error

    def _generator(self, file: DataFile) -> RowGenerator:
        key = file.table, file.of_pass
        if key not in self._generators:
            task = self._task
            planned, table = task.plan.table(file.table), task.tables[file.table]
            if file.of_pass is Pass.SECOND:
                planned = only(planned, (*planned.identity, *table.later))
            elif task.format is FormatName.SQL:
                planned = planned.after_pass(Pass.FIRST)
            self._generators[key] = RowGenerator(task.plan, planned, task.rows)
        return self._generators[key]


def sha256_of(path: Path) -> str:
    """The file's checksum, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
