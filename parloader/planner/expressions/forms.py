"""The forms that a column's unique values can have, so that an expression keeps them apart, and the image of each form."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from parloader.inference import unique_columns
from parloader.inference.texts import text_columns
from parloader.inference.value_ranges import allowed_range
from parloader.planner.expressions.arithmetic import DAY_SECONDS, LONGEST_MONTH, LONGEST_YEAR
from parloader.planner.expressions.documents import documents
from parloader.planner.expressions.images import Digit, Image, Moment, Number, Opaque, Symbol, Text, characters
from parloader.plans.generators import Unique, UniqueKind
from parloader.plans.unique import UUID_DIGITS, uuid_prefix
from parloader.schema.checks.domains import Domain
from parloader.schema.model import ColumnSchema, ColumnType

HEXADECIMAL, DECIMAL = 16, 10

MAX_NUMBER = 10**9
"""Of a length or divisor that is tried: with a larger one, hardly any values would be left."""

MAX_FORMS = 100
"""Of one column: more would be tried in vain, for an expression that keeps none of them apart."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """Unique values of a column, and what is known of them."""

    generator: Unique
    image: Image


def forms(
    column: ColumnSchema, domain: Domain, prefix: int | None, numbers: Iterable[int], paths: Sequence[tuple[str | int, ...]]
) -> list[Form]:
    """The column's forms, the most natural first; of forms that are as natural, those with more values first.

    `numbers`: the integers in the expressions, which may be lengths or divisors. `paths`: the JSON paths in them.
    """
    if column.kind is ColumnType.JSON:
        return [Form(generator=document.generator, image=document.image) for document in documents(column.name, domain, paths)]
    lengths = sorted({number for number in numbers if 1 <= number <= MAX_NUMBER})
    found = dict.fromkeys(unique for unique in _generators(column, domain, prefix, lengths) if unique is not None)
    return [Form(generator=unique, image=image_of(column, unique)) for unique in list(found)[:MAX_FORMS]]


def _generators(column: ColumnSchema, domain: Domain, prefix: int | None, numbers: list[int]) -> Iterator[Unique | None]:
    natural = unique_columns.unique_generator(column, domain, prefix)
    yield natural
    if natural is None:
        return
    match column.kind:
        case ColumnType.TEXT:
            shorter = [replace(natural, length=digits) for digits in reversed(range(1, natural.length))]
            first = [replace(natural, prefix="", length=number) for number in reversed(numbers) if number <= unique_columns.DIGITS]
            within = [
                unique_columns.unique_generator(column, domain, number)
                for number in reversed(numbers)
                if number < (prefix or column.length)
            ]
            yield from _allowed(
                column, domain, prefix, [*first, *filter(None, within), *shorter] if natural.form is UniqueKind.TEXT else []
            )
            yield from _allowed(column, domain, prefix, _counters(column, domain, prefix, numbers))
        case ColumnType.INTEGER | ColumnType.DATE | ColumnType.DATETIME | ColumnType.TIMESTAMP if natural.form is not UniqueKind.VALUES:
            whole = allowed_range(column, domain)
            yield from _stepped(column, natural, numbers, natural.low if whole is None or whole.excluded else min(natural.low, whole.low))


def _counters(column: ColumnSchema, domain: Domain, prefix: int | None, numbers: list[int]) -> Iterator[Unique]:
    """Texts of digits, in every length and base; also UUIDs, and hexadecimal digits that fill the column."""
    size = text_columns.lengths(column, domain)
    if size is None:
        return
    longest = min(size.max, prefix or size.max)
    lengths = list(range(min(longest, unique_columns.DIGITS), 0, -1))
    yield from (Unique(form=UniqueKind.TEXT, length=length) for length in lengths)
    for start in numbers:  # of SUBSTR
        yield from (
            Unique(form=UniqueKind.TEXT, prefix="0" * (start - 1), length=length) for length in lengths if start + length - 1 <= longest
        )
    if prefix is None and text_columns.takes_uuids(domain, size):
        yield Unique(form=UniqueKind.UUID)
    for number in dict.fromkeys((column.length, *reversed(numbers))):
        if number <= longest:
            digits = min(number, unique_columns.DIGITS)
            yield Unique(form=UniqueKind.TEXT, prefix="0" * (number - digits), length=digits, base=HEXADECIMAL)
    for first in ("1", ""):
        yield from (Unique(form=UniqueKind.TEXT, prefix=first, length=length, base=DECIMAL) for length in lengths)


def _allowed(column: ColumnSchema, domain: Domain, prefix: int | None, candidates: Iterable[Unique]) -> Iterator[Unique]:
    """Those of the candidates that the column allows, and that differ within the prefix."""
    size = text_columns.lengths(column, domain)
    for candidate in candidates if size else ():
        if candidate.form is UniqueKind.UUID:
            yield candidate
            continue
        end = len(candidate.prefix) + candidate.length
        fits = size is not None and size.min <= end + len(candidate.suffix) <= size.max and end <= (prefix or end)
        if fits and (candidate.base <= DECIMAL or not text_columns.mixes_letters(column)) and unique_columns.accepts(domain, candidate):
            yield candidate


def _stepped(column: ColumnSchema, natural: Unique, numbers: list[int], lowest: int) -> Iterator[Unique]:
    """Numbers from other ends, of as many digits each, and in steps; dates in steps, then from the lowest one that the column allows."""
    if column.kind is ColumnType.INTEGER:
        yield from (replace(natural, low=number) for number in numbers if natural.low < number < natural.high)
        ends = [10**digits for digits in range(len(str(natural.high)))]
        for low in reversed(ends):
            if natural.low <= low and min(natural.high, low * 10 - 1) >= low:
                yield replace(natural, low=low, high=min(natural.high, low * 10 - 1))
        yield from (
            replace(natural, low=-(-natural.low // step) * step, step=step)
            for step in numbers
            if step > 1 and -(-natural.low // step) * step <= natural.high
        )
    else:
        unit = DAY_SECONDS if column.kind is ColumnType.DATE else 1
        steps = [seconds // unit for seconds in (60, 3600, DAY_SECONDS, LONGEST_MONTH, LONGEST_YEAR) if seconds > unit]
        yield from (replace(natural, low=low, step=step) for low in dict.fromkeys((natural.low, lowest)) for step in steps)


def image_of(column: ColumnSchema, unique: Unique) -> Image:
    """The image of the column with these values."""
    columns = frozenset({column.name})
    match unique.form:
        case UniqueKind.TEXT:
            return Text(symbols=_symbols(column.name, unique.prefix, unique.length, unique.base, unique.suffix))
        case UniqueKind.UUID:
            return Text(symbols=_symbols(column.name, uuid_prefix(unique), UUID_DIGITS, HEXADECIMAL, ""))
        case UniqueKind.INTEGER | UniqueKind.DECIMAL:
            unit = Fraction(1, 10**unique.scale if unique.form is UniqueKind.DECIMAL else 1)
            whole = unique.form is UniqueKind.INTEGER and column.kind is ColumnType.INTEGER
            return Number(
                columns=columns,
                gap=unit * unique.step,
                low=unique.low * unit,
                high=unique.high * unit,
                integer=whole,
                unsigned=column.unsigned,
            )
        case UniqueKind.DATE | UniqueKind.DATETIME:
            is_date = unique.form is UniqueKind.DATE
            unit_seconds = DAY_SECONDS if is_date else 1
            return Moment(
                columns=columns,
                gap=unique.step * unit_seconds,
                low=unique.low * unit_seconds,
                high=unique.high * unit_seconds,
                is_date=is_date,
            )
    return Opaque(columns=columns, folded=column.kind in (ColumnType.TEXT, ColumnType.ENUM, ColumnType.SET))


def _symbols(column: str, prefix: str, count: int, base: int, suffix: str) -> tuple[Symbol, ...]:
    digits = (Digit(column=column, number=number, count=count, base=base) for number in range(count))
    return (*characters(prefix), *digits, *characters(suffix))


def carried(column: ColumnSchema, low: int | None) -> Image:
    """The image of a column that has values of a parent or of a list: only that they differ is known, and of integers the lowest (if given)."""
    columns = frozenset({column.name})
    if column.kind is ColumnType.INTEGER:
        ends = {"low": Fraction(column.min_value if low is None else low), "high": Fraction(column.max_value)}
        return Number(columns=columns, **ends, unsigned=column.unsigned)  # type: ignore[arg-type]
    return Opaque(columns=columns)
