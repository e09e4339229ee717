"""Numbers as people write and read them: row counts such as 250k and 1e6, sizes in bytes, and nouns that agree with their number."""

import re
from collections.abc import Sequence
from decimal import Decimal

UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9}

# Longer texts are rejected: Python converts a number in a time that grows with the square of its length
MAX_CHARACTERS = 60

ROWS = re.compile(
    r"(?P<digits>[1-9][0-9]{0,2}(?:,[0-9]{3})+|0|[1-9][0-9]*(?:_[0-9]+)*)(?P<fraction>\.[0-9]+)?(?:[eE]\+?(?P<exponent>[0-9]{1,2}))? ?(?P<unit>[kKMG]?)"
)

ROWS_EXAMPLES = "5000, 250k, 1e6 or 1M"


def parse_rows(text: str) -> int:
    """A number of rows: 1000000, 1_000_000, 1,000,000, 1e6, 1000k and 1M are the same. ValueError: it is not a whole number."""
    match = ROWS.fullmatch(text.strip())
    if not match or len(text) > MAX_CHARACTERS:
        raise ValueError(f"{text!r} is not a number of rows, such as {ROWS_EXAMPLES}")
    digits = match["digits"].replace(",", "").replace("_", "")
    fraction = (match["fraction"] or ".")[1:]
    exponent = int(match["exponent"] or 0)
    factor = UNITS[match["unit"]] * int(f"1{'0' * exponent}")
    rows, rest = divmod(int(digits + fraction) * factor, int(f"1{'0' * len(fraction)}"))
    if rest:
        raise ValueError(f"{text!r} is not a whole number of rows")
    return rows


def plural(noun: str, number: int) -> str:
    """The noun as it follows this number: row, rows; batch, batches."""
    if number == 1:
        return noun
    return f"{noun}es" if noun.endswith(("s", "ch", "x")) else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """1 row, 2 rows; 1 batch, 2 batches."""
    return f"{number:,} {plural(noun, number)}"


def numbered(noun: str, numbers: Sequence[int]) -> str:
    """Run 3; runs 3, 5 and so on: things that have a number."""
    return f"{plural(noun, len(numbers))} {', '.join(map(str, numbers))}"


def size_text(size_bytes: int) -> str:
    """A size with three significant digits or so: 12 bytes, 3.4 KiB, 56 MiB, 1.2 GiB."""
    size = Decimal(size_bytes)
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        size /= 1024
        if size < 1023 or unit == "PiB":
            break
    if size_bytes < 1024:
        return counted(size_bytes, "byte")
    return f"{size:.1f} {unit}" if size < 10 else f"{size:,.0f} {unit}"


def duration_text(seconds: float) -> str:
    """A duration in one or two units: 42 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for unit, size, smaller, smaller_size in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            number, rest = divmod(whole, size)
            return f"{number:,} {unit} {rest // smaller_size} {smaller}" if rest // smaller_size else f"{number:,} {unit}"
    raise AssertionError(seconds)
