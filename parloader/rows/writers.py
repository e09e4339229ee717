"""The second pass of a load: how rows that are there get the values of the columns that are set later, and lose them again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.database.session import ServerInfo
from parloader.errors import WriteFailed
from parloader.generation.frames import RowGenerator, only
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows.literals import as_literals, file_lines, values_lists
from parloader.rows.lookup import conditions_by_key, row_conditions
from parloader.rows.writer_names import WriterName as WriterName
from parloader.schema.model import ColumnSchema, TableSchema, quote_identifier


@dataclass(frozen=True, kw_only=True)
class DeferredUpdate:
    """`columns` of the table are set. `kept`: those that the server changes in each row that is updated (ON UPDATE CURRENT_TIMESTAMP), where
    the statement does not say what they become. Rows are found by the integer column `key`, or, where that is None, by `identity`."""

    table: str
    columns: tuple[str, ...]
    preserved_columns: tuple[str, ...]
    key: str | None
    identity: tuple[ColumnSchema, ...]

    def generation(self, plan: Plan, rows: Mapping[str, RowAllocation]) -> RowGenerator:
        """What is set, and what rows are found by."""
        table = plan.table(self.table)
        return RowGenerator(plan, only(table, (*table.identity, *self.columns)), rows)

    def statements(self, frame: pl.DataFrame, *, backslash_escapes: bool) -> pl.Series:
        """An UPDATE for each row."""
        values = frame.select(as_literals(frame.select(self.columns), backslash_escapes=backslash_escapes))
        where = row_conditions(frame, self.identity) if self.key is None else _by_key(frame, self.key)
        new = [pl.concat_str(pl.lit(f"{quote_identifier(name)} = "), pl.col(name)) for name in self.columns]
        parts = [
            pl.lit(f"UPDATE {quote_identifier(self.table)} SET "),
            pl.concat_str([*new, *self._preserved_assignments()], separator=", "),
            pl.lit(" WHERE "),
        ]
        return values.select(pl.concat_str([*parts, where]).alias("statement")).to_series()

    def _preserved_assignments(self) -> Iterator[pl.Expr]:
        return (pl.lit(f"{quote_identifier(name)} = {quote_identifier(name)}") for name in self.preserved_columns)

    def undo(self, connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], part: IndexRange) -> None:
        """NULL again in these rows, in the caller's transaction."""
        if not self.columns:
            return
        new = [f"{sql.quote(name)} = NULL" for name in self.columns] + [
            f"{sql.quote(name)} = {sql.quote(name)}" for name in self.preserved_columns
        ]
        for condition in self._conditions(plan, rows, part):
            sql.execute(connection, f"UPDATE {sql.quote(self.table)} SET {', '.join(new)} WHERE {condition}")

    def _conditions(self, plan: Plan, rows: Mapping[str, RowAllocation], part: IndexRange) -> Iterator[str]:
        keys = rows[self.table].keys
        if self.key is not None and keys is not None:
            yield from (sql.within(self.key, (key_range,)) for key_range in keys.ranges(part))
            return
        table = plan.table(self.table)
        frame = RowGenerator(plan, only(table, table.identity), rows).frame(part)
        yield from (condition for _, condition in conditions_by_key(frame, self.identity))


def _by_key(frame: pl.DataFrame, key: str) -> pl.Series:
    return frame.select(pl.concat_str(pl.lit(f"{quote_identifier(key)} = "), pl.col(key).cast(pl.String))).to_series()


# The packet's command byte, and some room: max_allowed_packet counts the whole packet
PACKET_RESERVE_BYTES = 64

# A server parses a batch fastest as statements of some hundred rows, whose parse tree stays in its cache (docs/performance.md)
STATEMENT_ROWS = 500

SHOWN_WARNINGS = 3


@dataclass(frozen=True)
class Rendered:
    """A batch as it goes to the server: statements, or one file's content."""

    texts: tuple[bytes, ...]
    rows: int

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.texts))


class Writer(Protocol):
    local_infile: ClassVar[bool]
    """Whether the session has to allow LOAD DATA LOCAL."""

    def render(self, frame: pl.DataFrame) -> Rendered:
        """The batch ready to be sent; needs no connection, so that it can be done while another batch is being written."""

    def write(self, connection: Connection, batch: Rendered) -> None:
        """Sends it. The driver's errors; WriteFailed where the server took another number of rows."""


@dataclass(frozen=True, kw_only=True)
class InsertWriter:
    """Multi-row INSERTs of STATEMENT_ROWS rows, fewer where max_allowed_packet asks for it, sent without waiting in between."""

    local_infile: ClassVar[bool] = False
    table: str
    max_allowed_packet_bytes: int
    backslash_escapes: bool

    def render(self, frame: pl.DataFrame) -> Rendered:
        head = f"INSERT INTO {quote_identifier(self.table)} ({', '.join(map(quote_identifier, frame.columns))}) VALUES ("
        texts = values_lists(frame, backslash_escapes=self.backslash_escapes)
        room_bytes = self.max_allowed_packet_bytes - len(head.encode()) - PACKET_RESERVE_BYTES
        pieces = (
            piece
            for start in range(0, texts.len(), STATEMENT_ROWS)
            for piece in self._fitting(texts[start : start + STATEMENT_ROWS], room_bytes)
        )
        return Rendered(tuple(f"{head}{_joined(piece)})".encode() for piece in pieces), frame.height)

    def _fitting(self, texts: pl.Series, room_bytes: int) -> Iterator[pl.Series]:
        """The rows in pieces of at most `room_bytes`."""
        sizes = texts.str.len_bytes() + len("),(")
        if int(sizes.sum()) <= room_bytes:
            yield texts
            return
        largest_bytes = int(sizes.max())  # type: ignore[arg-type]
        if largest_bytes > room_bytes:
            raise WriteFailed(
                f"a row of {self.table} needs {largest_bytes:,} bytes, more than the server's max_allowed_packet of "
                f"{self.max_allowed_packet_bytes:,} takes",
                "Raise max_allowed_packet on the server",
            )
        ends = sizes.cum_sum()
        at = 0
        while at < texts.len():
            before = int(ends[at - 1]) if at else 0
            stop = int(ends.search_sorted(before + room_bytes, side="right"))
            yield texts.slice(at, stop - at)
            at = stop

    def write(self, connection: Connection, batch: Rendered) -> None:
        written = connection.execute_pipelined(batch.texts)
        if written != batch.rows:
            raise WriteFailed(
                f"the server took {written:,} of {batch.rows:,} rows of {self.table}", "Look for a trigger or a view that drops rows"
            )


@dataclass(frozen=True, kw_only=True)
class UpdateWriter:
    """An UPDATE for each row of the second pass in which a column gets a value; sent without waiting in between."""

    local_infile: ClassVar[bool] = False
    update: DeferredUpdate
    backslash_escapes: bool

    def render(self, frame: pl.DataFrame) -> Rendered:
        changed = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in self.update.columns))
        statements = self.update.statements(changed, backslash_escapes=self.backslash_escapes)
        return Rendered(tuple(statement.encode() for statement in statements), changed.height)

    def write(self, connection: Connection, batch: Rendered) -> None:
        changed = connection.execute_pipelined(batch.texts)
        if changed != batch.rows:
            raise WriteFailed(
                f"{', '.join(self.update.columns)} of {self.update.table}: the server set {changed:,} of {batch.rows:,} rows",
                "Somebody deleted or changed rows meanwhile, or a trigger does: parloader verify names them",
            )


@dataclass(frozen=True, kw_only=True)
class LoadDataWriter:
    """LOAD DATA LOCAL from memory.

    LOCAL means IGNORE: the server drops a row that breaks a key, a foreign key or a CHECK, cuts a value that does not fit, and only warns
    (MySQL manual "LOAD DATA Statement", "Duplicate-Key and Error Handling"). So a batch counts only if every row was loaded without one.
    `number_columns`: those for which a text of digits is something else than the number: the bytes of a BIT, 2000 for a 0 in a YEAR.
    """

    local_infile: ClassVar[bool] = True
    table: str
    number_columns: frozenset[str] = frozenset()

    def render(self, frame: pl.DataFrame) -> Rendered:
        reading = {name: "UNHEX(@{})" for name, dtype in frame.schema.items() if dtype == pl.Binary}
        reading |= {name: "CAST(@{} AS UNSIGNED)" for name in frame.columns if name in self.number_columns}
        fields = ", ".join(f"@{n}" if name in reading else quote_identifier(name) for n, name in enumerate(frame.columns))
        decoded = ", ".join(f"{quote_identifier(name)} = {read.format(frame.columns.index(name))}" for name, read in reading.items())
        # '\\\\' would be two characters under NO_BACKSLASH_ESCAPES
        statement = (
            f"LOAD DATA LOCAL INFILE 'batch' INTO TABLE {quote_identifier(self.table)} CHARACTER SET utf8mb4 FIELDS ESCAPED BY X'5C' ({fields})"
            + (f" SET {decoded}" if decoded else "")
        )
        return Rendered((statement.encode(), file_lines(frame)), frame.height)

    def write(self, connection: Connection, batch: Rendered) -> None:
        statement, content = batch.texts
        loaded = connection.load_local(statement, content)
        if (loaded.records, loaded.skipped, loaded.warnings) != (batch.rows, 0, 0):
            warnings = dict.fromkeys(sql.rows(connection, f"SHOW WARNINGS LIMIT {SHOWN_WARNINGS:d}"))
            raise WriteFailed(
                f"of {batch.rows:,} rows of {self.table} the server read {loaded.records:,}, skipped {loaded.skipped:,} and warned {loaded.warnings:,} times: "
                + "; ".join(f"{text} (error {code})" for _, code, text in warnings),
                "Nothing of the batch was committed. A constraint of the schema or a row of somebody's stands against the plan",
            )


def _joined(texts: pl.Series) -> str:
    return str(texts.str.join("),(").item())


def deferred_update(table: Table, live: TableSchema) -> DeferredUpdate:
    """What is set later in the table, of those columns that are there."""
    return DeferredUpdate(
        table=table.name,
        columns=tuple(name for name in table.columns if name in table.later and name in live.column_names),
        preserved_columns=tuple(c.name for c in live.columns if c.on_update and c.name not in table.later),
        key=table.key,
        identity=tuple(live.column(name) for name in table.identity),
    )


def writer_for(
    table: str, facts: ServerInfo, name: WriterName = WriterName.INSERT, *, number_columns: frozenset[str] = frozenset()
) -> Writer:
    """`number_columns`: the BIT and YEAR ones (see LoadDataWriter)."""
    if name is WriterName.LOAD_DATA:
        return LoadDataWriter(table=table, number_columns=number_columns)
    return InsertWriter(table=table, max_allowed_packet_bytes=facts.max_allowed_packet_bytes, backslash_escapes=facts.backslash_escapes)
