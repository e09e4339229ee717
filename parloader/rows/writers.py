"""Writes generated rows: INSERT, LOAD DATA, and the UPDATEs of the second pass, which sets deferred columns (and undoes them for clean)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from parloader.database import sql
from parloader.database.compression import Packed
from parloader.database.driver import Connection, Leading
from parloader.database.session import ServerInfo
from parloader.errors import WriteFailed
from parloader.generation.column_order import only
from parloader.generation.frames import RowGenerator
from parloader.plans.model import Plan, Table
from parloader.plans.row_ranges import IndexRange, RowAllocation
from parloader.rows.literals import as_literals, file_lines, values_lists
from parloader.rows.lookup import conditions_by_key, row_conditions
from parloader.rows.writer_names import WriterName
from parloader.schema.model import ColumnSchema, TableSchema, quote_identifier
from parloader.schema.table_names import quote_table


@dataclass(frozen=True, kw_only=True)
class DeferredUpdate:
    """Sets the deferred columns of a table's existing rows."""

    table: str
    columns: tuple[str, ...]  # the columns to set
    preserved_columns: tuple[str, ...]  # assigned to themselves, or ON UPDATE CURRENT_TIMESTAMP would change them
    key: str | None  # the integer column by which rows are found
    identity: tuple[ColumnSchema, ...]  # the columns by which rows are found if `key` is None

    def generation(self, plan: Plan, rows: Mapping[str, RowAllocation]) -> RowGenerator:
        """Generates the columns to set and those by which rows are found."""
        table = plan.table(self.table)
        return RowGenerator(plan, only(table, (*table.identity, *self.columns)), rows)

    def statements(self, frame: pl.DataFrame, *, backslash_escapes: bool) -> pl.Series:
        """One UPDATE per row."""
        values = frame.select(as_literals(frame.select(self.columns), backslash_escapes=backslash_escapes))
        where = row_conditions(frame, self.identity) if self.key is None else _by_key(frame, self.key)
        assignments = [pl.concat_str(pl.lit(f"{quote_identifier(name)} = "), pl.col(name)) for name in self.columns]
        parts = [
            pl.lit(f"UPDATE {quote_table(self.table)} SET "),
            pl.concat_str([*assignments, *self._preserved_assignments()], separator=", "),
            pl.lit(" WHERE "),
        ]
        return values.select(pl.concat_str([*parts, where]).alias("statement")).to_series()

    def _preserved_assignments(self) -> Iterator[pl.Expr]:
        return (pl.lit(f"{quote_identifier(name)} = {quote_identifier(name)}") for name in self.preserved_columns)

    def undo(self, connection: Connection, plan: Plan, rows: Mapping[str, RowAllocation], part: IndexRange) -> None:
        """Sets the columns of these rows to NULL again, in the caller's transaction."""
        if not self.columns:
            return
        assignments = [f"{sql.quote(name)} = NULL" for name in self.columns]
        assignments += [f"{sql.quote(name)} = {sql.quote(name)}" for name in self.preserved_columns]
        for condition in self._conditions(plan, rows, part):
            sql.execute(connection, f"UPDATE {sql.quote_table(self.table)} SET {', '.join(assignments)} WHERE {condition}")

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


# The packet's command byte and some reserve: max_allowed_packet limits the entire packet
PACKET_RESERVE_BYTES = 64

# Servers parse statements of a few hundred rows fastest: the parse tree stays in the CPU cache (docs/performance.md)
STATEMENT_ROWS = 500

BETWEEN_ROWS = b"),("

# Warnings that a message lists
SHOWN_WARNINGS = 3


@dataclass(frozen=True)
class Rendered:
    """A batch ready to be sent."""

    texts: tuple[bytes, ...]  # the statements; for LOAD DATA, the statement and the file's content
    rows: int

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.texts))


class Renderer(Protocol):
    """Renders batches of rows."""

    def render(self, frame: pl.DataFrame) -> Rendered:
        """Renders the batch. Needs no connection, so it can run while another batch is being written."""


class Writer(Renderer, Protocol):
    """Renders and sends batches of rows."""

    local_infile: ClassVar[bool]
    """Whether the session must allow LOAD DATA LOCAL."""

    def packed(self, batch: Rendered) -> Rendered:
        """The batch, compressed ahead for a compressed connection."""

    def write(self, connection: Connection, batch: Rendered, leading: Leading | None = None) -> None:
        """Sends the batch, after the leading statement. Raises the driver's errors; WriteFailed: the server wrote a different number of rows."""


@dataclass(frozen=True, kw_only=True)
class InsertWriter:
    """Pipelined multi-row INSERTs of STATEMENT_ROWS rows each, or fewer if max_allowed_packet requires it."""

    local_infile: ClassVar[bool] = False
    table: str
    max_allowed_packet_bytes: int
    backslash_escapes: bool

    def render(self, frame: pl.DataFrame) -> Rendered:
        head = f"INSERT INTO {quote_table(self.table)} ({', '.join(map(quote_identifier, frame.columns))}) VALUES (".encode()
        rows = values_lists(frame, backslash_escapes=self.backslash_escapes)
        capacity_bytes = self.max_allowed_packet_bytes - len(head) - PACKET_RESERVE_BYTES
        pieces = (
            piece
            for start in range(0, len(rows), STATEMENT_ROWS)
            for piece in self._fitting(rows[start : start + STATEMENT_ROWS], capacity_bytes)
        )
        return Rendered(tuple(b"%b%b)" % (head, piece) for piece in pieces), frame.height)

    def _fitting(self, rows: list[bytes], capacity_bytes: int) -> Iterator[bytes]:
        """The rows, joined in pieces of at most `capacity_bytes`."""
        joined = BETWEEN_ROWS.join(rows)
        if len(joined) <= capacity_bytes:
            yield joined
            return
        largest_bytes = max(map(len, rows))
        if largest_bytes > capacity_bytes:
            raise WriteFailed(
                f"a row of {self.table} needs {largest_bytes:,} bytes, more than the server's max_allowed_packet of "
                f"{self.max_allowed_packet_bytes:,} bytes allows",
                "Raise max_allowed_packet on the server",
            )
        piece: list[bytes] = []
        piece_bytes = 0
        for row in rows:
            piece_bytes += len(row) + len(BETWEEN_ROWS)
            if piece and piece_bytes > capacity_bytes:
                yield BETWEEN_ROWS.join(piece)
                piece, piece_bytes = [], len(row) + len(BETWEEN_ROWS)
            piece.append(row)
        yield BETWEEN_ROWS.join(piece)

    def packed(self, batch: Rendered) -> Rendered:
        return _packed_statements(batch)

    def write(self, connection: Connection, batch: Rendered, leading: Leading | None = None) -> None:
        written = connection.execute_pipelined(batch.texts, leading)
        if written != batch.rows:
            raise WriteFailed(
                f"the server inserted {written:,} of {batch.rows:,} rows of {self.table}", "Check for a trigger or view that discards rows"
            )


@dataclass(frozen=True, kw_only=True)
class UpdateWriter:
    """Pipelined UPDATEs of the second pass, one per row in which a deferred column gets a value."""

    local_infile: ClassVar[bool] = False
    update: DeferredUpdate
    backslash_escapes: bool

    def render(self, frame: pl.DataFrame) -> Rendered:
        changed = frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in self.update.columns))
        statements = self.update.statements(changed, backslash_escapes=self.backslash_escapes)
        return Rendered(tuple(statement.encode() for statement in statements), changed.height)

    def packed(self, batch: Rendered) -> Rendered:
        return _packed_statements(batch)

    def write(self, connection: Connection, batch: Rendered, leading: Leading | None = None) -> None:
        changed = connection.execute_pipelined(batch.texts, leading)
        if changed != batch.rows:
            raise WriteFailed(
                f"{self.update.table}: the server set {', '.join(self.update.columns)} in {changed:,} of {batch.rows:,} rows",
                "Rows were deleted or changed during the load, perhaps by a trigger: parloader verify names them",
            )


@dataclass(frozen=True, kw_only=True)
class LoadDataWriter:
    """LOAD DATA LOCAL from memory.

    LOCAL implies IGNORE: the server skips a row that violates a key, foreign key or CHECK, truncates a value that is too long, and only
    warns (MySQL manual "LOAD DATA Statement", "Duplicate-Key and Error Handling"). So a batch succeeds only if every row is loaded and
    there is no warning.
    """

    local_infile: ClassVar[bool] = True
    table: str
    number_columns: frozenset[str] = frozenset()
    """BIT and YEAR columns, which read digits as something else than the number: BIT as bytes, a YEAR of 0 as 2000."""

    def render(self, frame: pl.DataFrame) -> Rendered:
        decoders = {name: "UNHEX(@{})" for name, dtype in frame.schema.items() if dtype == pl.Binary}
        decoders |= {name: "CAST(@{} AS UNSIGNED)" for name in frame.columns if name in self.number_columns}
        fields = ", ".join(f"@{n}" if name in decoders else quote_identifier(name) for n, name in enumerate(frame.columns))
        decoded = ", ".join(f"{quote_identifier(name)} = {code.format(frame.columns.index(name))}" for name, code in decoders.items())
        # X'5C' is a backslash; the string '\\\\' would be two under NO_BACKSLASH_ESCAPES
        statement = (
            f"LOAD DATA LOCAL INFILE 'batch' INTO TABLE {quote_table(self.table)} CHARACTER SET utf8mb4 FIELDS ESCAPED BY X'5C' ({fields})"
            + (f" SET {decoded}" if decoded else "")
        )
        return Rendered((statement.encode(), file_lines(frame)), frame.height)

    def packed(self, batch: Rendered) -> Rendered:
        statement, content = batch.texts
        return Rendered((statement, Packed.file(content)), batch.rows)

    def write(self, connection: Connection, batch: Rendered, leading: Leading | None = None) -> None:
        statement, content = batch.texts
        loaded = connection.load_local(statement, content, leading)
        if (loaded.records, loaded.skipped, loaded.warnings) != (batch.rows, 0, 0):
            warnings = dict.fromkeys(sql.rows(connection, f"SHOW WARNINGS LIMIT {SHOWN_WARNINGS:d}"))
            raise WriteFailed(
                f"of {batch.rows:,} rows of {self.table} the server read {loaded.records:,}, skipped {loaded.skipped:,} and warned {loaded.warnings:,} times: "
                + (
                    "; ".join(f"{text} (error {code})" for _, code, text in warnings)
                    or "the server keeps no messages, because max_error_count is 0"
                ),
                "Nothing of the batch was committed. Perhaps a constraint of the schema or an existing row conflicts with the plan",
            )


def _packed_statements(batch: Rendered) -> Rendered:
    return Rendered(tuple(map(Packed.statement, batch.texts)), batch.rows)


def deferred_update(table: Table, live: TableSchema) -> DeferredUpdate:
    """The update that sets the table's deferred columns, as far as the live table has them."""
    return DeferredUpdate(
        table=table.name,
        columns=tuple(name for name in table.columns if name in table.later and name in live.column_names),
        preserved_columns=tuple(c.name for c in live.columns if c.on_update and c.name not in table.later),
        key=table.key,
        identity=tuple(live.column(name) for name in table.identity),
    )


def writer_for(
    table: str, server: ServerInfo, name: WriterName = WriterName.INSERT, *, number_columns: frozenset[str] = frozenset()
) -> Writer:
    """The writer of that name for a table. `number_columns`: see LoadDataWriter."""
    if name is WriterName.LOAD_DATA:
        return LoadDataWriter(table=table, number_columns=number_columns)
    return InsertWriter(table=table, max_allowed_packet_bytes=server.max_allowed_packet_bytes, backslash_escapes=server.backslash_escapes)
