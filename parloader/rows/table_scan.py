"""Compares generated rows with a table in which no index finds them: one statement reads a fingerprint of each row of the table."""

from collections.abc import Iterator

import polars as pl

from parloader.database import sql
from parloader.database.driver import Connection
from parloader.generation.frames import RowGenerator
from parloader.plans.row_ranges import IndexRange, batches
from parloader.rows.differences import Difference, differing
from parloader.rows.lookup import find_rows
from parloader.rows.server_text import RowText, fingerprint, fingerprint_expression, rows_as_text

# Rows compared by one statement: of each, some tens of bytes are held
ROWS_PER_SCAN = 500_000

# Rows generated at a time
GENERATED_ROWS = 10_000


def expected_fingerprints(generator: RowGenerator, view: RowText, rows: IndexRange) -> pl.Series:
    """The fingerprints of these rows, in order."""
    found = [pl.Series(dtype=pl.UInt64)]
    for part in batches(rows, lambda: GENERATED_ROWS):
        texts = rows_as_text(generator.frame(part), view.columns)
        found.append(pl.Series((int(fingerprint(text), 16) for text in texts), dtype=pl.UInt64))
    return pl.concat(found)


def scanned_differences(
    connection: Connection, view: RowText, generator: RowGenerator, rows: IndexRange, expected: pl.Series
) -> Iterator[Difference]:
    """The rows in which the table differs from the generated ones. `expected`: their fingerprints.

    Rows without an equal in the table are looked up by their row keys.
    """
    indices = _not_found(connection, view, expected) + rows.start
    for at in range(0, indices.len(), GENERATED_ROWS):
        frame = generator.at(indices.slice(at, GENERATED_ROWS)).select(column.name for column in view.columns)
        yield from differing(view, find_rows(connection, view, frame))


def _not_found(connection: Connection, view: RowText, expected: pl.Series) -> pl.Series:
    """The positions of the fingerprints that the table lacks. If several are equal, as many rows must have them."""
    wanted = expected.unique().sort()
    counts = pl.zeros(wanted.len(), dtype=pl.Int64, eager=True)
    statement = f"SELECT {fingerprint_expression(view)} FROM {sql.quote_table(view.table)}"
    for found in sql.streamed(connection, statement) if wanted.len() else ():
        values = pl.Series([value for (value,) in found], dtype=pl.String).str.to_integer(base=16, dtype=pl.UInt64)
        places = wanted.search_sorted(values).clip(upper_bound=wanted.len() - 1)
        hits = places.filter(wanted.gather(places) == values).value_counts(name="rows").cast(pl.Int64)
        at = hits.to_series(0)
        counts = counts.scatter(at, counts.gather(at) + hits["rows"])
    each = pl.DataFrame({"value": expected, "position": pl.int_range(expected.len(), dtype=pl.Int64, eager=True)})
    each = each.join(pl.DataFrame({"value": wanted, "found": counts}), on="value", maintain_order="left")
    return each.filter(pl.col("position").cum_count().over("value") > pl.col("found"))["position"]
