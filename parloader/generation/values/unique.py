"""Unique values: encodes n, the number of a row in the whole table, as a Polars expression. plans/unique.py has the way back."""

import polars as pl

from parloader.generation.context import INDEX, ColumnContext, literal_series
from parloader.generation.values.codes import unique_code
from parloader.generation.values.compositions import unique_composed
from parloader.generation.values.encodings import encode_base, format_time, inet4, ipv6_group
from parloader.generation.values.numbers import day, decimal, second
from parloader.plans.generators import SCATTERED, Scalar, Unique, UniqueKind
from parloader.plans.unique import BASE36, GROUPS, HEX, IPV6_GROUPS, IPV6_UNIQUE_PREFIX, UUID_DIGITS, capacity, uuid_prefix


def unique(generator: Unique, context: ColumnContext) -> pl.Expr:
    """UsageError: the table has more rows than the generator has values."""
    values = capacity(generator)
    if context.offset + context.rows > values:
        used = f" ({context.offset:,} are in use)" if context.offset else ""
        raise context.error(
            f"{context.rows:,} rows need unique values, but the {generator.form} form has only {values:,}{used}",
            f"Load at most {max(0, values - context.offset):,} rows, or choose a form with more values",
        )
    if generator.form is UniqueKind.CODE:
        return unique_code(generator, context)
    if generator.form in SCATTERED:
        return unique_composed(generator, context)
    n = INDEX + context.offset
    if generator.form is UniqueKind.VALUES:
        return pl.lit(literal_series(generator.values, context)).gather(n)
    return _encoded(generator, n)


def first_values(generator: Unique, count: int) -> tuple[Scalar, ...]:
    """The values of n = 0 … `count` - 1: int, Decimal, str, bytes, date or datetime by the form; listed values as they are."""
    if generator.form is UniqueKind.VALUES:
        return generator.values[:count]
    numbers = pl.DataFrame({"i": pl.int_range(count, dtype=pl.Int64, eager=True)})
    return tuple(numbers.select(_encoded(generator, INDEX).alias("value"))["value"].to_list())


def _encoded(generator: Unique, n: pl.Expr) -> pl.Expr:
    number = n * generator.step + generator.low
    match generator.form:
        case UniqueKind.INTEGER:
            return number
        case UniqueKind.DECIMAL:
            return decimal(number, generator.scale)
        case UniqueKind.TEXT:
            return pl.concat_str(
                pl.lit(generator.prefix), encode_base(n, BASE36[: generator.base], generator.length), pl.lit(generator.suffix)
            )
        case UniqueKind.BYTES:
            digits = 2 * generator.length - len(generator.prefix)
            return pl.concat_str(pl.lit(generator.prefix.lower()), encode_base(n, HEX, digits)).str.decode("hex")
        case UniqueKind.UUID:
            return pl.concat_str(pl.lit(uuid_prefix(generator)), encode_base(n, HEX, UUID_DIGITS))
        case UniqueKind.INET4:
            return inet4(n)
        case UniqueKind.INET6:
            groups = [ipv6_group(n // GROUPS**k % GROUPS) for k in reversed(range(IPV6_GROUPS))]
            return pl.concat_str(pl.lit(IPV6_UNIQUE_PREFIX), pl.concat_str(groups, separator=":"))
        case UniqueKind.DATE:
            return day(number)
        case UniqueKind.DATETIME:
            return second(number)
        case UniqueKind.TIME:
            return format_time(number)
    raise TypeError(generator.form)
