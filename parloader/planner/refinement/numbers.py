"""Numbers as their names say: amounts of one order of magnitude, small quantities, good ratings."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from parloader.inference.column_names import is_boolean, is_fine, split_identifier
from parloader.inference.default_generators import COARSE_DIGITS, DEFAULT_MAX, DEFAULT_MAX_FRACTION, FINE_DIGITS
from parloader.inference.numbers.number_rules import OTHER_AMOUNTS, OTHER_NUMBERS, shape_of
from parloader.inference.numbers.number_shapes import Bounds, IfBelow, Listed, Shape
from parloader.inference.statuses.events import is_time
from parloader.inference.value_ranges import allowed_range
from parloader.planner.refinement.frequencies import own_columns
from parloader.planner.refinement.refinement import Refinement
from parloader.plans.generators import After, Choice, Generator, Geometric, Lognormal, Normal, Scalar, Sequence, Uniform
from parloader.schema.model import ColumnSchema, ColumnType

NUMBERS = frozenset((ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.YEAR))

# Last words of integers that are not amounts
NUMBERED = frozenset(("id", "ref", "key", "code", "number", "no", "nr", "uid", "pid", "hash"))

WEIGHT_DIGITS = 3  # decimals of weights


def shape_numbers(refinement: Refinement) -> None:
    """The step: numbers of the shape that their names suggest, within the bounds of type and CHECKs."""
    for table, column in own_columns(refinement, settled=True):
        if column.kind in NUMBERS and not is_boolean(column) and not is_time(column):
            generator = refinement.tables[table].columns[column.name]
            changed = _shaped(refinement, table, column, generator)
            if changed != generator:
                refinement.set(table, column.name, changed)


def _shaped(refinement: Refinement, table: str, column: ColumnSchema, generator: Generator) -> Generator:
    shape, factor = shape_of(column.name, table)
    # another column that adds to this one relies on its bounds; one that is computed from a list of small numbers does not
    free = refinement.is_free(table, column.name) and not refinement.is_added_to(table, column.name)
    free = free and (isinstance(shape, Listed | IfBelow) or column.name not in refinement.read_columns(table))

    def change(nested: Generator) -> Generator:
        if isinstance(nested, After) and shape is not None:
            return _after(nested, shape, factor, column)
        if not isinstance(nested, Uniform):
            return nested
        ends = _ends(nested) if _has_all_digits(nested, column) else None
        chosen = None if ends is None else shape or _other(column, ends)
        if ends is None or chosen is None:
            return nested
        bounds = (free_bounds(refinement, table, column) if free else None) or bounds_of(refinement, table, column, ends)
        made = chosen.generator(bounds, factor)
        return nested if made is None else replace(made, null_share=nested.null_share)

    return generator.map(change)


def _has_all_digits(generator: Uniform, column: ColumnSchema) -> bool:
    """Whether the range has the usual digits; fewer, if a product with others must not have more digits than its column."""
    return column.kind is not ColumnType.DECIMAL or len(str(generator.low).partition(".")[2]) >= digits(column)


def _ends(generator: Uniform) -> tuple[Fraction, Fraction] | None:
    """The ends of a range of numbers; None: of dates."""
    try:
        return Fraction(generator.low), Fraction(generator.high)
    except ValueError:
        return None


def digits(column: ColumnSchema) -> int:
    """How many digits after the point the column's values have."""
    if column.kind is not ColumnType.DECIMAL:
        return 0
    weight = "weight" in split_identifier(column.name)
    return min(column.scale, FINE_DIGITS if is_fine(column.name) else WEIGHT_DIGITS if weight else COARSE_DIGITS)


def free_bounds(refinement: Refinement, table: str, column: ColumnSchema) -> Bounds | None:
    """All numbers that the type and the CHECKs allow; None: some between the smallest and the greatest are excluded."""
    domain = refinement.domain(table, column.name)
    scale = digits(column)
    allowed = None if domain is None or domain.values is not None else allowed_range(column, domain, unit=Fraction(1, 10**scale))
    if allowed is None or allowed.excluded:
        return None
    return bounds_of(refinement, table, column, (allowed.low * allowed.unit, allowed.high * allowed.unit))


def bounds_of(refinement: Refinement, table: str, column: ColumnSchema, ends: tuple[Fraction, Fraction]) -> Bounds:
    def exact(value: Fraction) -> Scalar:
        if column.kind is ColumnType.DECIMAL:
            return (Decimal(value.numerator) / value.denominator).quantize(Decimal(1).scaleb(-column.scale))
        return int(value)

    return Bounds(low=ends[0], high=ends[1], scale=digits(column), rows=refinement.tables[table].rows, exact=exact)


def _other(column: ColumnSchema, ends: tuple[Fraction, Fraction]) -> Shape | None:
    """The shape of numbers of which the name says nothing."""
    words = split_identifier(column.name)
    if ends == (Fraction(0), Fraction(DEFAULT_MAX)) and column.kind is ColumnType.INTEGER and words and words[-1] not in NUMBERED:
        return OTHER_NUMBERS
    return OTHER_AMOUNTS if ends == (Fraction(0), Fraction(DEFAULT_MAX_FRACTION)) and column.kind is ColumnType.DECIMAL else None


def _after(generator: After, shape: Shape, factor: Fraction, column: ColumnSchema) -> Generator:
    """A number that is added to another one of the row: as much as numbers of this shape usually are."""
    wide = Bounds(low=Fraction(0), high=Fraction(10**9), scale=digits(column), rows=1, exact=int)
    usual = shape.generator(wide, factor)
    match usual:
        case Lognormal(median=amount):
            most = Fraction(repr(amount)) * 2
        case Normal(deviation=amount):
            most = Fraction(repr(amount)) * 2
        case Choice(values=values):
            most = Fraction(max(int(value) for value in values if isinstance(value, int | Decimal)))
        case Geometric(mean=amount):
            most = Fraction(repr(amount)) * 3
        case Sequence():
            most = Fraction(12)
        case _:
            return generator
    units = int(most * 10 ** (column.scale if column.kind is ColumnType.DECIMAL else 0))
    return replace(generator, most=max(generator.least, min(generator.most if generator.most else units, units)))
