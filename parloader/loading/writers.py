"""How a batch reaches the server: frame → statements → server. One class a writer.

A writer runs inside the batch's transaction and neither begins nor ends it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from parloader.database.connect import Facts
from parloader.database.sql import Connection
from parloader.errors import WriteFailed
from parloader.loading.render import row_texts

# The packet's command byte, and some room: max_allowed_packet counts the whole packet
PACKET_RESERVE_BYTES = 64


@dataclass(frozen=True)
class Rendered:
    """A batch as it goes to the server."""

    statements: tuple[bytes, ...]
    rows: int


class Writer(Protocol):
    def render(self, frame: pl.DataFrame) -> Rendered:
        """The batch ready to be sent; needs no connection, so that it can be done while another batch is being written."""

    def write(self, connection: Connection, batch: Rendered) -> None:
        """Sends it. The driver's errors; WriteFailed where the server took another number of rows."""


@dataclass(frozen=True, kw_only=True)
class InsertWriter:
    """Multi-row INSERT: one statement a batch, more where max_allowed_packet asks for it."""

    table: str
    max_allowed_packet_bytes: int
    backslash_escapes: bool

    @classmethod
    def to(cls, table: str, facts: Facts) -> "InsertWriter":
        return cls(table=table, max_allowed_packet_bytes=facts.max_allowed_packet_bytes, backslash_escapes=facts.backslash_escapes)

    def render(self, frame: pl.DataFrame) -> Rendered:
        head = f"INSERT INTO {_name(self.table)} ({', '.join(map(_name, frame.columns))}) VALUES ("
        texts = row_texts(frame, backslash_escapes=self.backslash_escapes)
        room_bytes = self.max_allowed_packet_bytes - len(head.encode()) - PACKET_RESERVE_BYTES
        sizes = texts.str.len_bytes() + len("),(")
        pieces = [texts] if int(sizes.sum()) <= room_bytes else self._fitting(texts, sizes, room_bytes)
        return Rendered(tuple(f"{head}{_joined(piece)})".encode() for piece in pieces), frame.height)

    def _fitting(self, texts: pl.Series, sizes: pl.Series, room_bytes: int) -> Iterator[pl.Series]:
        """The rows in pieces of at most `room_bytes`."""
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
        written = send(connection, batch.statements)
        if written != batch.rows:
            raise WriteFailed(
                f"the server took {written:,} of {batch.rows:,} rows of {self.table}", "Look for a trigger or a view that drops rows"
            )


def _joined(texts: pl.Series) -> str:
    return str(texts.str.join("),(").item())


def send(connection: Connection, statements: Sequence[bytes]) -> int:
    """Runs the statements as they are; returns how many rows they changed."""
    return sum(connection.query(statement) for statement in statements)


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
