"""Sample rows as text: a column for each field, if the terminal is wide enough."""

import sys
from typing import TYPE_CHECKING

from parloader.cli.terminal.text_tables import records
from parloader.cli.terminal.widths import columns_of

if TYPE_CHECKING:  # it takes long to import
    import polars as pl

INDENT = "  "


def sample_lines(sample: "pl.DataFrame") -> list[str]:
    """The rows as lines, as wide as the terminal; in a file or pipe, as wide as they are. Long texts are cut."""
    columns = columns_of(sys.stdout)
    texts = [n for n, type_ in enumerate(sample.dtypes) if not type_.is_numeric() and not type_.is_temporal()]
    rows = [[_cell(value) for value in row] for row in sample.rows()]
    return [f"{INDENT}{line}".rstrip() for line in records(sample.columns, rows, texts, columns and columns - len(INDENT))]


def _cell(value: object) -> str:
    """The value; a text in quotes, with escapes, if it would be mistaken for something else or would break the line."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    text = str(value)
    return repr(text) if not text.isprintable() or text != text.strip() or text in ("", "NULL") else text
