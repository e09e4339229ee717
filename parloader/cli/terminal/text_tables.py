"""Tables as text: cells aligned in columns, as wide as the terminal allows. The one way in which parloader prints tables."""

from collections.abc import Collection, Iterator, Sequence

from parloader.cli.terminal.widths import padded, shortened, width

GAP = "  "

# Texts that are longer are cut, so that one of them does not push the others off the screen, and further, down to the lower number, if the
# table does not fit otherwise. Numbers, dates and names of columns are never cut.
MAX_CELL, MIN_CELL = 40, 12


def aligned(rows: Sequence[Sequence[str]], left: Collection[int] = (0,), widths: Sequence[int] = ()) -> list[str]:
    """The rows, of which the first one may be a heading, as lines: the columns with the numbers `left` begin at their left, others end at their
    right. `widths`: how wide the columns are; longer cells are cut. Otherwise, as wide as their longest cell."""
    widths = widths or [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            padded(shortened(cell, columns), columns, right=n not in left)
            for n, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def records(names: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[int], columns: int | None) -> list[str]:
    """Records as lines: a column for each field if they fit into `columns` (None: any number does), otherwise a line for each field, with as
    many records next to each other as fit. `texts`: the numbers of the fields that are texts, which begin at the left and may be cut."""
    if columns is None:
        return _field_per_column(names, rows, texts, MAX_CELL)
    for max_cell in range(MAX_CELL, MIN_CELL - 1, -1):
        lines = _field_per_column(names, rows, texts, max_cell)
        if max(map(width, lines)) <= columns:
            return lines
    return list(_field_per_line(names, rows, texts, columns))


def _field_per_column(names: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[int], max_cell: int) -> list[str]:
    shown = [[shortened(cell, max_cell) if n in texts else cell for n, cell in enumerate(row)] for row in rows]
    return aligned([names, *shown], left=texts)


def _field_per_line(names: Sequence[str], rows: Sequence[Sequence[str]], texts: Collection[int], columns: int) -> Iterator[str]:
    longest_name = max(map(width, names))
    needed = max(width(cell) for row in rows for n, cell in enumerate(row) if n not in texts) if len(texts) < len(names) else 0
    cell = max(needed, MIN_CELL, min(MAX_CELL, max(width(cell) for row in rows for cell in row)))
    together = max(1, (columns - longest_name) // (len(GAP) + cell))
    for first in range(0, len(rows), together):
        some = rows[first : first + together]
        if first:
            yield ""
        headings = ["", *(f"row {first + n + 1}" for n in range(len(some)))]
        fields = [[name, *(row[n] for row in some)] for n, name in enumerate(names)]
        space = max(cell, columns - longest_name - len(GAP)) if len(some) == 1 else cell
        yield from aligned([headings, *fields], left=range(len(headings)), widths=[longest_name, *[space] * len(some)])
